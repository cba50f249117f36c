import { isAdminOfAll } from '../auth/identity.ts'
import { command } from '../bus/command.ts'
import type { Gate } from '../bus/gate.ts'
import { PolicyChangesSchema, PublicPolicySchema, toPublicPolicy } from '../casil/policy.ts'
import { BusError } from '../errors.ts'

export default command({
  name: 'op.casil.reload',
  summary:
    'Change any part of the policy, whole or not at all; it applies from the next message on, in all tenants. Not for admins of one tenant.',
  role: 'admin',
  isSelfChecked: true,
  args: PolicyChangesSchema,
  result: PublicPolicySchema,
  run: async (gate: Gate, changes, caller) => {
    if (!isAdminOfAll(caller.identity))
      throw new BusError('AUTHORIZATION_ERROR', {
        message: 'The policy is of all tenants: only a superadmin, or an admin without a tenant, changes it'
      })
    return { message: 'CASIL policy reloaded', data: toPublicPolicy(await gate.reload(changes, caller)) }
  }
})
