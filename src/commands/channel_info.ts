import { Type } from '@sinclair/typebox'
import { channelArgs } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'
import { ChannelEntry, channelEntryOf } from '../bus/records.ts'
import { isoOf } from '../clock.ts'
import { whenKnown } from '../structures/eventually.ts'

/** Most members in one answer; `member_count` counts all of them. */
const MAX_MEMBERS = 1000

export default command({
  name: 'channel_info',
  summary: 'Show one channel with its members, the first 1,000 of them.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isAddressed: true,
  args: Type.Object(channelArgs, { additionalProperties: false }),
  result: Type.Composite([
    ChannelEntry,
    Type.Object({
      participants: Type.Array(Type.String(), { description: 'Client ids' }),
      members: Type.Array(
        Type.Object({
          client_id: Type.String(),
          screen_name: Type.Optional(Type.String()),
          client_type: Type.String(),
          joined_at: Type.String()
        })
      ),
      metadata: Type.Object({
        created_at: Type.String(),
        created_by: Type.String(),
        type: Type.String(),
        hardcoded: Type.Boolean(),
        auto_created: Type.Boolean(),
        description: Type.String()
      })
    })
  ]),
  run: (bus: Bus, { room, channel }, { identity }) => {
    const record = bus.channels.require(identity.tenant, room, channel)
    return whenKnown(bus.channels.presence.members(record, MAX_MEMBERS), ({ count, members }) => {
      const entry = channelEntryOf(record, count)
      return {
        message: `Channel ${room}:${channel}`,
        data: {
          ...entry,
          participants: members.map(({ client_id }) => client_id),
          members: members.map(({ joined_at_ms, ...member }) => ({ ...member, joined_at: isoOf(joined_at_ms) })),
          metadata: {
            created_at: record.createdAt,
            created_by: record.createdBy,
            type: entry.type,
            hardcoded: record.isHardcoded,
            auto_created: record.isAutoCreated,
            description: record.description
          }
        }
      }
    })
  }
})
