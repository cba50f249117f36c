import fp from 'fastify-plugin'
import { readRights } from '../src/auth/capabilities.ts'
import { table } from '../src/commands/index.ts'
import { targetOf } from '../src/protocol/address.ts'
import type { Json } from '../src/protocol/json.ts'
import { createAddressGuard } from '../src/webhooks/guard.ts'
import { createPoster } from '../src/webhooks/post.ts'
import type { MayRead } from '../src/webhooks/rule.ts'
import { Webhooks } from '../src/webhooks/webhooks.ts'

declare module 'fastify' {
  interface FastifyInstance {
    webhooks: Webhooks
  }
}

export default fp(
  async app => {
    const { bus, config, clock, ids, events, log, records, traces } = app
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
      emit: event => events.emit(event),
      shared: records && { records: records('webhooks'), log, readRights: readMayRead }
    })
    app.decorate('webhooks', webhooks)
    bus.commands.add(webhooks, ...table.webhooks)
    bus.left.on(({ id }) => webhooks.ownerLeft(id))
    app.addHook('onReady', () => webhooks.follow())
    // After the bus has drained, and before the server waits for requests: those that wait for a sample are answered.
    app.addHook('preClose', () => webhooks.close())
  },
  { name: 'webhooks', fastify: '5.x', dependencies: ['bus', 'commands', 'casil', 'records', 'traces'] }
)

/** What the owner of a webhook may read, by what its node has written down. */
function readMayRead(rights: Json): MayRead | undefined {
  const capabilities = readRights(rights)
  return capabilities && ((room, channel) => capabilities.maySubscribe(targetOf(room, channel)))
}
