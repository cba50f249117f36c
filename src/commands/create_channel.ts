import { Type } from '@sinclair/typebox'
import { channelArgs } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'

export default command({
  name: 'create_channel',
  summary: 'Create a channel that stays until it is deleted.',
  role: 'admin',
  isAddressed: true,
  args: Type.Object(
    {
      ...channelArgs,
      description: Type.Optional(Type.String({ maxLength: 1024, expected: 'text of up to 1024 characters' }))
    },
    { additionalProperties: false }
  ),
  result: Type.Object({
    success: Type.Literal(true),
    room: Type.String(),
    room_id: Type.String(),
    channel: Type.String(),
    channel_id: Type.String({ description: '"room:channel"' }),
    channel_name: Type.String(),
    description: Type.String(),
    created_by: Type.String(),
    created_at: Type.String()
  }),
  run: async (bus: Bus, { room, channel, description }, caller) => {
    const record = await bus.channels.create(caller, room, channel, description ?? '')
    return {
      message: `Created ${room}:${channel}`,
      data: {
        success: true,
        room,
        room_id: room,
        channel,
        channel_id: `${room}:${channel}`,
        channel_name: channel,
        description: record.description,
        created_by: record.createdBy,
        created_at: record.createdAt
      }
    }
  }
})
