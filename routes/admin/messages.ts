import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BusError, errorTable } from '../../src/errors.ts'
import { textOf } from '../../src/protocol/frame.ts'
import { payloadTextsOf } from '../../src/protocol/items.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { RawJson, stringifyRaw } from '../../src/protocol/replies.ts'
import { compileCheck } from '../../src/protocol/schema.ts'
import { StoredEnvelope } from '../../src/protocol/server-frames.ts'
import { inTraceOf } from '../../src/protocol/trace.ts'
import { AnyObject, Data, MessageId, Name, Published } from '../schemas.ts'

const tags = ['Messages']

const Place = Type.Object({ room: Name, channel: Name }, { additionalProperties: false })

const parts = {
  id: Type.Optional(MessageId),
  type: Type.Optional(
    Type.Union([Type.Literal('message'), Type.Literal('event')], { default: 'message', expected: 'message or event' })
  ),
  payload: AnyObject,
  metadata: Type.Optional(AnyObject)
}
const example = { id: 'arq_report-17', type: 'message', payload: { text: 'hello' } }
const Message = Type.Object(parts, { additionalProperties: false, examples: [example] })
const Addressed = Type.Object(
  { room: Name, channel: Name, ...parts },
  { additionalProperties: false, examples: [{ room: 'science', channel: 'explore', ...example }] }
)
const checkAddressed = compileCheck(Addressed)

const Batch = Type.Object(
  {
    messages: Type.Array(Data, { minItems: 1, expected: 'a list of messages', description: 'Each as in the example' })
  },
  { additionalProperties: false, examples: [{ messages: [{ room: 'science', channel: 'explore', ...example }] }] }
)

const Result = Type.Union([
  Type.Composite([Type.Object({ status: Type.Literal('success') }), Published]),
  Type.Object({
    status: Type.Literal('error'),
    error: Type.String(),
    code: Type.String(),
    details: Type.String(),
    retry: Type.Boolean()
  })
])

/** Messages of a batch that are published in one turn of the event loop: inspecting all of them would hold up everybody else. */
const SLICE = 10

const HistoryQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, default: 100, expected: 'an integer from 1 to 1000' })
    ),
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        expected: 'a sequence',
        description: 'Only what has a greater sequence, the oldest first; without it the newest messages'
      })
    ),
    since: Type.Optional(Type.String({ format: 'date-time', expected: 'an ISO 8601 date and time' })),
    until: Type.Optional(Type.String({ format: 'date-time', expected: 'an ISO 8601 date and time' }))
  },
  { additionalProperties: false }
)

const History = Type.Object({
  room: Type.String(),
  channel: Type.String(),
  messages: Type.Array(StoredEnvelope, { description: 'Oldest first' }),
  count: Type.Integer({ minimum: 0 }),
  total: Type.Integer({ minimum: 0, description: 'How many the channel holds' }),
  next_after: Type.Optional(Type.Integer({ description: '`after` of the next part; absent at the end of the channel' }))
})

type Place = Static<typeof Place>
type Message = Static<typeof Message>

/** Messages over HTTP: published through the same stages as those of a socket, and read from history [operators.md, Admin REST]. */
export default async function messages(app: FastifyInstance): Promise<void> {
  const { bus, archive, broker, config } = app
  const url = '/rooms/:room/channels/:channel/messages'

  app.get<{ Params: Place; Querystring: Static<typeof HistoryQuery> & { limit: number } }>(
    url,
    {
      config: { refusals: ['CHANNEL_NOT_FOUND'] },
      schema: {
        operationId: 'readMessages',
        tags,
        summary: 'Read the history of a channel.',
        params: Place,
        querystring: HistoryQuery,
        response: { 200: History }
      }
    },
    async ({ caller, params, query }, reply) => {
      const { limit, after, since, until } = query
      const { key } = bus.channels.require(caller.identity.tenant, params.room, params.channel)
      const end = await broker.position(key)
      const { publications, total } = await archive.read(caller, params, {
        limit,
        keep: after === undefined ? 'newest' : 'oldest',
        ...(after === undefined ? {} : { afterSequence: after }),
        ...(since === undefined ? {} : { afterMs: Date.parse(since) }),
        ...(until === undefined ? {} : { beforeMs: Date.parse(until) })
      })
      const last = publications.at(-1)?.sequence
      const isMore = after !== undefined && last !== undefined && last < end.sequence
      return reply.serializer(stringifyRaw).send({
        ...params,
        messages: publications.map(({ frame }) => new RawJson(textOf(frame))),
        count: publications.length,
        total,
        next_after: isMore ? last : undefined
      })
    }
  )

  app.post<{ Params: Place; Body: Message }>(
    url,
    {
      config: { isIdempotent: true, refusals: ['CHANNEL_NOT_FOUND'] },
      schema: {
        operationId: 'publishMessage',
        tags,
        summary: 'Publish a message.',
        params: Place,
        body: Message,
        response: { 201: Published }
      }
    },
    async (request, reply) => {
      const { params, body, bodyRead } = request
      const answer = await publish({ ...params, ...body }, request, bodyRead?.payloadText)
      return reply.code(201).send(answer)
    }
  )

  app.post<{ Body: { messages: readonly JsonObject[] } }>(
    '/publish',
    {
      config: { isIdempotent: true },
      schema: {
        operationId: 'publishMessages',
        tags,
        summary: 'Publish many messages, each to its own address, with a result for each.',
        body: Batch,
        response: {
          200: Type.Object({
            results: Type.Array(Result, { description: 'In the order of the messages' }),
            succeeded: Type.Integer({ minimum: 0 }),
            failed: Type.Integer({ minimum: 0 })
          })
        }
      }
    },
    async (request, reply) => {
      const { body, bodyRead } = request
      if (body.messages.length > config.maxBatch)
        throw new BusError('LIMIT_EXCEEDED', {
          message: `Limit exceeded: a request can hold ${config.maxBatch} messages`
        })
      const payloadTexts = payloadTextsOf(bodyRead?.text ?? '')
      const results: Awaited<ReturnType<typeof attempt>>[] = []
      for (let at = 0; at < body.messages.length; at += SLICE) {
        const slice = body.messages.slice(at, at + SLICE)
        results.push(
          ...(await Promise.all(slice.map((message, index) => attempt(message, request, payloadTexts[at + index]))))
        )
        await nextTurn()
      }
      const succeeded = results.filter(({ status }) => status === 'success').length
      return reply.serializer(stringifyRaw).send({ results, succeeded, failed: results.length - succeeded })
    }
  )

  type Asked = Pick<FastifyRequest, 'caller' | 'headers'>

  async function publish(message: Static<typeof Addressed>, { caller, headers }: Asked, payloadText?: string) {
    const { type = 'message', ...rest } = message
    const metadata = inTraceOf(headers, message.metadata)
    const source = { id: 'arqonbus', identity: caller.identity }
    const outcome = await bus.post(source, { type, ...rest, metadata, payloadText })
    return {
      id: outcome.message.id,
      room: message.room,
      channel: message.channel,
      sequence: outcome.position?.sequence,
      epoch: outcome.position?.epoch,
      timestamp: outcome.message.timestamp,
      duplicate: outcome.isDuplicate
    }
  }

  async function attempt(message: JsonObject, request: Asked, payloadText?: string) {
    try {
      const faults = checkAddressed(message)
      if (faults.length > 0) throw new BusError('VALIDATION_ERROR', { faults })
      return { status: 'success', ...(await publish(message as Static<typeof Addressed>, request, payloadText)) }
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      const { code, faults, retry } = error
      const details = faults.length > 0 ? faults.join('; ') : error.message
      return { status: 'error', error: errorTable[code].message, code, details, retry }
    }
  }
}
