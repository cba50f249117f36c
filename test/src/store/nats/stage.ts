import type { TestContext } from 'node:test'
import type { Clock } from '../../../../src/clock.ts'
import type { StoreLimits } from '../../../../src/store/limits.ts'
import type { NatsStoreOptions } from '../../../../src/store/nats.ts'
import type { Change, Scope, Store } from '../../../../src/store/store.ts'
import { makeNatsStore } from '../../../support/nats-store.ts'

export const scope: Scope = { tenant: 'acme', namespace: 'lab' }

/** One node, and what it is told of. */
export interface Node {
  readonly store: Store
  readonly changes: readonly Change[]
}

interface OpenOptions extends Pick<NatsStoreOptions, 'answerMs'> {
  readonly limits?: Partial<StoreLimits>
  readonly clock?: Clock
}

/** An open store on the servers at an address that watches all of {@link scope}; closed when the test ends. */
export async function openNode(
  t: TestContext,
  url: string,
  { limits, clock, ...rest }: OpenOptions = {}
): Promise<Node> {
  const store = makeNatsStore(url, limits, clock, rest)
  t.after(() => store.close())
  await store.open()
  const changes: Change[] = []
  await store.watch(scope, '', change => changes.push(change))
  return { store, changes }
}

/** Changes as short texts. */
export function say(changes: readonly Change[]): string[] {
  return changes.map(({ operation, key, text }) => [operation, key, text].filter(Boolean).join(' '))
}

/** All keys of {@link scope}, as a node has them. */
export async function keysOf({ store }: Node): Promise<readonly string[]> {
  return (await store.list(scope, { prefix: '', limit: 1000 })).keys
}
