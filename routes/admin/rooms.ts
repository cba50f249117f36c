import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { listOf, Name, pageQuery } from '../schemas.ts'

const tag = 'Rooms and channels'

const Room = Type.Object({
  room: Type.String(),
  channel_count: Type.Integer({ minimum: 0 }),
  participant_count: Type.Integer({ minimum: 0, description: 'Clients that are in any of its channels' }),
  hardcoded: Type.Boolean(),
  last_activity: Type.String({ format: 'date-time' })
})

const Description = Type.Object(
  { description: Type.String({ maxLength: 1024, expected: 'text of up to 1024 characters' }) },
  { additionalProperties: false, examples: [{ description: 'What was found' }] }
)

/** Rooms and channels for operators [operators.md, Admin REST]. */
export default async function rooms(app: FastifyInstance): Promise<void> {
  const { bus, directory } = app

  app.get<{ Querystring: { limit: number; cursor?: string } }>(
    '/rooms',
    {
      schema: {
        operationId: 'listRooms',
        tags: [tag],
        summary: 'List the rooms.',
        querystring: pageQuery('science'),
        response: { 200: listOf('rooms', Room, 'science') }
      }
    },
    async ({ caller, query }) => {
      const { entries, nextCursor } = await directory.rooms(caller.identity.tenant, query)
      return { rooms: entries, count: entries.length, next_cursor: nextCursor }
    }
  )

  const one = '/rooms/:room/channels/:channel'
  app.serveCommand({ method: 'GET', url: '/rooms/:room/channels', command: 'list_channels', tag })
  app.serveCommand({
    method: 'POST',
    url: '/rooms/:room/channels',
    command: 'create_channel',
    tag,
    status: 201,
    refusals: ['CHANNEL_EXISTS']
  })
  app.serveCommand({ method: 'GET', url: one, command: 'channel_info', tag, refusals: ['CHANNEL_NOT_FOUND'] })
  app.serveCommand({
    method: 'DELETE',
    url: one,
    command: 'delete_channel',
    tag,
    refusals: ['CHANNEL_NOT_FOUND', 'CHANNEL_NOT_EMPTY', 'CHANNEL_PROTECTED']
  })

  app.patch<{ Params: { room: string; channel: string }; Body: { description: string } }>(
    one,
    {
      config: { refusals: ['CHANNEL_NOT_FOUND', 'CHANNEL_PROTECTED'] },
      schema: {
        operationId: 'describeChannel',
        tags: [tag],
        summary: 'Say anew what a channel is for.',
        params: Type.Object({ room: Name, channel: Name }, { additionalProperties: false }),
        body: Description,
        response: { 200: app.requireCommand('channel_info').result }
      }
    },
    async (request, reply) => {
      const { room, channel } = request.params
      const content = { room, channel, kind: 'control', payload: request.body, text: undefined } as const
      if (app.gate.isEnabled) app.gate.pass(content, request.caller)
      await bus.channels.describe(request.caller, room, channel, request.body.description)
      const { data } = await app.ask(request, 'channel_info', { room, channel })
      return reply.send(data)
    }
  )
}
