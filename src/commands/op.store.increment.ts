import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { IncrementArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.increment',
  summary: 'Add to the integer under a key, in one step.',
  role: 'user',
  isSelfChecked: true,
  args: IncrementArgs,
  result: Type.Object({
    namespace: Type.String(),
    key: Type.String(),
    value: Type.Integer({ description: 'The sum' }),
    version: Type.Integer()
  }),
  run: async (vault: Vault, args, caller) => {
    const data = await vault.increment(args, caller)
    return { message: `Value is ${data.value}`, data }
  }
})
