import fp from 'fastify-plugin'
import type { Broker } from '../src/broker/broker.ts'
import { createMemoryBroker } from '../src/broker/memory.ts'

declare module 'fastify' {
  interface FastifyInstance {
    broker: Broker
  }
}

export default fp(
  async app => {
    const { config, clock, ids } = app
    const limits = {
      historyCount: config.maxHistorySize,
      historyBytesPerChannel: config.maxHistoryBytesPerChannel,
      historyAgeMs: config.maxHistoryAgeMs,
      historyTotalBytes: config.maxHistoryTotalBytes,
      duplicateWindowMs: config.duplicateWindowMs,
      duplicateWindowIds: config.duplicateWindowIds,
      duplicateWindowTotalIds: config.duplicateWindowTotalIds
    }
    if (config.broker === 'memory') {
      app.decorate('broker', createMemoryBroker({ clock, ids, limits }))
      return
    }
    const { createNatsBroker } = await import('../src/broker/nats/broker.ts')
    const broker = createNatsBroker({
      servers: config.natsUrl.split(',').map(server => server.trim()),
      creds: config.natsCreds,
      name: config.nodeName,
      clock,
      ids,
      log: app.log,
      limits: { ...limits, replicas: Number(config.natsReplicas) }
    })
    app.decorate('broker', broker)
  },
  { name: 'broker', fastify: '5.x', dependencies: ['config'] }
)
