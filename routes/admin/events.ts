import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

const Query = Type.Object(
  {
    events: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'Kinds of events with commas between them; all without it. `docs/telemetry.md` lists them.',
        examples: ['client_connected,slow_consumer']
      })
    )
  },
  { additionalProperties: false }
)

const Stream = {
  description:
    'Server-sent events, each with one event of the telemetry stream as its data, until either side ends it.',
  content: {
    'text/event-stream': { schema: Type.String({ examples: ['data: {"event_type":"client_connected"}\n\n'] }) }
  }
}

/** What happens, as it happens, over HTTP [operators.md, Admin REST]. */
export default async function events(app: FastifyInstance): Promise<void> {
  app.get<{ Querystring: { events?: string } }>(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchEvents',
        tags: ['Telemetry'],
        summary: 'Watch what happens, as server-sent events.',
        querystring: Query,
        response: { 200: Stream }
      }
    },
    async (request, reply) => {
      app.watchEvents(request, reply)
      return reply
    }
  )
}
