import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { RuleIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.unregister',
  summary: 'Remove a webhook, with what waits for it and what was given up.',
  role: 'user',
  args: Type.Object(
    { rule_id: RuleIdArg },
    { additionalProperties: false, examples: [{ rule_id: 'wh_0a1b2c3d4e5f' }] }
  ),
  result: Type.Object({ rule_id: Type.String() }),
  run: async (webhooks: Webhooks, { rule_id }, caller) => {
    await webhooks.unregister(askerOf(caller), rule_id)
    return { message: `Removed ${rule_id}`, data: { rule_id } }
  }
})
