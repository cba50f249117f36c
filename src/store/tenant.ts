import { BusError } from '../errors.ts'
import { bytesOf, checkQuotas, type StoreLimits } from './limits.ts'
import { type Shelved, Shelves } from './shelves.ts'
import type { Change, StoreStats } from './store.ts'

/** One key with its value. */
export interface Slot extends Shelved {
  readonly text: string
  readonly version: number
}

/** A change and where it happened. */
export interface PlacedChange extends Change {
  readonly namespace: string
}

/** What is written. */
export interface SlotParts {
  readonly text: string
  /** Infinity for what does not expire. */
  readonly dueMs: number
  readonly ifVersion: number | undefined
}

/** Everything that one tenant keeps, with exact counts. It knows no time: whoever holds it says when something is due. */
export class TenantStore {
  readonly name: string
  readonly #limits: StoreLimits
  readonly #shelves = new Shelves<Slot>()
  #version: number

  /** @param version every version is greater than this one */
  constructor(name: string, limits: StoreLimits, version: number) {
    this.name = name
    this.#limits = limits
    this.#version = version
  }

  get stats(): StoreStats {
    return this.#shelves.stats
  }

  get isEmpty(): boolean {
    return this.#shelves.isEmpty
  }

  /** The newest version that was given out. */
  get version(): number {
    return this.#version
  }

  /** When something expires next; infinity when nothing does. */
  get nextDueMs(): number {
    return this.#shelves.nextDueMs
  }

  get namespaces(): string[] {
    return this.#shelves.namespaces
  }

  get(namespace: string, key: string): Slot | undefined {
    return this.#shelves.get(namespace, key)
  }

  /** The first `count` keys with a prefix that come after another key. */
  page(namespace: string, prefix: string, after: string | undefined, count: number): string[] {
    return this.#shelves.page(namespace, prefix, after, count)
  }

  /** @throws {BusError} CONFLICT; LIMIT_EXCEEDED naming the bounds of the tenant that would be passed */
  put(namespace: string, key: string, { text, dueMs, ifVersion }: SlotParts): PlacedChange {
    const old = this.get(namespace, key)
    checkVersion(old, ifVersion)
    const bytes = bytesOf(key, text)
    checkQuotas(this.#limits, this.stats, { keys: old ? 0 : 1, bytes: bytes - (old?.bytes ?? 0) })
    const slot: Slot = { namespace, key, text, version: ++this.#version, bytes, dueMs, place: -1 }
    this.#shelves.set(slot)
    return { namespace, key, operation: 'set', version: slot.version, text }
  }

  /** Undefined when the key is not there. @throws {BusError} CONFLICT */
  delete(namespace: string, key: string, ifVersion: number | undefined): PlacedChange | undefined {
    const slot = this.get(namespace, key)
    checkVersion(slot, ifVersion)
    return slot && this.#remove(slot, 'delete')
  }

  /** Removes what is due. */
  expire(nowMs: number): PlacedChange[] {
    const changes: PlacedChange[] = []
    for (let slot = this.#shelves.due(nowMs); slot !== undefined; slot = this.#shelves.due(nowMs)) {
      changes.push(this.#remove(slot, 'expire'))
    }
    return changes
  }

  #remove(slot: Slot, operation: 'delete' | 'expire'): PlacedChange {
    this.#shelves.remove(slot)
    const { namespace, key } = slot
    return { namespace, key, operation, version: ++this.#version, text: undefined }
  }
}

/** @param present what is under the key now. @throws {BusError} CONFLICT when it is not at `ifVersion` */
export function checkVersion(present: { readonly version: number } | undefined, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === (present?.version ?? 0)) return
  const message = present ? `The key is at version ${present.version}` : 'The key does not exist'
  throw new BusError('CONFLICT', { message })
}
