import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { StoreLimits } from '../../src/store/limits.ts'
import type { Change, Scope, Store } from '../../src/store/store.ts'
import { until } from '../support/until.ts'

/** A store that is not open yet, and the way to let time pass for it. */
export interface MadeStore {
  readonly store: Store
  /** Resolves when at least so many milliseconds have passed for the store. */
  pass(ms: number): Promise<void>
}

/** Makes a store with the bounds given, and else those of the configuration. Several may live at a time; the contract closes each. */
export type MakeStore = (limits?: Partial<StoreLimits>) => Promise<MadeStore>

/** An open store, in a tenant that no other test uses. */
export class StoreStage {
  readonly store: Store
  readonly pass: MadeStore['pass']
  readonly tenant = `t-${randomUUID()}`
  /** Where keys live unless a test says otherwise. */
  readonly scope: Scope = { tenant: this.tenant, namespace: 'lab' }

  constructor({ store, pass }: MadeStore) {
    this.store = store
    this.pass = pass
  }

  /** Writes a value that is its own key, or the text given. */
  put(
    key: string,
    text: string = JSON.stringify(key)
  ): Promise<{ readonly version: number; readonly created: boolean }> {
    return this.store.put(this.scope, key, text)
  }

  async textOf(key: string): Promise<string | undefined> {
    return (await this.store.get(this.scope, key))?.text
  }

  /** All keys, page by page. */
  async keys(prefix = '', limit = 1000): Promise<string[][]> {
    const pages: string[][] = []
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await this.store.list(this.scope, { prefix, cursor, limit })
      pages.push([...page.keys])
      cursor = page.cursor
    }
    return pages
  }

  /** Watches, and writes down what is told. */
  async watch(prefix = '', scope: Scope = this.scope): Promise<Watched> {
    const changes: Change[] = []
    const stop = await this.store.watch(scope, prefix, change => changes.push(change))
    return { changes, stop }
  }

  /**
   * Changes a key that begins with the prefix and waits until a watcher of it is told: nothing that happened to the namespace earlier
   * can still come, so silence is proved without waiting for time to pass.
   */
  async flush(watched: Watched, prefix = ''): Promise<void> {
    const key = `${prefix}${randomUUID()}`
    await this.put(key)
    await until(`${key} is told`, () => watched.changes.some(change => change.key === key))
    watched.changes.splice(watched.changes.findIndex(change => change.key === key))
  }
}

/** A running watch and what it was told. */
export interface Watched {
  readonly changes: Change[]
  readonly stop: () => void
}

/** A stage that is torn down with the test. */
export async function setStore(
  t: TestContext,
  make: MakeStore,
  limits: Partial<StoreLimits> = {}
): Promise<StoreStage> {
  const made = await make(limits)
  t.after(() => made.store.close())
  await made.store.open()
  return new StoreStage(made)
}
