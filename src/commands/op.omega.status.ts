import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'

export default command({
  name: 'op.omega.status',
  summary: 'Show whether the experimental lane is on, and what the tenant has in it.',
  role: 'user',
  isReadOnly: true,
  args: Type.Object({}, { additionalProperties: false, examples: [{}] }),
  result: Type.Object({
    enabled: Type.Boolean(),
    lab_room: Type.String(),
    lab_channel: Type.String({ description: 'Where members are told of events.' }),
    max_events: Type.Integer({ description: 'Beyond it the oldest event is forgotten.' }),
    max_substrates: Type.Integer(),
    substrate_count: Type.Integer(),
    event_count: Type.Integer(),
    runtime: Type.Literal('memory')
  }),
  run: (lane: Lane<Source>, _args, caller) => {
    const status = lane.status(caller)
    return { message: `Tier-Omega is ${status.enabled ? 'enabled' : 'disabled'}`, data: status }
  }
})
