import { Type } from '@sinclair/typebox'
import { askerOf, command } from '../bus/command.ts'
import { DeliveryIdArg } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.replay',
  summary: 'Put a delivery that was given up back into the queue.',
  role: 'user',
  args: Type.Object(
    { delivery_id: DeliveryIdArg },
    { additionalProperties: false, examples: [{ delivery_id: 'whd_01890a5d-ac96-774b-bcce-b302099a8057' }] }
  ),
  result: Type.Object({ delivery_id: Type.String(), rule_id: Type.String() }),
  run: (webhooks: Webhooks, { delivery_id }, caller) => {
    const ruleId = webhooks.replay(askerOf(caller), delivery_id)
    return { message: `Queued ${delivery_id}`, data: { delivery_id, rule_id: ruleId } }
  }
})
