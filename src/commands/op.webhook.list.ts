import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { RuleEntrySchema } from '../webhooks/records.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.list',
  summary: 'List your webhooks, as an admin those of the tenant, with what became of their deliveries.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  args: Type.Object({}, { additionalProperties: false, examples: [{}] }),
  result: Type.Object({ rules: Type.Array(RuleEntrySchema), count: Type.Integer() }),
  run: (webhooks: Webhooks, _args, caller) => {
    const rules = webhooks.list(askerOf(caller))
    return { message: `${rules.length} webhooks`, data: { rules, count: rules.length } }
  }
})
