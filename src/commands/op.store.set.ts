import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { SetArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.set',
  summary: 'Store a value under a key, for as long as is said or until it is deleted.',
  role: 'user',
  isContentExempt: true,
  isSelfChecked: true,
  args: SetArgs,
  result: Type.Object({
    namespace: Type.String(),
    key: Type.String(),
    updated: Type.Literal(true),
    version: Type.Integer({ description: 'Greater than every earlier one of the key' })
  }),
  run: async (vault: Vault, args, caller) => {
    const { namespace, key, version } = await vault.set(args, caller)
    return { message: 'Value stored', data: { namespace, key, updated: true, version } }
  }
})
