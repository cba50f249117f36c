import { Type } from '@sinclair/typebox'
import { hasRole } from '../auth/roles.ts'
import { type Archive, EntrySchema, entryOf } from '../bus/archive.ts'
import { limitArg, momentOf, NameArg, TimeArg } from '../bus/arguments.ts'
import { command } from '../bus/command.ts'
import { BusError } from '../errors.ts'

export default command({
  name: 'op.history.get',
  aliases: ['history.get'],
  summary: 'Read stored envelopes of a channel, a room or, for admins, the tenant, newest first.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isAddressed: true,
  args: Type.Object(
    {
      room: Type.Optional(NameArg),
      channel: Type.Optional(NameArg),
      since: Type.Optional(TimeArg),
      until: Type.Optional(TimeArg),
      limit: limitArg(100, 1000)
    },
    { additionalProperties: false }
  ),
  result: Type.Object({
    entries: Type.Array(EntrySchema),
    count: Type.Integer(),
    room: Type.Union([Type.String(), Type.Null()]),
    channel: Type.Union([Type.String(), Type.Null()]),
    since: Type.Union([Type.String(), Type.Null()]),
    until: Type.Union([Type.String(), Type.Null()]),
    limit: Type.Integer()
  }),
  run: async (archive: Archive, { room, channel, since, until, limit = 100 }, caller) => {
    if (room === undefined && channel !== undefined) {
      throw new BusError('VALIDATION_ERROR', { faults: ['room: is required with a channel'] })
    }
    if (room === undefined && !hasRole(caller.identity.role, 'admin')) {
      throw new BusError('AUTHORIZATION_ERROR', { message: 'History without a room needs the role admin' })
    }
    const afterMs = momentOf(since)
    const beforeMs = momentOf(until)
    const { publications } = await archive.read(
      caller,
      { room, channel },
      {
        limit,
        keep: 'newest',
        ...(afterMs === undefined ? {} : { afterMs }),
        ...(beforeMs === undefined ? {} : { beforeMs })
      }
    )
    const entries = publications.map(publication => entryOf(publication, archive.backend)).reverse()
    return {
      message: `${entries.length} entries`,
      data: {
        entries,
        count: entries.length,
        room: room ?? null,
        channel: channel ?? null,
        since: since ?? null,
        until: until ?? null,
        limit
      }
    }
  }
})
