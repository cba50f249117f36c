import type { TSchema } from '@sinclair/typebox'
import { hasRole } from '../auth/roles.ts'
import { BusError } from '../errors.ts'
import type { Json } from '../protocol/json.ts'
import { RawJson } from '../protocol/replies.ts'
import { type Check, compileCheck } from '../protocol/schema.ts'
import { DeleteArgs, IncrementArgs, KeyArgs, ListArgs, SetArgs, WatchArgs } from '../store/arguments.ts'
import { type Place, resolveNamespace } from '../store/namespace.ts'
import type { Counted, Store, StoreStats, Written } from '../store/store.ts'
import type { Source } from './draft.ts'
import type { Gate } from './gate.ts'
import type { Watcher, Watches } from './watches.ts'

/** What a vault is made of. */
export interface VaultOptions {
  readonly store: Store
  readonly gate: Gate
  readonly watches: Watches
  /** Keys in an answer when nothing is said about it. */
  readonly pageSize: number
}

/** Where something was done, as whoever asked for it calls it. */
export interface Placed {
  readonly namespace: string
  readonly key: string
}

/** A key and what stands under it. */
export interface Found extends Placed {
  readonly found: boolean
  /** JSON text, or null when the key does not exist. */
  readonly value: RawJson | null
  /** 0 when the key does not exist. */
  readonly version: number
}

/** Some keys of a namespace. */
export interface Listing {
  readonly namespace: string
  readonly keys: readonly string[]
  /** Undefined on the last page. */
  readonly cursor: string | undefined
}

/** Which keys are watched. */
export interface WatchedKeys {
  readonly namespace: string
  readonly prefix: string
}

const checks = {
  set: compileCheck(SetArgs as TSchema),
  key: compileCheck(KeyArgs as TSchema),
  delete: compileCheck(DeleteArgs as TSchema),
  increment: compileCheck(IncrementArgs as TSchema),
  list: compileCheck(ListArgs as TSchema),
  watch: compileCheck(WatchArgs as TSchema)
}
/** The room that stored values count to belong to, for the scopes of the policy. The channel is the namespace. */
const ROOM = 'store'

/**
 * The values that clients keep, for every door: it checks what is asked, finds out which namespace is meant, has contents inspected and
 * calls the store [operators.md, op.store]. Whatever it is given is held against the schemas of `src/store/arguments.ts`; every
 * operation rejects with VALIDATION_ERROR naming all faults, with AUTHORIZATION_ERROR for what is another tenant's, and with what the store says.
 */
export class Vault {
  readonly #store: Store
  readonly #gate: Gate
  readonly #watches: Watches
  readonly #pageSize: number

  constructor({ store, gate, watches, pageSize }: VaultOptions) {
    this.#store = store
    this.#gate = gate
    this.#watches = watches
    this.#pageSize = pageSize
  }

  /** What all tenants hold, for metrics. */
  get held(): StoreStats {
    return this.#store.held
  }

  /** Inspects key and value, then stores the value, or what inspection makes of it [limits.md P14]. @throws {BlockError} when one is blocked */
  async set(args: SetArgs, source: Source): Promise<Placed & Written> {
    const place = locate(checks.set, args, source)
    const { key, ttl_seconds, if_version } = args
    this.#inspectKey(key, place, source)
    const text = this.#inspect(args.value, place, source)
    const ttlMs = ttl_seconds === undefined ? undefined : ttl_seconds * 1000
    const written = await this.#store.put(place, key, text, { ttlMs, ifVersion: if_version })
    return { namespace: place.shown, key, ...written }
  }

  async get(args: KeyArgs, source: Source): Promise<Found> {
    const place = locate(checks.key, args, source)
    const item = await this.#store.get(place, args.key)
    return {
      namespace: place.shown,
      key: args.key,
      found: item !== undefined,
      value: item ? new RawJson(item.text) : null,
      version: item?.version ?? 0
    }
  }

  async delete(args: DeleteArgs, source: Source): Promise<Placed & { readonly deleted: boolean }> {
    const place = locate(checks.delete, args, source)
    const deleted = await this.#store.delete(place, args.key, { ifVersion: args.if_version })
    return { namespace: place.shown, key: args.key, deleted }
  }

  async increment(args: IncrementArgs, source: Source): Promise<Placed & Counted> {
    const place = locate(checks.increment, args, source)
    this.#inspectKey(args.key, place, source)
    const counted = await this.#store.increment(place, args.key, args.by ?? 1)
    return { namespace: place.shown, key: args.key, ...counted }
  }

  async list(args: ListArgs, source: Source): Promise<Listing> {
    const place = locate(checks.list, args, source)
    const { prefix = '', cursor, limit = this.#pageSize } = args
    const page = await this.#store.list(place, { prefix, cursor, limit })
    return { namespace: place.shown, ...page }
  }

  /** Has a connection told of changes from now on. @throws {BusError} LIMIT_EXCEEDED */
  async watch(args: WatchArgs, source: Source, watcher: Watcher): Promise<WatchedKeys> {
    const place = locate(checks.watch, args, source)
    await this.#watches.add(watcher, place, args.prefix)
    return { namespace: place.shown, prefix: args.prefix }
  }

  /** Ends what {@link watch} began with the same prefix; does nothing when there is nothing to end. */
  async unwatch(args: WatchArgs, source: Source, watcher: Watcher): Promise<WatchedKeys> {
    const place = locate(checks.watch, args, source)
    this.#watches.delete(watcher, place, args.prefix)
    return { namespace: place.shown, prefix: args.prefix }
  }

  /** Whoever lists or watches is told of keys as well; they are never changed. */
  #inspectKey(key: string, { namespace }: Place, source: Source): void {
    if (!this.#gate.isEnabled) return
    this.#gate.pass({ room: ROOM, channel: namespace, kind: 'control', payload: { key }, text: undefined }, source)
  }

  /** The text to be stored. */
  #inspect(value: Json, { namespace }: Place, source: Source): string {
    const text = JSON.stringify(value)
    if (!this.#gate.isEnabled) return text
    const verdict = this.#gate.pass({ room: ROOM, channel: namespace, kind: 'data', payload: value, text }, source)
    return verdict.transport === undefined ? text : JSON.stringify(verdict.transport)
  }
}

function locate(check: Check, args: { readonly namespace?: string }, { identity }: Source): Place {
  const faults = check(args)
  if (faults.length > 0) throw new BusError('VALIDATION_ERROR', { faults })
  const { tenant, role } = identity
  return resolveNamespace(args.namespace, { tenant, isSuperadmin: hasRole(role, 'superadmin') })
}
