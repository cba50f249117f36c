import type { AddressInfo } from 'node:net'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../src/version.ts'

const Count = Type.Integer({ minimum: 0 })

const Status = Type.Object({
  status: Type.Literal('running'),
  service: Type.Literal('arqonbus'),
  version: Type.String(),
  node: Type.String(),
  uptime_seconds: Type.Number(),
  timestamp: Type.String({ format: 'date-time' }),
  endpoints: Type.Object({
    http: Type.Union([Type.String(), Type.Null()]),
    websocket: Type.Union([Type.String(), Type.Null()]),
    storage: Type.String(),
    telemetry: Type.Union([Type.String(), Type.Null()])
  }),
  connections: Type.Object({ active: Count, total: Count }),
  rooms: Type.Object({ active: Count }),
  channels: Type.Object({ active: Count }),
  messages: Type.Object({ received: Count, published: Count, delivered: Count, refused: Count }),
  requests: Type.Object({ total: Count }),
  storage: Type.Object({ backend: Type.String(), messages: Count, bytes: Count }),
  telemetry: Type.Object({ connections: Count }),
  cluster: Type.Optional(
    Type.Object(
      {
        nodes: Type.Integer({ minimum: 1, description: 'Processes that carry the bus together' }),
        clients: Type.Integer({ minimum: 0, description: 'Clients of all of them' })
      },
      { description: 'Only with the broker `nats`; all other numbers are of this process' }
    )
  )
})

/** The state of the process in detail [protocol.md, HTTP]. */
export default async function status(app: FastifyInstance): Promise<void> {
  const { bus, broker, rooms } = app

  const schema = {
    tags: ['Server'],
    operationId: 'getStatus',
    summary: 'Show the state of the process in numbers.',
    response: { 200: Status }
  }
  app.get('/status', { schema }, async () => {
    const { uptimeSeconds, timestamp } = bus.status()
    const held = broker.stats()
    const count = rooms.count()
    return {
      status: 'running' as const,
      service: 'arqonbus' as const,
      version: VERSION,
      node: bus.node,
      uptime_seconds: uptimeSeconds,
      timestamp,
      endpoints: {
        http: urlOf('http', app.opsAddress() ?? mainAddress()),
        websocket: urlOf('ws', mainAddress(), '/ws'),
        storage: broker.name,
        telemetry: urlOf('ws', app.telemetryAddress(), '/telemetry')
      },
      connections: { active: bus.hub.size, total: bus.tallies.total.accepted },
      rooms: { active: count.rooms },
      channels: { active: count.channels },
      messages: {
        received: bus.receivedCount,
        published: bus.tallies.total.messages,
        delivered: bus.hub.deliveredCount,
        refused: bus.refusedCount
      },
      requests: { total: app.metrics.requestCount },
      storage: { backend: broker.name, messages: held.messages, bytes: held.bytes },
      telemetry: { connections: app.telemetry.size },
      ...(broker.engine === undefined ? {} : { cluster: await readCluster() })
    }
  })

  async function readCluster(): Promise<{ nodes: number; clients: number }> {
    const { clients } = await bus.numbers.everywhere()
    return { nodes: broker.peerCount + 1, clients }
  }

  function mainAddress(): AddressInfo | undefined {
    return app.server.listening ? (app.server.address() as AddressInfo) : undefined
  }
}

function urlOf(scheme: string, address: AddressInfo | undefined, path = ''): string | null {
  if (!address) return null
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `${scheme}://${host}:${address.port}${path}`
}
