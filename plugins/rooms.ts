import fp from 'fastify-plugin'
import { Registry } from '../src/rooms/registry.ts'
import { seedsOf } from '../src/rooms/seed.ts'

declare module 'fastify' {
  interface FastifyInstance {
    rooms: Registry
  }
}

export default fp(
  async app => {
    const { config, clock } = app
    app.decorate(
      'rooms',
      new Registry({
        clock,
        seeds: seedsOf({ room: config.omegaLabRoom, channel: config.omegaLabChannel }),
        isAutoCreating: config.autoCreateChannels,
        maxRoomsPerTenant: config.maxRoomsPerTenant,
        maxChannelsPerRoom: config.maxChannelsPerRoom,
        maxChannels: config.maxChannels,
        emptyGraceMs: config.emptyChannelGraceMs
      })
    )
  },
  { name: 'rooms', fastify: '5.x', dependencies: ['config'] }
)
