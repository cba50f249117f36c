import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { hasRole } from '../src/auth/roles.ts'
import { EventStreams, parseEventKinds } from '../src/telemetry/event-stream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Answers with telemetry as server-sent events. @throws {BusError} VALIDATION_ERROR, OVERLOADED */
    watchEvents(request: FastifyRequest<{ Querystring: { events?: string } }>, reply: FastifyReply): void
  }
}

export default fp(
  async app => {
    const { feed, clock, config, telemetry } = app
    const streams = new EventStreams({
      feed,
      clock,
      take: () => telemetry.take(),
      maxBytes: config.telemetryQueueBytes
    })
    app.decorate('watchEvents', ({ caller, query }, reply) => {
      const { role, tenant, expiresAtMs } = caller.identity
      const seesAll = !config.enableAuth || hasRole(role, 'superadmin')
      const viewer = { tenant: seesAll ? undefined : tenant, events: parseEventKinds(query.events), expiresAtMs }
      streams.open(reply.raw, viewer, headersOf(reply))
      reply.hijack()
    })
    app.addHook('preClose', async () => streams.close())
  },
  { name: 'event-streams', fastify: '5.x', dependencies: ['telemetry'] }
)

/** What hooks have put into the head of the answer. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
}
