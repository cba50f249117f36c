import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { AttemptSchema } from '../webhooks/records.ts'
import { RuleIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.deliveries',
  summary: 'List the last attempts to deliver to a webhook, the newest first.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  args: Type.Object(
    { rule_id: RuleIdArg },
    { additionalProperties: false, examples: [{ rule_id: 'wh_0a1b2c3d4e5f' }] }
  ),
  result: Type.Object({ rule_id: Type.String(), deliveries: Type.Array(AttemptSchema), count: Type.Integer() }),
  run: (webhooks: Webhooks, { rule_id }, caller) => {
    const deliveries = webhooks.deliveries(askerOf(caller), rule_id)
    return { message: `${deliveries.length} attempts`, data: { rule_id, deliveries, count: deliveries.length } }
  }
})
