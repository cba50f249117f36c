import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { ListArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.list',
  summary: 'List the keys of a namespace, sorted; many come in pages.',
  role: 'user',
  isReadOnly: true,
  isHeavy: true,
  isSelfChecked: true,
  args: ListArgs,
  result: Type.Object({
    namespace: Type.String(),
    count: Type.Integer({ description: 'How many keys this answer lists' }),
    keys: Type.Array(Type.String(), { description: 'In the order of their UTF-16 code units' }),
    next_cursor: Type.Optional(
      Type.String({ description: 'Absent: these were the last ones', examples: ['YWdlbnRzL3BsYW5uZXI'] })
    )
  }),
  run: async (vault: Vault, args, caller) => {
    const { namespace, keys, cursor } = await vault.list(args, caller)
    return { message: `${keys.length} keys`, data: { namespace, count: keys.length, keys, next_cursor: cursor } }
  }
})
