import { rightsOf } from '../auth/capabilities.ts'
import { askerOf, command } from '../bus/command.ts'
import { BusError } from '../errors.ts'
import { targetOf } from '../protocol/address.ts'
import { RuleSchema } from '../webhooks/records.ts'
import { RegisterSchema } from '../webhooks/request.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export default command({
  name: 'op.webhook.register',
  summary: 'Have every message and event of a channel, a room or the whole tenant posted to a URL.',
  role: 'user',
  isAddressed: true,
  isContentExempt: true,
  isSelfChecked: true,
  args: RegisterSchema,
  result: RuleSchema,
  run: async (webhooks: Webhooks, args, caller) => {
    const { connection, identity } = caller
    const lifetime = args.lifetime ?? (connection ? 'connection' : 'tenant')
    if (!connection && lifetime === 'connection')
      throw new BusError('VALIDATION_ERROR', { faults: ['lifetime: must be "tenant" where there is no connection'] })
    // What belongs to a connection follows its token when that is renewed.
    const owner = connection && lifetime === 'connection' ? connection : { identity }
    const rule = await webhooks.register(
      askerOf(caller),
      { ...args, lifetime },
      {
        mayRead: (room, channel) => owner.identity.capabilities.maySubscribe(targetOf(room, channel)),
        rights: () => rightsOf(owner.identity.capabilities)
      }
    )
    return { message: `Registered ${rule.rule_id}`, data: rule }
  }
})
