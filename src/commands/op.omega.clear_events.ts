import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { filterArgs, filterResults } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.clear_events',
  summary: 'Forget events of the experimental lane: all, or those of a substrate, a signal, or both.',
  role: 'admin',
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object(filterArgs, { additionalProperties: false, examples: [{ signal: 'spike' }] }),
  result: Type.Object({ removed_count: Type.Integer(), remaining_count: Type.Integer(), ...filterResults }),
  run: async (lane: Lane<Source>, { substrate_id, signal }, caller) => {
    const { removed, remaining } = await lane.clearEvents(caller, { substrateId: substrate_id, signal })
    return {
      message: `Forgot ${removed} events`,
      data: {
        removed_count: removed,
        remaining_count: remaining,
        substrate_id: substrate_id ?? null,
        signal: signal ?? null
      }
    }
  }
})
