import { Type } from '@sinclair/typebox'
import { channelArgs } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'
import { isoOf } from '../clock.ts'

export default command({
  name: 'delete_channel',
  summary: 'Delete a channel without members, with its history.',
  role: 'admin',
  isAddressed: true,
  args: Type.Object(channelArgs, { additionalProperties: false }),
  result: Type.Object({
    success: Type.Literal(true),
    room: Type.String(),
    channel: Type.String(),
    deleted_by: Type.String(),
    deleted_at: Type.String()
  }),
  run: async (bus: Bus, { room, channel }, caller) => {
    await bus.channels.delete(caller, room, channel)
    return {
      message: `Deleted ${room}:${channel}`,
      data: { success: true, room, channel, deleted_by: caller.id, deleted_at: isoOf(bus.now()) }
    }
  }
})
