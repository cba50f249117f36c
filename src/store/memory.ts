import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import { Alarm } from './alarm.ts'
import { sumOf } from './count.ts'
import { cursorOf, keyOfCursor } from './cursor.ts'
import { checkKey, checkWrite, exceeded, type StoreLimits } from './limits.ts'
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
import { type PlacedChange, TenantStore } from './tenant.ts'
import { Watchers } from './watchers.ts'

/** What a memory store is made of. */
export interface MemoryStoreOptions {
  readonly clock: Clock
  readonly limits: StoreLimits
}

/** A store in this process: everything is gone with it. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options)
}

interface Holding {
  readonly tenant: TenantStore
  /** For what expires next, or for when the empty tenant can be forgotten. */
  readonly alarm: Alarm
}

/** Every operation is done in one turn, and the promise only carries its outcome: that makes it atomic. */
class MemoryStore implements Store {
  readonly name = 'memory'
  readonly #clock: Clock
  readonly #limits: StoreLimits
  /** Map( tenant -> what it holds ) */
  readonly #holdings = new Map<string, Holding>()
  readonly #watchers = new Watchers()
  #isOpen = false
  readonly #startMs: number

  constructor({ clock, limits }: MemoryStoreOptions) {
    this.#clock = clock
    this.#limits = limits
    this.#startMs = clock.monotonic()
  }

  async open(): Promise<void> {
    this.#isOpen = true
  }

  async get(scope: Scope, key: string): Promise<Item | undefined> {
    checkKey(this.#limits, key)
    const slot = this.#find(scope.tenant)?.get(scope.namespace, key)
    return slot && { text: slot.text, version: slot.version }
  }

  async put(scope: Scope, key: string, text: string, options: PutOptions = {}): Promise<Written> {
    const { ttlMs, ifVersion } = options
    checkWrite(this.#limits, { key, text, ttlMs })
    const dueMs = ttlMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + ttlMs
    return this.#change(scope, tenant => {
      const created = tenant.get(scope.namespace, key) === undefined
      const change = tenant.put(scope.namespace, key, { text, dueMs, ifVersion })
      return { change, outcome: { version: change.version, created } }
    })
  }

  async create(scope: Scope, key: string, text: string, { ttlMs }: PutOptions = {}): Promise<number> {
    const { version } = await this.put(scope, key, text, { ttlMs, ifVersion: 0 })
    return version
  }

  async delete(scope: Scope, key: string, { ifVersion }: PutOptions = {}): Promise<boolean> {
    checkKey(this.#limits, key)
    return this.#change(scope, tenant => {
      const change = tenant.delete(scope.namespace, key, ifVersion)
      return { change, outcome: change !== undefined }
    })
  }

  async increment(scope: Scope, key: string, by: number): Promise<Counted> {
    return this.#change(scope, tenant => {
      const slot = tenant.get(scope.namespace, key)
      const value = sumOf(slot?.text, by)
      const text = String(value)
      checkWrite(this.#limits, { key, text, ttlMs: undefined })
      const dueMs = slot?.dueMs ?? Number.POSITIVE_INFINITY
      const change = tenant.put(scope.namespace, key, { text, dueMs, ifVersion: undefined })
      return { change, outcome: { value, version: change.version } }
    })
  }

  async list(scope: Scope, { prefix, cursor, limit }: KeyQuery): Promise<KeyPage> {
    const { maxStorePage } = this.#limits
    checkKey(this.#limits, prefix)
    if (limit > maxStorePage) throw exceeded(`an answer can list ${maxStorePage} keys`)
    const after = cursor === undefined ? undefined : keyOfCursor(cursor)
    const found = this.#find(scope.tenant)?.page(scope.namespace, prefix, after, limit + 1) ?? []
    const keys = found.slice(0, limit)
    const last = keys.at(-1)
    return { keys, cursor: last !== undefined && found.length > limit ? cursorOf(last) : undefined }
  }

  async namespaces(tenant: string): Promise<readonly string[]> {
    return this.#find(tenant)?.namespaces ?? []
  }

  async watch(scope: Scope, prefix: string, listener: ChangeListener): Promise<() => void> {
    checkKey(this.#limits, prefix)
    this.#find(scope.tenant)
    return this.#watchers.add(scope, prefix, listener)
  }

  get held(): StoreStats {
    const sum = { keys: 0, bytes: 0 }
    for (const { tenant } of this.#holdings.values()) {
      sum.keys += tenant.stats.keys
      sum.bytes += tenant.stats.bytes
    }
    return sum
  }

  async stats(tenant: string): Promise<StoreStats> {
    return this.#find(tenant)?.stats ?? { keys: 0, bytes: 0 }
  }

  async close(): Promise<void> {
    this.#isOpen = false
    for (const { alarm } of this.#holdings.values()) alarm.set(Number.POSITIVE_INFINITY)
    this.#holdings.clear()
    this.#watchers.clear()
  }

  /** The tenant as it is now, without what has expired; undefined when it holds nothing. @throws {BusError} ENGINE_UNAVAILABLE */
  #find(name: string): TenantStore | undefined {
    if (!this.#isOpen) throw new BusError('ENGINE_UNAVAILABLE')
    const holding = this.#holdings.get(name)
    if (holding && holding.tenant.nextDueMs <= this.#clock.monotonic()) this.#expire(holding)
    return this.#holdings.get(name)?.tenant
  }

  /** Changes a tenant in one step, which is told afterwards. */
  #change<Outcome>(
    { tenant: name }: Scope,
    act: (tenant: TenantStore) => { readonly change: PlacedChange | undefined; readonly outcome: Outcome }
  ): Outcome {
    const holding = this.#findHolding(name) ?? this.#makeHolding(name)
    try {
      const { change, outcome } = act(holding.tenant)
      if (change) this.#watchers.note({ tenant: name, namespace: change.namespace }, change)
      return outcome
    } finally {
      this.#settle(holding)
      this.#watchers.tell()
    }
  }

  #findHolding(name: string): Holding | undefined {
    this.#find(name)
    return this.#holdings.get(name)
  }

  #makeHolding(name: string): Holding {
    const tenant = new TenantStore(name, this.#limits, this.#tick())
    const holding: Holding = { tenant, alarm: new Alarm(this.#clock, () => this.#expire(holding)) }
    this.#holdings.set(name, holding)
    return holding
  }

  #expire(holding: Holding): void {
    const { tenant } = holding
    for (const change of tenant.expire(this.#clock.monotonic())) {
      this.#watchers.note({ tenant: tenant.name, namespace: change.namespace }, change)
    }
    this.#settle(holding)
    this.#watchers.tell()
  }

  /**
   * Forgets a tenant that holds nothing, or waits for what comes next. A new tenant's versions begin with the milliseconds since the
   * start, so one that has given out more than that is remembered until time has caught up: no version comes back, and nothing is kept for ever.
   */
  #settle({ tenant, alarm }: Holding): void {
    const isForgettable = tenant.isEmpty && tenant.version <= this.#tick()
    if (isForgettable) this.#holdings.delete(tenant.name)
    if (isForgettable) alarm.set(Number.POSITIVE_INFINITY)
    else alarm.set(tenant.isEmpty ? this.#startMs + tenant.version : tenant.nextDueMs)
  }

  /** Whole milliseconds since the start. */
  #tick(): number {
    return Math.floor(this.#clock.monotonic() - this.#startMs)
  }
}
