import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { RuleEntrySchema } from '../webhooks/records.ts'
import { RuleIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.get',
  summary: 'Show one webhook, with what became of its deliveries.',
  role: 'user',
  isReadOnly: true,
  args: Type.Object(
    { rule_id: RuleIdArg },
    { additionalProperties: false, examples: [{ rule_id: 'wh_0a1b2c3d4e5f' }] }
  ),
  result: RuleEntrySchema,
  run: (webhooks: Webhooks, { rule_id }, caller) => {
    const rule = webhooks.get(askerOf(caller), rule_id)
    return { message: `${rule_id} is ${rule.state}`, data: rule }
  }
})
