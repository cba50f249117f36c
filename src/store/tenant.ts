import { BusError } from '../errors.ts'
import { Deadlines, type Due } from './deadlines.ts'
import { bytesOf, exceeded, type StoreLimits } from './limits.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { Change, StoreStats } from './store.ts'

/** One key with its value. */
export interface Slot extends Due {
  readonly namespace: string
  readonly key: string
  readonly text: string
  readonly version: number
  readonly bytes: number
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

interface Namespace {
  readonly slots: Map<string, Slot>
  readonly keys: SortedKeys
}

/** Everything that one tenant keeps, with exact counts. It knows no time: whoever holds it says when something is due. */
export class TenantStore {
  readonly name: string
  readonly #limits: StoreLimits
  readonly #namespaces = new Map<string, Namespace>()
  readonly #deadlines = new Deadlines<Slot>()
  #keys = 0
  #bytes = 0
  #version: number

  /** @param version every version is greater than this one */
  constructor(name: string, limits: StoreLimits, version: number) {
    this.name = name
    this.#limits = limits
    this.#version = version
  }

  get stats(): StoreStats {
    return { keys: this.#keys, bytes: this.#bytes }
  }

  get isEmpty(): boolean {
    return this.#keys === 0
  }

  /** The newest version that was given out. */
  get version(): number {
    return this.#version
  }

  /** When something expires next; infinity when nothing does. */
  get nextDueMs(): number {
    return this.#deadlines.first?.dueMs ?? Number.POSITIVE_INFINITY
  }

  get namespaces(): string[] {
    return [...this.#namespaces.keys()].sort()
  }

  get(namespace: string, key: string): Slot | undefined {
    return this.#namespaces.get(namespace)?.slots.get(key)
  }

  /** The first `count` keys with a prefix that come after another key. */
  page(namespace: string, prefix: string, after: string | undefined, count: number): string[] {
    return this.#namespaces.get(namespace)?.keys.page(prefix, after, count) ?? []
  }

  /** @throws {BusError} CONFLICT; LIMIT_EXCEEDED naming the bounds of the tenant that would be passed */
  put(namespace: string, key: string, { text, dueMs, ifVersion }: SlotParts): PlacedChange {
    const old = this.get(namespace, key)
    checkVersion(old, ifVersion)
    const bytes = bytesOf(key, text)
    this.#checkQuotas(old, bytes)
    const slot: Slot = { namespace, key, text, version: ++this.#version, bytes, dueMs, place: -1 }
    const held = this.#namespaceOf(namespace)
    held.slots.set(key, slot)
    if (old) this.#deadlines.delete(old)
    else held.keys.add(key)
    if (dueMs !== Number.POSITIVE_INFINITY) this.#deadlines.add(slot)
    this.#keys += old ? 0 : 1
    this.#bytes += bytes - (old?.bytes ?? 0)
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
    for (let slot = this.#deadlines.first; slot !== undefined && slot.dueMs <= nowMs; slot = this.#deadlines.first) {
      changes.push(this.#remove(slot, 'expire'))
    }
    return changes
  }

  #remove(slot: Slot, operation: 'delete' | 'expire'): PlacedChange {
    const { namespace, key, bytes } = slot
    const held = this.#namespaceOf(namespace)
    held.slots.delete(key)
    held.keys.delete(key)
    if (held.keys.size === 0) this.#namespaces.delete(namespace)
    this.#deadlines.delete(slot)
    this.#keys--
    this.#bytes -= bytes
    return { namespace, key, operation, version: ++this.#version, text: undefined }
  }

  #namespaceOf(name: string): Namespace {
    let namespace = this.#namespaces.get(name)
    if (!namespace) {
      namespace = { slots: new Map(), keys: new SortedKeys() }
      this.#namespaces.set(name, namespace)
    }
    return namespace
  }

  #checkQuotas(old: Slot | undefined, bytes: number): void {
    const { maxStoreKeys, maxStoreBytes } = this.#limits
    const bounds: string[] = []
    if (!old && this.#keys >= maxStoreKeys) bounds.push(`a tenant can have ${maxStoreKeys} stored keys`)
    if (this.#bytes - (old?.bytes ?? 0) + bytes > maxStoreBytes)
      bounds.push(`a tenant can have ${maxStoreBytes} bytes of keys and values`)
    if (bounds.length > 0) throw exceeded(...bounds)
  }
}

function checkVersion(slot: Slot | undefined, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === (slot?.version ?? 0)) return
  const message = slot ? `The key is at version ${slot.version}` : 'The key does not exist'
  throw new BusError('CONFLICT', { message })
}
