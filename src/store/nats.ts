import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Log } from '../log.ts'
import { sumOf } from './count.ts'
import { cursorOf, keyOfCursor } from './cursor.ts'
import { checkKey, checkWrite, exceeded, type StoreLimits } from './limits.ts'
import { Bucket, type BucketOptions, type Link } from './nats/bucket.ts'
import { Changes, hasEnded, MARK_MS } from './nats/changes.ts'
import { Chores } from './nats/chores.ts'
import { type Entry, NOTHING, textOf } from './nats/entry.ts'
import { Feed } from './nats/feed.ts'
import { Mirror, type Slot } from './nats/mirror.ts'
import type { Place } from './nats/subjects.ts'
import type {
  ChangeListener,
  Counted,
  Item,
  KeyPage,
  KeyQuery,
  PutOptions,
  Scope,
  Store,
  StoreStats,
  Written
} from './store.ts'
import { checkVersion } from './tenant.ts'
import { Watchers } from './watchers.ts'

/** What a NATS store is made of. */
export interface NatsStoreOptions extends Pick<BucketOptions, 'subjects' | 'replicas' | 'answerMs'> {
  readonly clock: Clock
  readonly limits: StoreLimits
  readonly log: Log
  /** From 0 to 1, without 1. */
  readonly random: () => number
  /** Does something until it is done, or is in vain: the servers may not be able to serve a store yet. */
  readonly persist: (work: () => Promise<void>) => Promise<void>
  /** Opens a connection that the store has for itself and closes. */
  readonly connect: () => Promise<Link>
}

/**
 * A store in a KV bucket of NATS JetStream, for any number of nodes; what was written outlives all of them [cluster.md].
 *
 * What a key holds is asked of the bucket's leader, and every change is decided there, so the operations on one key happen one after
 * the other on all nodes. Lists, counts and bounds go by what has arrived on this node: its own changes before they resolve, those
 * of others a moment later. Ends go by the clocks of the nodes, which must agree within a second.
 */
export function createNatsStore(options: NatsStoreOptions): Store {
  return new NatsStore(options)
}

/** What is there while the store is open. */
interface Opened {
  readonly link: Link
  readonly bucket: Bucket
  readonly changes: Changes
  readonly feed: Feed
}

/** What a message needs beside its value. */
const HEADER_BYTES = 4_096
/** Whoever has written a key removes it at its end; the others do so after a while, in case that node is gone. */
const OTHERS_MS = 250
const OTHERS_JITTER_MS = 1_000
const NEVER = Number.POSITIVE_INFINITY

class NatsStore implements Store {
  readonly name = 'nats'
  readonly #options: NatsStoreOptions
  readonly #chores: Chores
  readonly #mirror: Mirror
  readonly #watchers = new Watchers()
  #opened: Opened | undefined

  constructor(options: NatsStoreOptions) {
    const { clock, limits } = options
    this.#options = options
    this.#chores = new Chores(clock)
    this.#mirror = new Mirror({ clock, limits, ended: slot => this.#end(slot) })
  }

  open(): Promise<void> {
    return this.#options.persist(() => this.#open())
  }

  async get(scope: Scope, key: string): Promise<Item | undefined> {
    checkKey(this.#options.limits, key)
    const { bucket } = this.#require()
    const entry = await bucket.read(this.#options.subjects.of({ ...scope, key }))
    if (entry.operation !== 'set' || hasEnded(entry, this.#options.clock)) return undefined
    return { text: textOf(entry), version: entry.version }
  }

  async put(scope: Scope, key: string, text: string, options: PutOptions = {}): Promise<Written> {
    const { ttlMs, ifVersion } = options
    const { changes } = this.#requireRoom(key, text, ttlMs)
    const expiresAtMs = ttlMs === undefined ? NEVER : this.#options.clock.now() + ttlMs
    return changes.change({ ...scope, key }, present => {
      checkVersion(present, ifVersion)
      const created = present === undefined
      return { draft: { operation: 'set', expiresAtMs, text }, outcome: version => ({ version, created }) }
    })
  }

  async create(scope: Scope, key: string, text: string, { ttlMs }: PutOptions = {}): Promise<number> {
    const { version } = await this.put(scope, key, text, { ttlMs, ifVersion: 0 })
    return version
  }

  async delete(scope: Scope, key: string, { ifVersion }: PutOptions = {}): Promise<boolean> {
    checkKey(this.#options.limits, key)
    return this.#require().changes.change({ ...scope, key }, present => {
      checkVersion(present, ifVersion)
      const draft = present && ({ operation: 'delete', expiresAtMs: NEVER, text: '' } as const)
      return { draft, outcome: () => draft !== undefined }
    })
  }

  async increment(scope: Scope, key: string, by: number): Promise<Counted> {
    checkKey(this.#options.limits, key)
    return this.#require().changes.rework({ ...scope, key }, present => {
      const value = sumOf(present?.text, by)
      const text = String(value)
      this.#requireRoom(key, text, undefined)
      const expiresAtMs = present?.expiresAtMs ?? NEVER
      return { draft: { operation: 'set', expiresAtMs, text }, outcome: version => ({ value, version }) }
    })
  }

  async list(scope: Scope, { prefix, cursor, limit }: KeyQuery): Promise<KeyPage> {
    const { maxStorePage } = this.#options.limits
    checkKey(this.#options.limits, prefix)
    if (limit > maxStorePage) throw exceeded(`an answer can list ${maxStorePage} keys`)
    const after = cursor === undefined ? undefined : keyOfCursor(cursor)
    this.#require()
    const found = this.#mirror.find(scope.tenant)?.page(scope.namespace, prefix, after, limit + 1) ?? []
    const keys = found.slice(0, limit)
    const last = keys.at(-1)
    return { keys, cursor: last !== undefined && found.length > limit ? cursorOf(last) : undefined }
  }

  async namespaces(tenant: string): Promise<readonly string[]> {
    this.#require()
    return this.#mirror.find(tenant)?.namespaces ?? []
  }

  async watch(scope: Scope, prefix: string, listener: ChangeListener): Promise<() => void> {
    checkKey(this.#options.limits, prefix)
    this.#require()
    return this.#watchers.add(scope, prefix, listener)
  }

  async stats(tenant: string): Promise<StoreStats> {
    this.#require()
    return this.#mirror.find(tenant)?.stats ?? { keys: 0, bytes: 0 }
  }

  get held(): StoreStats {
    return this.#mirror.held
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    this.#chores.close()
    this.#watchers.clear()
    opened?.feed.close()
    opened?.bucket.close()
    this.#mirror.clear()
    await opened?.link.close()
  }

  async #open(): Promise<void> {
    const { subjects, clock, limits, log, random, connect } = this.#options
    const link = await connect()
    try {
      const bucket = await Bucket.open(link, { ...this.#options, maxValueBytes: limits.maxStoreValueBytes })
      const feed = new Feed({
        bucket,
        link,
        clock,
        log,
        take: (subject, entry) => this.#take(subject, entry),
        reread: (seen, upTo) => this.#sweep(seen, upTo),
        marksMs: (MARK_MS * 2) / 3
      })
      const changes = new Changes({ bucket, chores: this.#chores, clock, feed, mirror: this.#mirror, random, subjects })
      this.#opened = { link, bucket, changes, feed }
      await feed.open()
    } catch (error) {
      this.#opened?.bucket.close()
      this.#opened = undefined
      await link.close()
      throw error
    }
  }

  /** @throws {BusError} ENGINE_UNAVAILABLE */
  #require(): Opened {
    if (this.#opened === undefined) throw new BusError('ENGINE_UNAVAILABLE')
    this.#opened.link.assertUp()
    return this.#opened
  }

  /** @throws {BusError} LIMIT_EXCEEDED for what by itself is too large, ENGINE_UNAVAILABLE */
  #requireRoom(key: string, text: string, ttlMs: number | undefined): Opened {
    const { limits } = this.#options
    // Before there was a connection it is not known what the server takes.
    const most = (this.#opened?.link.maxPayloadBytes || NEVER) - HEADER_BYTES
    checkWrite({ ...limits, maxStoreValueBytes: Math.min(limits.maxStoreValueBytes, most) }, { key, text, ttlMs })
    return this.#require()
  }

  #take(subject: string, entry: Entry): void {
    const place = this.#options.subjects.placeOf(subject)
    if (place === undefined) return
    this.#chores.cancel(subject)
    const old = this.#mirror.apply(place, entry)
    const { revision, version, operation } = entry
    if (operation !== 'set' && revision > 0 && this.#opened?.feed.isReading === true) {
      this.#opened.changes.forget(subject, revision, MARK_MS * (1 + this.#options.random()))
    }
    // What no store has written has no version, and is a change only for a key that was there.
    if (version > 0 || old) this.#tell(place, entry, version || (old?.version ?? 0) + 1)
  }

  #tell(place: Place, entry: Entry, version: number): void {
    if (!this.#watchers.has(place)) return
    const { operation } = entry
    const text = operation === 'set' ? textOf(entry) : undefined
    this.#watchers.note(place, { key: place.key, operation, version, text })
    this.#watchers.tell()
  }

  /** Lets a key go whose end has come; it counts for nothing any more, and the change is told when the bucket has it. */
  #end(slot: Slot): void {
    const delayMs = slot.isOwn ? 0 : OTHERS_MS + this.#options.random() * OTHERS_JITTER_MS
    this.#chores.set(this.#options.subjects.of(slot), delayMs, async () => this.#opened?.changes.end(slot))
  }

  /** After the bucket was read as a whole: finds out what has been removed so long ago that there is no mark of it any more. */
  async #sweep(seen: ReadonlySet<string>, upTo: number): Promise<void> {
    for (const slot of this.#mirror.slots()) {
      const subject = this.#options.subjects.of(slot)
      if (seen.has(subject) || slot.revision > upTo) continue
      const { revision } = (await this.#opened?.bucket.read(subject)) ?? slot
      if (revision > 0) continue
      this.#take(subject, NOTHING)
    }
  }
}
