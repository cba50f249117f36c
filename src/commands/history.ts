import { Type } from '@sinclair/typebox'
import { type Archive, SummarySchema, summaryOf } from '../bus/archive.ts'
import { limitArg, momentOf, NameArg } from '../bus/arguments.ts'
import { command } from '../bus/command.ts'
import type { HistoryQuery } from '../protocol/history.ts'

const SinceArg = Type.Unsafe<string | number>({
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^[0-9]{1,15}$' },
    { type: 'string', format: 'date-time' }
  ],
  expected: 'a sequence, or an ISO 8601 date and time with Z or an offset',
  description: 'Only what is newer than this sequence (of one channel) or moment'
})

export default command({
  name: 'history',
  summary: 'Show the latest messages of a channel, or of a room with all its channels, oldest first.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isAddressed: true,
  args: Type.Object(
    { room: NameArg, channel: Type.Optional(NameArg), limit: limitArg(50, 500), since: Type.Optional(SinceArg) },
    { additionalProperties: false }
  ),
  result: Type.Object({
    room: Type.String(),
    channel: Type.Union([Type.String(), Type.Null()]),
    limit: Type.Integer(),
    count: Type.Integer(),
    total_messages: Type.Integer({ description: 'How many messages the history holds' }),
    history: Type.Array(SummarySchema),
    messages: Type.Array(SummarySchema, { description: 'The same list' })
  }),
  run: async (archive: Archive, { room, channel, limit = 50, since }, caller) => {
    const query: HistoryQuery = { ...startOf(since), limit, keep: 'newest' }
    const { publications, total } = await archive.read(caller, { room, channel }, query)
    const history = publications.map(summaryOf)
    return {
      message: `${history.length} messages`,
      data: {
        room,
        channel: channel ?? null,
        limit,
        count: history.length,
        total_messages: total,
        history,
        messages: history
      }
    }
  }
})

function startOf(since: string | number | undefined): Partial<HistoryQuery> {
  if (since === undefined) return {}
  if (typeof since === 'number' || /^\d+$/.test(since)) return { afterSequence: Number(since) }
  const afterMs = momentOf(since)
  return afterMs === undefined ? {} : { afterMs }
}
