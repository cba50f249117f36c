import { hasRole } from '../auth/roles.ts'
import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { type Frame, frameOf } from '../protocol/frame.ts'
import { RawJson, stringifyRaw } from '../protocol/replies.ts'
import type { Place } from '../store/namespace.ts'
import type { Change, Store } from '../store/store.ts'
import type { Connection } from './connection.ts'

/** A connection, as far as telling it something goes. */
export type Watcher = Pick<Connection, 'identity' | 'write'>

/** What watches are made of. */
export interface WatchesOptions {
  readonly store: Pick<Store, 'watch'>
  readonly clock: Clock
  readonly ids: Ids
  /** Prefixes that one connection can watch. */
  readonly maxStoreWatches: number
}

/** A namespace under one of its names, with everybody who watches something of it. */
interface WatchedPlace {
  readonly place: Place
  /** Map( watcher -> prefixes ) */
  readonly watchers: Map<Watcher, Set<string>>
  /** Ends the one watch of the store. */
  readonly stop: Promise<() => void>
}

/**
 * Who watches which keys [operators.md, op.store]. The store is asked once for each namespace, and each change is written once
 * for all who watch it. Whoever watches is to be dropped when it leaves.
 */
export class Watches {
  readonly #options: WatchesOptions
  /** Map( namespace -> those who watch it ) */
  readonly #places = new Map<string, WatchedPlace>()
  /** Map( watcher -> what it watches ) */
  readonly #watchers = new Map<Watcher, Set<WatchedPlace>>()

  constructor(options: WatchesOptions) {
    this.#options = options
  }

  /** How many namespaces and how many connections are in this. */
  get size(): { readonly places: number; readonly watchers: number } {
    return { places: this.#places.size, watchers: this.#watchers.size }
  }

  /**
   * From when it resolves, the watcher is told of every change of a key with the prefix, once for all its prefixes that fit. Idempotent.
   * @throws {BusError} LIMIT_EXCEEDED when it watches too many prefixes; whatever the store says when it cannot watch
   */
  async add(watcher: Watcher, place: Place, prefix: string): Promise<void> {
    const known = this.#places.get(keyOf(place))
    if (!known?.watchers.get(watcher)?.has(prefix)) this.#checkCount(watcher)
    const watched = known ?? this.#begin(place)
    const prefixes = watched.watchers.get(watcher) ?? new Set()
    watched.watchers.set(watcher, prefixes.add(prefix))
    const places = this.#watchers.get(watcher) ?? new Set()
    this.#watchers.set(watcher, places.add(watched))
    await watched.stop
  }

  /** Stops telling of one prefix. Does nothing when it is not watched. */
  delete(watcher: Watcher, place: Place, prefix: string): void {
    const watched = this.#places.get(keyOf(place))
    const prefixes = watched?.watchers.get(watcher)
    prefixes?.delete(prefix)
    if (watched && prefixes?.size === 0) this.#part(watcher, watched)
  }

  /** Stops telling a watcher anything. */
  drop(watcher: Watcher): void {
    for (const watched of this.#watchers.get(watcher) ?? []) this.#part(watcher, watched)
  }

  #checkCount(watcher: Watcher): void {
    const { maxStoreWatches } = this.#options
    let count = 0
    for (const { watchers } of this.#watchers.get(watcher) ?? []) count += watchers.get(watcher)?.size ?? 0
    if (count < maxStoreWatches) return
    throw new BusError('LIMIT_EXCEEDED', {
      message: `Limit exceeded: a connection can watch ${maxStoreWatches} prefixes`
    })
  }

  #begin(place: Place): WatchedPlace {
    const watchers = new Map<Watcher, Set<string>>()
    const tell = (change: Change) => this.#tell(watched, change)
    const watched: WatchedPlace = { place, watchers, stop: this.#options.store.watch(place, '', tell) }
    this.#places.set(keyOf(place), watched)
    watched.stop.catch(() => {
      for (const watcher of watchers.keys()) this.#part(watcher, watched)
    })
    return watched
  }

  #part(watcher: Watcher, watched: WatchedPlace): void {
    watched.watchers.delete(watcher)
    const places = this.#watchers.get(watcher)
    places?.delete(watched)
    if (places?.size === 0) this.#watchers.delete(watcher)
    if (watched.watchers.size > 0) return
    this.#places.delete(keyOf(watched.place))
    watched.stop.then(
      stop => stop(),
      () => {}
    )
  }

  #tell({ place, watchers }: WatchedPlace, change: Change): void {
    let frame: Frame | undefined
    for (const [watcher, prefixes] of watchers) {
      if (!isMeant(prefixes, change.key) || !mayRead(watcher, place)) continue
      frame ??= this.#frameOf(place, change)
      watcher.write(frame)
    }
  }

  #frameOf({ shown }: Place, { key, operation, version, text }: Change): Frame {
    const { clock, ids } = this.#options
    return frameOf(
      stringifyRaw({
        id: ids.message(),
        type: 'system',
        version: '1.0',
        timestamp: clock.iso(),
        sender: 'arqonbus',
        payload: {
          event: 'store_changed',
          namespace: shown,
          key,
          operation,
          version,
          value: text === undefined ? undefined : new RawJson(text)
        },
        metadata: {}
      })
    )
  }
}

/** Names hold no "/". A namespace under two names is watched twice. */
function keyOf({ tenant, namespace, shown }: Place): string {
  return `${tenant}/${namespace}/${shown}`
}

function isMeant(prefixes: ReadonlySet<string>, key: string): boolean {
  for (const prefix of prefixes) if (key.startsWith(prefix)) return true
  return false
}

/** A role may have been taken away since the watch began. */
function mayRead({ identity }: Watcher, { tenant }: Place): boolean {
  return identity.tenant === tenant || hasRole(identity.role, 'superadmin')
}
