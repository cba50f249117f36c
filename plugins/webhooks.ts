import fp from 'fastify-plugin'
import { table } from '../src/commands/index.ts'
import { createAddressGuard } from '../src/webhooks/guard.ts'
import { createPoster } from '../src/webhooks/post.ts'
import { Webhooks } from '../src/webhooks/webhooks.ts'

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: Webhooks
  }
}

export default fp(
  async app => {
    const { bus, config, clock, ids, events, traces } = app
    const guard = createAddressGuard(config.webhookAllowCidrs)
    const poster = createPoster({
      guard,
      clock,
      connectTimeoutMs: config.webhookConnectTimeoutMs,
      maxResponseBytes: config.webhookResponseBytes
    })
    const webhooks = new Webhooks({
      guard,
      poster,
      clock,
      ids,
      traces,
      limits: config,
      published: bus.published,
      random: Math.random,
      defer: setImmediate,
      emit: event => events.emit(event)
    })
    app.decorate('webhooks', webhooks)
    bus.commands.add(webhooks, ...table.webhooks)
    bus.left.on(({ id }) => webhooks.ownerLeft(id))
    // After the bus has drained, and before the server waits for requests: those that wait for a sample are answered.
    app.addHook('preClose', () => webhooks.close())
  },
  { name: 'webhooks', fastify: '5.x', dependencies: ['bus', 'commands', 'casil', 'traces'] }
)
