import { Type } from '@sinclair/typebox'
import { limitArg, NameArg } from '../bus/arguments.ts'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'
import { ChannelEntry, channelEntryOf, idOf } from '../bus/records.ts'
import { whenKnown } from '../structures/eventually.ts'

/** Most channels in one answer. */
const MAX_CHANNELS = 1000

export default command({
  name: 'list_channels',
  summary: 'List the channels of a room, or of all rooms, by name; more than 1,000 come in pages.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isAddressed: true,
  args: Type.Object(
    {
      room: Type.Optional(NameArg),
      limit: limitArg(MAX_CHANNELS, MAX_CHANNELS),
      cursor: Type.Optional(
        Type.String({
          maxLength: 129,
          expected: 'the `next_cursor` of an answer',
          description: 'Where to go on',
          examples: ['science:explore']
        })
      )
    },
    { additionalProperties: false }
  ),
  result: Type.Object({
    room: Type.Union([Type.String(), Type.Null()]),
    total_channels: Type.Integer({ description: 'How many there are altogether' }),
    channels: Type.Array(ChannelEntry),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'null: these were the last ones',
      examples: ['science:explore']
    })
  }),
  run: (bus: Bus, { room, limit = MAX_CHANNELS, cursor }, { identity }) => {
    const all = bus.channels.list(identity.tenant, room)
    const rest = cursor === undefined ? all : all.slice(all.findIndex(record => idOf(record) === cursor) + 1)
    const page = rest.slice(0, limit)
    const last = page.at(-1)
    return whenKnown(bus.channels.presence.counts(page), counts => ({
      message: `${page.length} channels`,
      data: {
        room: room ?? null,
        total_channels: all.length,
        channels: page.map((record, index) => channelEntryOf(record, counts[index] ?? 0)),
        next_cursor: last !== undefined && page.length < rest.length ? idOf(last) : null
      }
    }))
  }
})
