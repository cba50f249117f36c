import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { TextArg } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.unregister_substrate',
  summary: 'Remove a substrate of the experimental lane, and its events.',
  role: 'admin',
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object(
    { substrate_id: TextArg },
    { additionalProperties: false, examples: [{ substrate_id: 'omega_0a1b2c3d4e5f' }] }
  ),
  result: Type.Object({
    removed: Type.Literal(true),
    substrate_id: Type.String(),
    name: Type.String({ examples: ['reservoir'] }),
    kind: Type.String(),
    removed_events: Type.Integer({ description: 'How many events went with it.' })
  }),
  run: async (lane: Lane<Source>, { substrate_id }, caller) => {
    const { substrate, removedEvents } = await lane.unregisterSubstrate(caller, substrate_id)
    const { name, kind } = substrate
    return {
      message: `Unregistered ${substrate_id}`,
      data: { removed: true, substrate_id, name, kind, removed_events: removedEvents }
    }
  }
})
