import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { inTraceOf } from '../../src/protocol/trace.ts'
import { AnyObject, ClientId, listOf, MessageId, Name, pageQuery } from '../schemas.ts'

const tags = ['Clients']
const EXAMPLE = 'arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00'

const Client = Type.Object({
  client_id: Type.String(),
  client_type: Type.String(),
  screen_name: Type.Optional(Type.String()),
  avatar: Type.Optional(Type.String()),
  personality: Type.Optional(Type.String()),
  role: Type.String(),
  tenant_id: Type.String(),
  connected_at: Type.String({ format: 'date-time' }),
  subject: Type.Union([Type.String(), Type.Null()], { description: 'Whom the token names' }),
  channels: Type.Array(Type.String(), { description: '"room:channel", or a room joined as such; the first 1000' }),
  channel_count: Type.Integer({ minimum: 0 }),
  frames_received: Type.Integer({ minimum: 0, description: 'Frames that the client has sent' }),
  frames_sent: Type.Integer({ minimum: 0, description: 'Frames that the client was sent' }),
  outbox_bytes: Type.Integer({ minimum: 0, description: 'Bytes that wait for the client to read' })
})

const One = Type.Object({ client_id: ClientId }, { additionalProperties: false })
const Disconnected = Type.Object({ client_id: Type.String(), disconnected: Type.Literal(true) })

const Private = Type.Object(
  {
    id: Type.Optional(MessageId),
    room: Type.Optional({ ...Name, description: 'Where it belongs: inspection goes by it, and delivery does not' }),
    channel: Type.Optional(Name),
    payload: AnyObject,
    metadata: Type.Optional(AnyObject)
  },
  { additionalProperties: false, examples: [{ payload: { text: 'for you alone' } }] }
)
const Sent = Type.Object({
  id: Type.String(),
  client_id: Type.String(),
  timestamp: Type.String({ format: 'date-time' })
})

interface Params {
  readonly client_id: string
}

/** Who is connected, for operators [operators.md, Admin REST]. */
export default async function clients(app: FastifyInstance): Promise<void> {
  const { bus, directory } = app
  const url = '/clients/:client_id'

  app.get<{ Querystring: { limit: number; cursor?: string } }>(
    '/clients',
    {
      schema: {
        operationId: 'listClients',
        tags,
        summary: 'List the clients that are connected.',
        querystring: pageQuery(EXAMPLE),
        response: { 200: listOf('clients', Client, EXAMPLE) }
      }
    },
    async ({ caller, query }) => {
      const { entries, nextCursor } = await directory.clients(caller.identity.tenant, query)
      return { clients: entries, count: entries.length, next_cursor: nextCursor }
    }
  )

  app.get<{ Params: Params }>(
    url,
    { schema: { operationId: 'getClient', tags, summary: 'Show one client.', params: One, response: { 200: Client } } },
    async ({ caller, params }, reply) => reply.send(await directory.client(caller.identity.tenant, params.client_id))
  )

  app.delete<{ Params: Params }>(
    url,
    {
      schema: {
        operationId: 'disconnectClient',
        tags,
        summary: 'Disconnect a client.',
        params: One,
        response: { 200: Disconnected }
      }
    },
    async ({ caller, params }) => {
      await directory.disconnect(caller.identity.tenant, params.client_id)
      return { client_id: params.client_id, disconnected: true as const }
    }
  )

  app.post<{ Params: Params; Body: Static<typeof Private> }>(
    `${url}/messages`,
    {
      config: { isIdempotent: true, refusals: ['TARGET_NOT_FOUND'] },
      schema: {
        operationId: 'sendPrivateMessage',
        tags,
        summary: 'Send a private message to a client.',
        params: One,
        body: Private,
        response: { 201: Sent }
      }
    },
    async ({ caller, params, body, bodyRead, headers }, reply) => {
      const metadata = inTraceOf(headers, body.metadata)
      const { message } = await bus.post(
        { id: 'arqonbus', identity: caller.identity },
        { type: 'private', to: [params.client_id], ...body, metadata, payloadText: bodyRead?.payloadText }
      )
      return reply.code(201).send({ id: message.id, client_id: params.client_id, timestamp: message.timestamp })
    }
  )
}
