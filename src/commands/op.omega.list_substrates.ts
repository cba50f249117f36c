import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { SubstrateResult } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.list_substrates',
  summary: 'List the substrates of the experimental lane, in the order in which they were registered.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object({}, { additionalProperties: false, examples: [{}] }),
  result: Type.Object({ substrates: Type.Array(SubstrateResult), count: Type.Integer() }),
  run: (lane: Lane<Source>, _args, caller) => {
    const substrates = lane.listSubstrates(caller)
    return { message: `${substrates.length} substrates`, data: { substrates, count: substrates.length } }
  }
})
