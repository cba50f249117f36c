import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { ObjectArg, SubstrateResult, TextArg } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.register_substrate',
  summary: 'Register a substrate, something that signals, in the experimental lane.',
  role: 'admin',
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object(
    { name: TextArg, kind: TextArg, metadata: ObjectArg },
    { additionalProperties: false, examples: [{ name: 'reservoir', kind: 'simulated', metadata: { cells: 64 } }] }
  ),
  result: Type.Pick(SubstrateResult, ['substrate_id', 'name', 'kind', 'created_at']),
  run: async (lane: Lane<Source>, { name, kind, metadata = {} }, caller) => {
    const { substrate_id, created_at } = await lane.registerSubstrate(caller, { name, kind, metadata })
    return { message: `Registered ${substrate_id}`, data: { substrate_id, name, kind, created_at } }
  }
})
