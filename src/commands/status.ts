import { Type } from '@sinclair/typebox'
import { hasRole } from '../auth/roles.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'
import { whenKnown } from '../structures/eventually.ts'
import { VERSION } from '../version.ts'

const Count = Type.Integer({ minimum: 0 })

export default command({
  name: 'status',
  summary: 'Show what the bus is doing, as far as it concerns the own tenant; for the role superadmin, in all tenants.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  args: Type.Object({}, { additionalProperties: false }),
  result: Type.Object({
    server: Type.Object({ status: Type.Literal('running'), version: Type.String(), uptime_seconds: Type.Number() }),
    connections: Type.Object({ active: Count, total: Count }),
    total_connections: Count,
    active_connections: Count,
    active_rooms: Count,
    active_channels: Count,
    total_messages: Count,
    messages: Type.Object({ total: Count }),
    rooms: Count,
    channels: Count,
    clients: Type.Integer({ minimum: 0, description: 'These, connections and messages are of all nodes together' }),
    timestamp: Type.String()
  }),
  run: (bus: Bus, _args, { identity }) => {
    const tenant = hasRole(identity.role, 'superadmin') ? undefined : identity.tenant
    return whenKnown(bus.numbers.everywhere(tenant), status => ({
      message: 'ArqonBus is running',
      data: {
        server: { status: 'running', version: VERSION, uptime_seconds: status.uptimeSeconds },
        connections: { active: status.clients, total: status.accepted },
        total_connections: status.accepted,
        active_connections: status.clients,
        active_rooms: status.rooms,
        active_channels: status.channels,
        total_messages: status.messages,
        messages: { total: status.messages },
        rooms: status.rooms,
        channels: status.channels,
        clients: status.clients,
        timestamp: status.timestamp
      }
    }))
  }
})
