import { isUtf8 } from 'node:buffer'
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hasRole } from '../src/auth/roles.ts'
import type { Source } from '../src/bus/draft.ts'
import { checkLocal } from '../src/bus/handshake.ts'
import { BusError } from '../src/errors.ts'
import { type Body, createBodyParser } from '../src/protocol/codec.ts'
import { compileCheck, compileTextCheck } from '../src/protocol/schema.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, once it was let in. */
    caller: Source
    /** The body as it was read, and the text of which; undefined without one. */
    bodyRead: (Body & { readonly text: string }) | undefined
  }
  interface FastifyContextConfig {
    /** The request changes nothing, whatever its method: always, or by what it names in its path. */
    isReadOnly?: boolean | ((params: unknown) => boolean)
  }
}

/** The door for operators, to be registered where its routes are [operators.md, Admin REST]. */
export default fp(
  async app => {
    const { config } = app
    app.decorateRequest('bodyRead', undefined)
    app.decorateRequest('caller')
    await app.register(cors, {
      origin: config.allowedOrigins.includes('*') || [...config.allowedOrigins],
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['ETag', 'Idempotent-Replayed', 'Retry-After']
    })
    app.addHook('onRequest', async (request, reply) => {
      reply.header('Cache-Control', 'no-store')
      request.caller = await admit(app, request)
      if (app.bus.isDraining && isChange(request)) throw new BusError('DRAINING', { retryAfterMs: config.drainRetryMs })
    })
    await app.register(rateLimit, {
      max: config.restPerSecond,
      timeWindow: 1000,
      hook: 'preParsing',
      keyGenerator: ({ caller }) => `${caller.identity.tenant} ${caller.id}`,
      errorResponseBuilder: (_request, { ttl }) => new BusError('RATE_LIMITED', { retryAfterMs: ttl })
    })
    readBodies(app)
    app.setValidatorCompiler(({ schema, httpPart }) => {
      const check = httpPart === 'body' ? compileCheck(schema as never) : compileTextCheck(schema as never)
      return value => {
        const faults = check(value ?? {})
        return faults.length === 0 ? { value } : { error: new BusError('VALIDATION_ERROR', { faults }) }
      }
    })
    // A serializer of the route's own leaves this out.
    app.addHook('preSerialization', async (_request, reply) => {
      if (!reply.hasHeader('Content-Type')) reply.type('application/json; charset=utf-8')
    })
    app.addHook('onResponse', async (request, reply) => {
      if (!isChange(request) || request.caller === undefined) return
      const { id, identity } = request.caller
      const route = `${request.method} ${request.routeOptions.url ?? ''}`
      // What inspection blocks may stand in the path.
      const isBlocked = reply.errorCode?.startsWith('CASIL_') === true
      const about = {
        by: id,
        tenant: identity.tenant,
        route,
        params: isBlocked ? {} : { ...(request.params as object) },
        status: reply.statusCode
      }
      request.log.info({ audit: true, ...about }, 'an operator asked for a change')
    })
  },
  { name: 'rest', fastify: '5.x', dependencies: ['bus', 'auth', 'errors', 'commands'] }
)

/** @throws {BusError} AUTH_REQUIRED, AUTH_INVALID, ORIGIN_DENIED, AUTHORIZATION_ERROR */
async function admit(app: FastifyInstance, request: FastifyRequest): Promise<Source> {
  const { enableAuth, allowedOrigins } = app.config
  const { authorization } = request.headers
  if (!enableAuth) checkLocal(request.ip, request.headers, allowedOrigins)
  const identity = await app.authenticate({ headers: { authorization }, query: {} })
  if (!enableAuth) return { id: 'operator', identity: { ...identity, role: 'admin' } }
  if (!hasRole(identity.role, 'admin'))
    throw new BusError('AUTHORIZATION_ERROR', { message: 'This needs the role admin' })
  return { id: identity.subject ?? 'operator', identity }
}

/** Bodies are JSON objects within the bounds of frames, and nothing else. */
function readBodies(app: FastifyInstance): void {
  const { maxJsonDepth, maxJsonKeys, maxJsonNodes, maxJsonKeyBytes } = app.config
  const parse = createBodyParser({
    depth: maxJsonDepth,
    keysPerObject: maxJsonKeys,
    nodes: maxJsonNodes,
    keyBytes: maxJsonKeyBytes
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      if (bytes.length === 0) return undefined
      // What is decoded all the same would be another text than was sent.
      if (!isUtf8(bytes)) throw new BusError('VALIDATION_ERROR', { faults: ['body: must be UTF-8'] })
      const text = bytes.toString()
      request.bodyRead = { ...parse(text), text }
      return request.bodyRead.fields
    }
  )
}

function isChange({ method, params, routeOptions }: FastifyRequest): boolean {
  const { isReadOnly = false } = routeOptions.config
  if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return false
  return !(typeof isReadOnly === 'function' ? isReadOnly(params) : isReadOnly)
}
