import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { KeyArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.get',
  summary: 'Read the value under a key.',
  role: 'user',
  isReadOnly: true,
  isSelfChecked: true,
  args: KeyArgs,
  result: Type.Object({
    namespace: Type.String(),
    key: Type.String(),
    found: Type.Boolean(),
    value: Type.Unknown({ description: 'null when the key does not exist' }),
    version: Type.Integer({ description: '0 when the key does not exist' })
  }),
  run: async (vault: Vault, args, caller) => {
    const data = await vault.get(args, caller)
    return { message: data.found ? 'Value found' : 'No value', data }
  }
})
