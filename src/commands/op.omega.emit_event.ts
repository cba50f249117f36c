import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Source } from '../bus/draft.ts'
import type { Lane } from '../omega/lane.ts'
import { EventResult, ObjectArg, TextArg } from '../omega/schemas.ts'

export default command({
  name: 'op.omega.emit_event',
  summary: 'Have a substrate of the experimental lane signal: the lab channel is told, and the event is remembered.',
  role: 'admin',
  requireService: (lane: Lane<Source>) => lane.requireEnabled(),
  args: Type.Object(
    { substrate_id: TextArg, signal: TextArg, payload: ObjectArg },
    {
      additionalProperties: false,
      examples: [{ substrate_id: 'omega_0a1b2c3d4e5f', signal: 'spike', payload: { amplitude: 0.8 } }]
    }
  ),
  result: EventResult,
  run: async (lane: Lane<Source>, { substrate_id, signal, payload = {} }, caller) => {
    const event = await lane.emitEvent(caller, { substrateId: substrate_id, signal, payload })
    return { message: `Emitted ${event.event_id}`, data: event }
  }
})
