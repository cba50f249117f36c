import { Type } from '@sinclair/typebox'
import { hasRole } from '../auth/roles.ts'
import { type Archive, EntrySchema, entryOf } from '../bus/archive.ts'
import { limitArg, NameArg, TimeArg } from '../bus/arguments.ts'
import { command } from '../bus/command.ts'
import { BusError } from '../errors.ts'
import { findRegression } from '../history/replay.ts'

export default command({
  name: 'op.history.replay',
  aliases: ['history.replay'],
  summary:
    'Read the stored envelopes of a window of time, oldest first, and check that senders numbered them in order.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isAddressed: true,
  args: Type.Object(
    {
      room: Type.Optional(NameArg),
      channel: Type.Optional(NameArg),
      from_ts: TimeArg,
      to_ts: TimeArg,
      limit: limitArg(1000, 5000),
      strict_sequence: Type.Optional(Type.Boolean({ default: true, expected: 'true or false' }))
    },
    { additionalProperties: false }
  ),
  result: Type.Object({
    entries: Type.Array(EntrySchema),
    count: Type.Integer(),
    room: Type.Union([Type.String(), Type.Null()]),
    channel: Type.Union([Type.String(), Type.Null()]),
    from_ts: Type.String(),
    to_ts: Type.String(),
    limit: Type.Integer(),
    strict_sequence: Type.Boolean(),
    latency_ms: Type.Number({ description: 'How long reading took' })
  }),
  run: async (archive: Archive, args, caller) => {
    const { room, channel, from_ts, to_ts, limit = 1000, strict_sequence = true } = args
    if (room === undefined && channel !== undefined) {
      throw new BusError('VALIDATION_ERROR', { faults: ['room: is required with a channel'] })
    }
    if (room === undefined && !hasRole(caller.identity.role, 'admin')) {
      throw new BusError('AUTHORIZATION_ERROR', { message: 'History without a room needs the role admin' })
    }
    const fromMs = Date.parse(from_ts)
    const toMs = Date.parse(to_ts)
    if (fromMs > toMs) throw new BusError('VALIDATION_ERROR', { faults: ['to_ts: must not be before from_ts'] })
    const startMs = archive.monotonic()
    const { publications } = await archive.read(
      caller,
      { room, channel },
      { afterMs: fromMs - 1, beforeMs: toMs + 1, limit, keep: 'oldest' }
    )
    if (strict_sequence && findRegression(publications)) {
      throw new BusError('VALIDATION_ERROR', { faults: ['Sequence regression detected in replay window'] })
    }
    const entries = publications.map(publication => entryOf(publication, archive.backend))
    return {
      message: `${entries.length} entries`,
      data: {
        entries,
        count: entries.length,
        room: room ?? null,
        channel: channel ?? null,
        from_ts,
        to_ts,
        limit,
        strict_sequence,
        latency_ms: Math.round((archive.monotonic() - startMs) * 1000) / 1000
      }
    }
  }
})
