import { Type } from '@sinclair/typebox'
import { NameArg } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'
import { ChannelEntry, channelEntryOf } from '../bus/records.ts'

export default command({
  name: 'list_channels',
  summary: 'List the channels of a room, or of all rooms.',
  role: 'user',
  isHeavy: true,
  isAddressed: true,
  args: Type.Object({ room: Type.Optional(NameArg) }, { additionalProperties: false }),
  result: Type.Object({
    room: Type.Union([Type.String(), Type.Null()]),
    total_channels: Type.Integer(),
    channels: Type.Array(ChannelEntry)
  }),
  run: (bus: Bus, { room }, { identity }) => {
    const channels = bus.channels.list(identity.tenant, room).map(record => channelEntryOf(record, bus.channels))
    return {
      message: `${channels.length} channels`,
      data: { room: room ?? null, total_channels: channels.length, channels }
    }
  }
})
