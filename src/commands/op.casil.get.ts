import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Gate } from '../bus/gate.ts'
import { PublicPolicySchema, toPublicPolicy } from '../casil/policy.ts'

export default command({
  name: 'op.casil.get',
  summary: 'Show the policy by which contents are inspected.',
  role: 'user',
  isReadOnly: true,
  args: Type.Object({}, { additionalProperties: false }),
  result: PublicPolicySchema,
  run: (gate: Gate) => ({ message: 'CASIL policy', data: toPublicPolicy(gate.policy) })
})
