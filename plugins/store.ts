import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Vault } from '../src/bus/vault.ts'
import { Watches } from '../src/bus/watches.ts'
import { table } from '../src/commands/index.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import type { Store } from '../src/store/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The values that clients keep. */
    store: Vault
  }
}

export default fp(
  async app => {
    const { bus, clock, config, gate, ids } = app
    const store = config.broker === 'memory' ? createMemoryStore({ clock, limits: config }) : await makeNatsStore(app)
    const watches = new Watches({ store, clock, ids, maxStoreWatches: config.maxStoreWatches })
    const vault = new Vault({ store, gate, watches, pageSize: config.maxStorePage })
    const ignore = bus.left.on(connection => watches.drop(connection))
    app.decorate('store', vault)
    bus.commands.add(vault, ...table.store)
    app.addHook('onReady', () => store.open())
    app.addHook('onClose', async () => {
      ignore()
      await store.close()
    })
  },
  { name: 'store', fastify: '5.x', dependencies: ['bus', 'commands', 'casil'] }
)

async function makeNatsStore({ clock, config, log }: FastifyInstance): Promise<Store> {
  const { createClusterStore } = await import('../src/bus/cluster-store.ts')
  const { VALUES } = await import('../src/store/nats/subjects.ts')
  return createClusterStore({ subjects: VALUES, purpose: 'store', clock, limits: config, log, settings: config })
}
