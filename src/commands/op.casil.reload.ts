import { command } from '../bus/command.ts'
import type { Gate } from '../bus/gate.ts'
import { PolicyChangesSchema, PublicPolicySchema, toPublicPolicy } from '../casil/policy.ts'

export default command({
  name: 'op.casil.reload',
  summary: 'Change any part of the policy, whole or not at all; it applies from the next message on.',
  role: 'admin',
  isSelfChecked: true,
  args: PolicyChangesSchema,
  result: PublicPolicySchema,
  run: async (gate: Gate, changes, caller) => ({
    message: 'CASIL policy reloaded',
    data: toPublicPolicy(await gate.reload(changes, caller))
  })
})
