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
    app.decorate(
      'broker',
      createMemoryBroker({
        clock,
        ids,
        limits: {
          historyCount: config.maxHistorySize,
          historyBytesPerChannel: config.maxHistoryBytesPerChannel,
          historyAgeMs: config.maxHistoryAgeMs,
          historyTotalBytes: config.maxHistoryTotalBytes,
          duplicateWindowMs: config.duplicateWindowMs,
          duplicateWindowIds: config.duplicateWindowIds
        }
      })
    )
  },
  { name: 'broker', fastify: '5.x', dependencies: ['config'] }
)
