import { Type } from '@sinclair/typebox'
import type { Bus } from '../bus/bus.ts'
import { command, connectionOf } from '../bus/command.ts'
import { ClientInfo, clientInfoOf } from '../bus/records.ts'
import { isoOf } from '../clock.ts'

export default command({
  name: 'ping',
  summary: 'Ask whether the bus answers.',
  role: 'user',
  isReadOnly: true,
  isSocketOnly: true,
  args: Type.Object({}, { additionalProperties: false }),
  result: Type.Object({
    pong: Type.Literal(true),
    latency_ms: Type.Number({ description: 'Age of the frame by its own timestamp; 0 when it has none' }),
    client_id: Type.String(),
    timestamp: Type.String(),
    client_info: ClientInfo
  }),
  run: (bus: Bus, _args, caller) => {
    const connection = connectionOf(caller)
    const { envelope } = caller
    const nowMs = bus.now()
    const sentMs = envelope.timestamp === undefined ? nowMs : Date.parse(envelope.timestamp)
    return {
      message: 'pong',
      data: {
        pong: true,
        latency_ms: Math.max(0, nowMs - sentMs),
        client_id: connection.id,
        timestamp: isoOf(nowMs),
        client_info: clientInfoOf(connection)
      }
    }
  }
})
