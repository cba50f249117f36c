import { Type } from '@sinclair/typebox'
import { command } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { DeleteArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.delete',
  summary: 'Remove a key with its value.',
  role: 'user',
  isSelfChecked: true,
  args: DeleteArgs,
  result: Type.Object({
    namespace: Type.String(),
    key: Type.String(),
    deleted: Type.Boolean({ description: 'false when the key did not exist' })
  }),
  run: async (vault: Vault, args, caller) => {
    const data = await vault.delete(args, caller)
    return { message: data.deleted ? 'Value deleted' : 'No value', data }
  }
})
