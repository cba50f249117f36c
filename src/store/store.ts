/** Where a key lives. Both are names [limits.md]; nothing in one tenant depends on another [limits.md P7]. */
export interface Scope {
  readonly tenant: string
  readonly namespace: string
}

/** What stands under a key. */
export interface Item {
  /** JSON text. */
  readonly text: string
  readonly version: number
}

/** How a value is written. */
export interface PutOptions {
  /** Milliseconds from now until the key expires; absent means never. A write without it lifts an earlier end. */
  readonly ttlMs?: number | undefined
  /** Writes only if the key is at this version; 0 only if it does not exist. */
  readonly ifVersion?: number | undefined
}

/** What a write did. */
export interface Written {
  /** The key's new version. */
  readonly version: number
  /** Whether the key was not there before. */
  readonly created: boolean
}

/** What a count has come to. */
export interface Counted {
  readonly value: number
  readonly version: number
}

/** Which keys are listed. */
export interface KeyQuery {
  /** What the keys begin with; empty for all. */
  readonly prefix: string
  /** The cursor of an earlier page; absent for the first one. */
  readonly cursor?: string | undefined
  /** Most keys in the page, at least 1. */
  readonly limit: number
}

/** Some keys, in the order of their UTF-16 code units. */
export interface KeyPage {
  readonly keys: readonly string[]
  /** Where to go on, to be handed back as it is; undefined on the last page. */
  readonly cursor: string | undefined
}

/** Something that happened to a key. */
export interface Change {
  readonly key: string
  readonly operation: 'set' | 'delete' | 'expire'
  /** Greater than that of every earlier change of the key. */
  readonly version: number
  /** The new value as JSON text; undefined when the key is gone. */
  readonly text: string | undefined
}

/** Told of changes. Called synchronously, must be quick and must not throw; it may call the store. */
export type ChangeListener = (change: Change) => void

/** What a tenant holds, expired keys not counted. */
export interface StoreStats {
  readonly keys: number
  /** UTF-8 bytes of all keys and values. */
  readonly bytes: number
}

/**
 * The port between the server and whatever keeps values. `test/contracts/store.ts` is its executable form; every implementation
 * passes it unchanged.
 *
 * - Any text of whole characters is a key. Values are JSON text, kept as they are; that they are JSON is up to the caller.
 * - Every operation on one key is atomic, and all operations on it happen one after the other [limits.md P17].
 * - Versions are integers from 1. Every change of a key has a greater one than all before it, also when the key was gone in
 *   between: a version that was seen once never comes back. They may leave numbers out.
 * - An expired key is gone for every operation at once, not when somebody gets around to removing it.
 * - Whatever passes a bound is LIMIT_EXCEEDED with a sentence that names it, and changes nothing. The keys and bytes of a tenant
 *   are bounded for all its namespaces together. A namespace exists while it has keys.
 * - Before it is open and once it is closed, a store answers everything with ENGINE_UNAVAILABLE.
 */
export interface Store {
  /** Name for people. */
  readonly name: string

  /** Connects. Called once, before anything else. */
  open(): Promise<void>

  get(scope: Scope, key: string): Promise<Item | undefined>

  /** Writes a value. @throws {BusError} CONFLICT when the key is not at `ifVersion` */
  put(scope: Scope, key: string, text: string, options?: PutOptions): Promise<Written>

  /**
   * Writes a value where there is none and returns the version. Of any number of callers exactly one succeeds, which is what
   * leases and claims are built on [cluster.md]. @throws {BusError} CONFLICT when the key exists
   */
  create(scope: Scope, key: string, text: string, options?: Pick<PutOptions, 'ttlMs'>): Promise<number>

  /** Removes a key. False when it was not there. @throws {BusError} CONFLICT when the key is not at `ifVersion` */
  delete(scope: Scope, key: string, options?: Pick<PutOptions, 'ifVersion'>): Promise<boolean>

  /**
   * Adds an integer to the integer under a key, in one step; a key that does not exist counts as 0, one that expires keeps its end.
   * @throws {BusError} CONFLICT when the value is not an integer, LIMIT_EXCEEDED when the sum cannot be held exactly
   */
  increment(scope: Scope, key: string, by: number): Promise<Counted>

  /**
   * One page of keys. Going through all pages shows every key that is there all the time exactly once.
   * @throws {BusError} VALIDATION_ERROR when the cursor is not from here
   */
  list(scope: Scope, query: KeyQuery): Promise<KeyPage>

  /** The tenant's namespaces, sorted like keys. */
  namespaces(tenant: string): Promise<readonly string[]>

  /**
   * From when it resolves until the returned function is called, every change of a key that begins with `prefix` is told: of one
   * key in the order of the versions, each once. A change may be told before the call that made it has resolved.
   */
  watch(scope: Scope, prefix: string, listener: ChangeListener): Promise<() => void>

  stats(tenant: string): Promise<StoreStats>

  /** What all tenants hold, as far as this process knows without asking; expired keys may count until they are removed. */
  readonly held: StoreStats

  /** Ends all watches and releases everything. Idempotent. */
  close(): Promise<void>
}
