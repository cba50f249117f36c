import { Type } from '@sinclair/typebox'
import { limitArg } from '../bus/arguments.ts'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { EventResult, filterArgs, filterResults } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.list_events',
  summary: 'List the newest events of the experimental lane, oldest first.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object(
    { limit: limitArg(50, 1000), ...filterArgs },
    {
      additionalProperties: false,
      examples: [{ limit: 10, substrate_id: 'omega_0a1b2c3d4e5f', signal: 'spike' }]
    }
  ),
  result: Type.Object({
    events: Type.Array(EventResult, { description: 'Fewer than `limit` where they would be too much text.' }),
    count: Type.Integer(),
    limit: Type.Integer(),
    ...filterResults
  }),
  run: (lane: Lane<Source>, { limit = 50, substrate_id, signal }, caller) => {
    const events = lane.listEvents(caller, { substrateId: substrate_id, signal }, limit)
    return {
      message: `${events.length} events`,
      data: { events, count: events.length, limit, substrate_id: substrate_id ?? null, signal: signal ?? null }
    }
  }
})
