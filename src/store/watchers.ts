import { Ring } from '../structures/ring.ts'
import type { Change, ChangeListener, Scope } from './store.ts'

interface Watcher {
  readonly prefix: string
  readonly listener: ChangeListener
}

interface Untold {
  readonly place: string
  readonly change: Change
}

/** Who is told of what happens to keys. */
export class Watchers {
  /** Map( tenant and namespace -> watchers ) */
  readonly #watchers = new Map<string, Set<Watcher>>()
  /** A listener may change something: that is told when the change before it has been told to all. */
  readonly #untold = new Ring<Untold>()
  #isTelling = false

  /** Starts telling of keys with a prefix. Returns how to stop. */
  add(scope: Scope, prefix: string, listener: ChangeListener): () => void {
    const place = placeOf(scope)
    const watchers = this.#watchers.get(place) ?? new Set()
    const watcher = { prefix, listener }
    this.#watchers.set(place, watchers.add(watcher))
    return () => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(place) === watchers) this.#watchers.delete(place)
    }
  }

  /** Whether anybody would be told of a change there. */
  has(scope: Scope): boolean {
    return this.#watchers.has(placeOf(scope))
  }

  /** Keeps a change until {@link tell} is called. */
  note(scope: Scope, change: Change): void {
    this.#untold.push({ place: placeOf(scope), change })
  }

  /** Tells of all changes that were kept, in their order. */
  tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
      const { place, change } = next
      for (const { prefix, listener } of this.#watchers.get(place) ?? []) {
        if (change.key.startsWith(prefix)) listener(change)
      }
    }
    this.#isTelling = false
  }

  clear(): void {
    this.#watchers.clear()
    this.#untold.clear()
  }
}

/** Names hold no "/". */
function placeOf({ tenant, namespace }: Scope): string {
  return `${tenant}/${namespace}`
}
