import { Type } from '@sinclair/typebox'
import type { Bus } from '../bus/bus.ts'
import { command, connectionOf } from '../bus/command.ts'
import { ClientInfo, clientInfoOf } from '../bus/records.ts'
import { isoOf } from '../clock.ts'

const Patterns = Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'null: no restriction' })

export default command({
  name: 'whoami',
  summary: 'Show the own client record, what it may do and what is left of its limits.',
  role: 'user',
  isReadOnly: true,
  isSocketOnly: true,
  args: Type.Object({}, { additionalProperties: false }),
  result: Type.Object({
    client: ClientInfo,
    subject: Type.Union([Type.String(), Type.Null()]),
    expires_at: Type.Union([Type.String(), Type.Null()]),
    capabilities: Type.Object({ publish: Patterns, subscribe: Patterns }),
    channels: Type.Array(Type.String(), { description: '"room:channel", or a room joined as such' }),
    limits: Type.Object({
      memberships_left: Type.Integer(),
      commands_left: Type.Integer(),
      heavy_commands_left: Type.Integer()
    })
  }),
  run: (bus: Bus, _args, caller) => {
    const connection = connectionOf(caller)
    const { identity } = caller
    const { capabilities, expiresAtMs } = identity
    return {
      message: connection.id,
      data: {
        client: clientInfoOf(connection),
        subject: identity.subject ?? null,
        expires_at: expiresAtMs === undefined ? null : isoOf(expiresAtMs),
        capabilities: { publish: capabilities.publish ?? null, subscribe: capabilities.subscribe ?? null },
        channels: bus.hub.placesOf(connection).map(({ room, name }) => (name === '' ? room : `${room}:${name}`)),
        limits: bus.limitsLeft(connection)
      }
    }
  }
})
