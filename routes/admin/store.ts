import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { BusError } from '../../src/errors.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { stringifyRaw } from '../../src/protocol/replies.ts'

const tag = 'Store'
const url = '/store/:namespace/:key'

const Value = Type.Object({
  namespace: Type.String(),
  key: Type.String(),
  value: Type.Unknown(),
  version: Type.Integer({ minimum: 1, description: 'The same number is the ETag' })
})
const Conditions = Type.Object({
  'if-match': Type.Optional(
    Type.String({ pattern: '^"[1-9]\\d{0,14}"$', expected: 'an ETag of an answer, with its quotes', examples: ['"3"'] })
  ),
  'if-none-match': Type.Optional(
    Type.Literal('*', { expected: '*', description: 'Only if there is no value yet', examples: ['*'] })
  )
})

/** Headers of an answer that holds a version. */
const VersionTag = {
  ETag: { type: 'string', description: 'The version in quotes, for If-Match', examples: ['"3"'] }
}

interface Request {
  Params: { namespace: string; key: string }
  Headers: { 'if-match'?: string; 'if-none-match'?: '*' }
  Body: JsonObject
}

/** The store for operators: versions are ETags [operators.md, Admin REST]. */
export default async function store(app: FastifyInstance): Promise<void> {
  const { args, result } = app.requireCommand('op.store.set')
  const params = Type.Required(Type.Pick(args, ['namespace', 'key'], { additionalProperties: false }))
  const body = Type.Pick(args, ['value', 'ttl_seconds'], {
    additionalProperties: false,
    examples: [{ value: { state: 'idle' }, ttl_seconds: 3600 }]
  })

  app.serveCommand({
    method: 'GET',
    url: '/store/:namespace',
    command: 'op.store.list',
    tag,
    refusals: ['LIMIT_EXCEEDED']
  })

  app.get<Request>(
    url,
    {
      config: { refusals: ['LIMIT_EXCEEDED'] },
      schema: {
        operationId: 'storeGet',
        tags: [tag],
        summary: 'Read the value under a key.',
        params,
        response: { 200: { ...Value, headers: VersionTag } }
      }
    },
    async (request, reply) => {
      const { data } = await app.ask(request, 'op.store.get', request.params)
      const { found, ...entry } = data as { found: boolean; version: number }
      if (!found) throw new BusError('NOT_FOUND', { message: 'Not found: there is no such key' })
      return reply.header('ETag', `"${entry.version}"`).serializer(stringifyRaw).send(entry)
    }
  )

  app.put<Request>(
    url,
    {
      config: { refusals: ['CONFLICT'] },
      schema: {
        operationId: 'storeSet',
        tags: [tag],
        summary: 'Store a value under a key; with If-Match only if it is still at that version.',
        params,
        headers: Conditions,
        body,
        response: { 200: { ...result, headers: VersionTag } }
      }
    },
    async (request, reply) => {
      const { data } = await app.ask(request, 'op.store.set', {
        ...request.params,
        ...request.body,
        ...versionOf(request.headers)
      })
      return reply.header('ETag', `"${(data as { version: number }).version}"`).send(data)
    }
  )

  app.delete<Request>(
    url,
    {
      config: { refusals: ['CONFLICT'] },
      schema: {
        operationId: 'storeDelete',
        tags: [tag],
        summary: 'Remove a key with its value; with If-Match only if it is still at that version.',
        params,
        headers: Conditions,
        response: { 200: app.requireCommand('op.store.delete').result }
      }
    },
    async (request, reply) => {
      const { data } = await app.ask(request, 'op.store.delete', { ...request.params, ...versionOf(request.headers) })
      if (!(data as { deleted: boolean }).deleted)
        throw new BusError('NOT_FOUND', { message: 'Not found: there is no such key' })
      return reply.send(data)
    }
  )
}

/** The version that the key has to be at: that of the ETag, or none. @throws {BusError} VALIDATION_ERROR when both are asked for */
function versionOf(headers: Request['Headers']): { if_version?: number } {
  const { 'if-match': etag, 'if-none-match': isNew } = headers
  if (etag !== undefined && isNew !== undefined)
    throw new BusError('VALIDATION_ERROR', { faults: ['if-none-match: cannot stand beside if-match'] })
  if (etag !== undefined) return { if_version: Number(etag.slice(1, -1)) }
  return isNew === undefined ? {} : { if_version: 0 }
}
