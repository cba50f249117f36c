import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createRecords, RECORD_LIMITS, RECORD_PAGE } from '../src/store/records.ts'
import type { Store } from '../src/store/store.ts'
import type { OpenRecords } from '../src/structures/records.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What all nodes of the cluster have in common; undefined where there is but one. Whoever follows it does so in `onReady`. */
    records: OpenRecords | undefined
  }
}

export default fp(
  async app => {
    if (app.config.broker === 'memory') {
      app.decorate('records', undefined)
      return
    }
    const store = await makeStore(app)
    app.decorate('records', createRecords(store, RECORD_PAGE))
    app.addHook('onReady', () => store.open())
    app.addHook('onClose', () => store.close())
  },
  { name: 'records', fastify: '5.x', dependencies: ['config', 'broker'] }
)

async function makeStore({ clock, config, log }: FastifyInstance): Promise<Store> {
  const { createClusterStore } = await import('../src/bus/cluster-store.ts')
  const { STATE } = await import('../src/store/nats/subjects.ts')
  return createClusterStore({ subjects: STATE, purpose: 'state', clock, limits: RECORD_LIMITS, log, settings: config })
}
