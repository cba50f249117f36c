import { Type } from '@sinclair/typebox'
import { command, connectionOf } from '../bus/command.ts'
import type { Vault } from '../bus/vault.ts'
import { WatchArgs } from '../store/arguments.ts'

export default command({
  name: 'op.store.watch',
  summary: 'Be told of every change of the keys with a prefix, until the connection ends.',
  role: 'user',
  isSocketOnly: true,
  isSelfChecked: true,
  args: WatchArgs,
  result: Type.Object({ namespace: Type.String(), prefix: Type.String(), watching: Type.Literal(true) }),
  run: async (vault: Vault, args, caller) => {
    const watched = await vault.watch(args, caller, connectionOf(caller))
    return { message: 'Watching', data: { ...watched, watching: true } }
  }
})
