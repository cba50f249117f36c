import fp from 'fastify-plugin'
import { createMetrics, type Metrics } from '../src/telemetry/metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics
  }
}

export default fp(
  async app => {
    const metrics = createMetrics(() => {
      const { bus, admission, broker, clock } = app
      const { rooms, channels } = app.rooms.count()
      const { messages, bytes } = broker.stats()
      return {
        clients: bus.hub.size,
        accepted: bus.tallies.total.accepted,
        connections: admission.count,
        delivered: bus.hub.deliveredCount,
        received: bus.receivedCount,
        published: bus.tallies.total.messages,
        refused: bus.refusedCount,
        slowConsumers: bus.roster.slowConsumerCount,
        outboundBytes: bus.roster.outboundBytes,
        historyMessages: messages,
        historyBytes: bytes,
        rooms,
        channels,
        uptimeSeconds: (clock.now() - bus.startedAtMs) / 1000,
        memoryBytes: process.memoryUsage.rss(),
        commands: bus.commands.counts(),
        decisions: app.gate.counts()
      }
    })
    app.decorate('metrics', metrics)
    app.addHook('onResponse', async (_request, reply) =>
      metrics.observeRequest(reply.statusCode, reply.elapsedTime / 1000)
    )
  },
  { name: 'metrics', fastify: '5.x', dependencies: ['config'] }
)
