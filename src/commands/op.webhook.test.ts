import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { TestSchema } from '../webhooks/records.ts'
import { RuleIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.test',
  summary: 'Post a sample to a webhook, once and at once, and say how that went.',
  role: 'user',
  isHeavy: true,
  args: Type.Object(
    { rule_id: RuleIdArg },
    { additionalProperties: false, examples: [{ rule_id: 'wh_0a1b2c3d4e5f' }] }
  ),
  result: TestSchema,
  run: async (webhooks: Webhooks, { rule_id }, caller) => {
    const data = await webhooks.test(askerOf(caller), rule_id)
    return { message: `${data.outcome} after ${data.duration_ms} ms`, data }
  }
})
