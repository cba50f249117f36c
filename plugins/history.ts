import fp from 'fastify-plugin'
import type { HistorySource } from '../src/history/query.ts'
import { keyOf } from '../src/protocol/address.ts'

declare module 'fastify' {
  interface FastifyInstance {
    history: HistorySource
  }
}

export default fp(
  async app => {
    const { rooms, broker } = app
    app.decorate('history', {
      keysOf(tenant, room, channel) {
        if (room !== undefined && channel !== undefined)
          return rooms.find(tenant, room, channel) ? [keyOf(tenant, room, channel)] : []
        const records = rooms.list(tenant, room)
        const names = new Set(records.map(record => record.room)).add(room ?? '')
        const itselves = [...names].flatMap(name => rooms.find(tenant, name, '') ?? [])
        return [...records, ...itselves].map(record => record.key)
      },
      read: (key, query) => broker.read(key, query)
    })
  },
  { name: 'history', fastify: '5.x', dependencies: ['rooms', 'broker'] }
)
