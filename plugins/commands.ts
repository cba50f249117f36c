import fp from 'fastify-plugin'
import { Archive } from '../src/bus/archive.ts'
import { table } from '../src/commands/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** History, as far as whoever asks may read it. */
    archive: Archive
  }
}

export default fp(
  async app => {
    const { bus, config, clock, broker } = app
    bus.commands.add(bus, ...table.bus)
    const archive = new Archive({
      source: app.history,
      channels: bus.channels,
      backend: broker.name,
      monotonic: () => clock.monotonic(),
      maxReplyBytes: config.maxHistoryReplyBytes
    })
    app.decorate('archive', archive)
    bus.commands.add(archive, ...table.history)
    bus.commands.add(app.gate, ...table.casil)
    bus.commands.add({ bus, identify: config.enableAuth ? app.identify : undefined }, ...table.auth)
  },
  { name: 'commands', fastify: '5.x', dependencies: ['bus', 'history', 'auth', 'casil'] }
)
