import { BusError } from '../errors.ts'
import type { OpenRecords, RecordListener, RecordOptions, Records } from '../structures/records.ts'
import type { StoreLimits } from './limits.ts'
import type { Change, Scope, Store } from './store.ts'

/** How many records are read at the same time. */
const READS = 64

/** Bounds of what a cluster has in common: far beyond what the bounds of its parts allow together. */
export const RECORD_LIMITS: StoreLimits = {
  maxStoreKeys: 100_000_000,
  maxStoreKeyBytes: 1_024,
  maxStoreValueBytes: 1024 * 1024,
  maxStoreBytes: 1024 ** 4,
  maxStoreTtlSeconds: 400 * 24 * 60 * 60,
  maxStorePage: 1_000
}

/** How many ids are listed at a time. */
export const RECORD_PAGE = RECORD_LIMITS.maxStorePage

/** Records in a store of their own, one namespace for each kind. What several nodes have in common is what their stores have. */
export function createRecords(store: Store, pageSize: number): OpenRecords {
  return kind => new StoredRecords(store, { tenant: 'cluster', namespace: kind }, pageSize)
}

class StoredRecords implements Records {
  readonly #store: Store
  readonly #scope: Scope
  readonly #pageSize: number

  constructor(store: Store, scope: Scope, pageSize: number) {
    this.#store = store
    this.#scope = scope
    this.#pageSize = pageSize
  }

  async follow(take: RecordListener): Promise<void> {
    // What changes while the records are read comes after what was read, and only if it is newer.
    let waiting: Change[] | undefined = []
    await this.#store.watch(this.#scope, '', change => {
      if (waiting) waiting.push(change)
      else take(change.key, change.text)
    })
    const versions = new Map<string, number>()
    let cursor: string | undefined
    do {
      const page = await this.#store.list(this.#scope, { prefix: '', cursor, limit: this.#pageSize })
      for (let start = 0; start < page.keys.length; start += READS)
        await Promise.all(page.keys.slice(start, start + READS).map(id => this.#read(id, versions, take)))
      cursor = page.cursor
    } while (cursor !== undefined)
    for (const { key, version, text } of waiting) if (version > (versions.get(key) ?? 0)) take(key, text)
    waiting = undefined
  }

  async create(id: string, text: string, options: RecordOptions = {}): Promise<boolean> {
    return isWritten(this.#store.put(this.#scope, id, text, { ...options, ifVersion: 0 }))
  }

  async put(id: string, text: string, options: RecordOptions = {}): Promise<void> {
    await this.#store.put(this.#scope, id, text, options)
  }

  async update(
    id: string,
    change: (text: string | undefined) => string | undefined,
    options: RecordOptions = {}
  ): Promise<boolean> {
    for (;;) {
      const item = await this.#store.get(this.#scope, id)
      const text = change(item?.text)
      if (text === undefined) return false
      const written = this.#store.put(this.#scope, id, text, { ...options, ifVersion: item?.version ?? 0 })
      if (await isWritten(written)) return true
    }
  }

  async delete(id: string, isMeant?: (text: string) => boolean): Promise<boolean> {
    if (isMeant === undefined) return this.#store.delete(this.#scope, id)
    for (;;) {
      const item = await this.#store.get(this.#scope, id)
      if (item === undefined || !isMeant(item.text)) return false
      if (await isWritten(this.#store.delete(this.#scope, id, { ifVersion: item.version }))) return true
    }
  }

  async #read(id: string, versions: Map<string, number>, take: RecordListener): Promise<void> {
    const item = await this.#store.get(this.#scope, id)
    if (!item) return
    versions.set(id, item.version)
    take(id, item.text)
  }
}

/** False when somebody else has come first. */
async function isWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (error instanceof BusError && error.code === 'CONFLICT') return false
    throw error
  }
}
