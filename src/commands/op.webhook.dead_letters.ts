import { Type } from '@sinclair/typebox'
import { limitArg } from '../bus/arguments.ts'
import { askerOf, command } from '../bus/command.ts'
import { DeadLetterSchema } from '../webhooks/records.ts'
import { RuleIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

/** Most dead letters in one answer. */
const MAX_DEAD_LETTERS = 1000

export default command({
  name: 'op.webhook.dead_letters',
  summary: 'List the deliveries that were given up, of one webhook or of all that you may see, the newest first.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  args: Type.Object(
    { rule_id: Type.Optional(RuleIdArg), limit: limitArg(100, MAX_DEAD_LETTERS) },
    { additionalProperties: false, examples: [{ rule_id: 'wh_0a1b2c3d4e5f', limit: 20 }] }
  ),
  result: Type.Object({
    dead_letters: Type.Array(DeadLetterSchema),
    count: Type.Integer(),
    total: Type.Integer({ description: 'How many there are altogether' })
  }),
  run: (webhooks: Webhooks, { rule_id, limit = 100 }, caller) => {
    const all = webhooks.deadLetters(askerOf(caller), rule_id)
    const page = all.slice(0, limit)
    return {
      message: `${page.length} dead letters`,
      data: { dead_letters: page, count: page.length, total: all.length }
    }
  }
})
