import { Type } from '@sinclair/typebox'
import { command, connectionOf } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { WatchArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.unwatch',
  summary: 'Be told no more of what `op.store.watch` named with the same prefix.',
  role: 'user',
  isSocketOnly: true,
  isSelfChecked: true,
  args: WatchArgs,
  result: Type.Object({ namespace: Type.String(), prefix: Type.String(), watching: Type.Literal(false) }),
  run: async (vault: Vault, args, caller) => {
    const watched = await vault.unwatch(args, caller, connectionOf(caller))
    return { message: 'Not watching', data: { ...watched, watching: false } }
  }
})
