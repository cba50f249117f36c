import { Deadlines, type Due } from './deadlines.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { StoreStats } from './store.ts'

/** One key that is there. */
export interface Shelved extends Due {
  readonly namespace: string
  readonly key: string
  /** What the key and its value count for. */
  readonly bytes: number
}

interface Namespace<T> {
  readonly slots: Map<string, T>
  readonly keys: SortedKeys
}

/** The keys of one tenant in all its namespaces, with exact counts. It knows no time: whoever holds it says when something is due. */
export class Shelves<T extends Shelved> {
  readonly #namespaces = new Map<string, Namespace<T>>()
  readonly #deadlines = new Deadlines<T>()
  #keys = 0
  #bytes = 0

  get stats(): StoreStats {
    return { keys: this.#keys, bytes: this.#bytes }
  }

  get isEmpty(): boolean {
    return this.#keys === 0
  }

  /** When something expires next; infinity when nothing does. */
  get nextDueMs(): number {
    return this.#deadlines.first?.dueMs ?? Number.POSITIVE_INFINITY
  }

  get namespaces(): string[] {
    return [...this.#namespaces.keys()].sort()
  }

  get(namespace: string, key: string): T | undefined {
    return this.#namespaces.get(namespace)?.slots.get(key)
  }

  /** The first `count` keys with a prefix that come after another key. */
  page(namespace: string, prefix: string, after: string | undefined, count: number): string[] {
    return this.#namespaces.get(namespace)?.keys.page(prefix, after, count) ?? []
  }

  /** Puts a slot in the place of whatever is under its key. */
  set(slot: T): void {
    const { namespace, key, bytes, dueMs } = slot
    const held = this.#namespaceOf(namespace)
    const old = held.slots.get(key)
    held.slots.set(key, slot)
    if (old) this.#deadlines.delete(old)
    else held.keys.add(key)
    if (dueMs !== Number.POSITIVE_INFINITY) this.#deadlines.add(slot)
    this.#keys += old ? 0 : 1
    this.#bytes += bytes - (old?.bytes ?? 0)
  }

  /** Removes a slot that is there. */
  remove(slot: T): void {
    const { namespace, key, bytes } = slot
    const held = this.#namespaceOf(namespace)
    held.slots.delete(key)
    held.keys.delete(key)
    if (held.keys.size === 0) this.#namespaces.delete(namespace)
    this.#deadlines.delete(slot)
    this.#keys--
    this.#bytes -= bytes
  }

  /** What is due first, if it is due. */
  due(nowMs: number): T | undefined {
    const { first } = this.#deadlines
    return first !== undefined && first.dueMs <= nowMs ? first : undefined
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (const { slots } of this.#namespaces.values()) yield* slots.values()
  }

  #namespaceOf(name: string): Namespace<T> {
    let namespace = this.#namespaces.get(name)
    if (!namespace) {
      namespace = { slots: new Map(), keys: new SortedKeys() }
      this.#namespaces.set(name, namespace)
    }
    return namespace
  }
}
