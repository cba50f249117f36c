import { Type } from '@sinclair/typebox'
import { channelArgs } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command, connectionOf } from '../bus/command.ts'
import { isoOf } from '../clock.ts'

export default command({
  name: 'leave_channel',
  summary: 'End a membership; nothing happens when there is none.',
  role: 'user',
  isAddressed: true,
  isSocketOnly: true,
  args: Type.Object(channelArgs, { additionalProperties: false }),
  result: Type.Object({
    success: Type.Literal(true),
    room: Type.String(),
    channel: Type.String(),
    left_at: Type.String()
  }),
  run: (bus: Bus, { room, channel }, caller) => {
    bus.channels.leave(connectionOf(caller), room, channel)
    return { message: `Left ${room}:${channel}`, data: { success: true, room, channel, left_at: isoOf(bus.now()) } }
  }
})
