import type { Clock } from '../../clock.ts'
import { Alarm } from '../alarm.ts'
import { checkQuotas, type StoreLimits } from '../limits.ts'
import { type Shelved, Shelves } from '../shelves.ts'
import type { StoreStats } from '../store.ts'
import type { Entry } from './entry.ts'
import type { Place } from './subjects.ts'

/** What is known of one key that is there. Its value is not kept. */
export interface Slot extends Shelved, Place {
  readonly revision: number
  readonly version: number
  /** Milliseconds since the epoch; infinity for what does not expire. */
  readonly expiresAtMs: number
  /** Whether this node has written it, and is the first to remove it at its end. */
  isOwn: boolean
}

/** What a mirror is made of. */
export interface MirrorOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>
  readonly limits: StoreLimits
  /** Told of each key whose end has come, once; it is not in the mirror any more. */
  readonly ended: (slot: Slot) => void
}

interface Holding {
  readonly shelves: Shelves<Slot>
  readonly alarm: Alarm
  /** Map( namespace and key -> what is about to be added ) */
  readonly pending: Map<string, StoreStats>
}

const NONE: StoreStats = { keys: 0, bytes: 0 }

/** Which keys the bucket holds, tenant by tenant, as far as its changes have arrived. */
export class Mirror {
  readonly #options: MirrorOptions
  /** Map( tenant -> what it holds ) */
  readonly #holdings = new Map<string, Holding>()

  constructor(options: MirrorOptions) {
    this.#options = options
  }

  /** What all tenants hold; keys whose end has come count until they are noticed. */
  get held(): StoreStats {
    return sumOf([...this.#holdings.values()].map(({ shelves }) => shelves.stats))
  }

  /** The keys of a tenant that are there now; undefined when there are none. */
  find(tenant: string): Shelves<Slot> | undefined {
    const holding = this.#holdings.get(tenant)
    if (holding) this.#settle(tenant, holding)
    return this.#holdings.get(tenant)?.shelves
  }

  get({ tenant, namespace, key }: Place): Slot | undefined {
    return this.find(tenant)?.get(namespace, key)
  }

  /** Notes that this node has written a key, if it is known at that revision. */
  own(place: Place, revision: number): void {
    const slot = this.get(place)
    if (slot?.revision === revision) slot.isOwn = true
  }

  /** Takes over what the bucket says of a key, in the order of the revisions. Returns what was known before. */
  apply(place: Place, { revision, version, operation, expiresAtMs, data }: Entry): Slot | undefined {
    const { tenant, namespace, key } = place
    const holding = this.#open(tenant)
    const { shelves, pending } = holding
    const { clock } = this.#options
    const old = shelves.get(namespace, key)
    pending.delete(nameOf(place))
    if (operation === 'set') {
      const dueMs = clock.monotonic() + expiresAtMs - clock.now()
      const bytes = Buffer.byteLength(key) + data.length
      shelves.set({ tenant, namespace, key, bytes, revision, version, expiresAtMs, dueMs, place: -1, isOwn: false })
    } else if (old) shelves.remove(old)
    this.#settle(tenant, holding)
    return old
  }

  /** Counts a write that is about to be made, so that others know of it. @throws {BusError} LIMIT_EXCEEDED when there is no room */
  reserve(place: Place, bytes: number): void {
    const old = this.get(place)
    const { shelves, pending } = this.#open(place.tenant)
    const added = { keys: old ? 0 : 1, bytes: bytes - (old?.bytes ?? 0) }
    pending.delete(nameOf(place))
    try {
      checkQuotas(this.#options.limits, sumOf([shelves.stats, ...pending.values()]), added)
      pending.set(nameOf(place), added)
    } finally {
      this.find(place.tenant)
    }
  }

  /** Gives back what was counted for a write, if that has not arrived. */
  release(place: Place): void {
    this.#holdings.get(place.tenant)?.pending.delete(nameOf(place))
    this.find(place.tenant)
  }

  /** Every key of every tenant. */
  slots(): Slot[] {
    return [...this.#holdings.values()].flatMap(({ shelves }) => [...shelves])
  }

  clear(): void {
    for (const { alarm } of this.#holdings.values()) alarm.set(Number.POSITIVE_INFINITY)
    this.#holdings.clear()
  }

  #open(tenant: string): Holding {
    let holding = this.#holdings.get(tenant)
    if (!holding) {
      const alarm = new Alarm(this.#options.clock, () => this.find(tenant))
      holding = { shelves: new Shelves(), alarm, pending: new Map() }
      this.#holdings.set(tenant, holding)
    }
    return holding
  }

  /** Takes out what is due; waits for what comes next, or forgets a tenant that holds nothing. */
  #settle(tenant: string, { shelves, alarm, pending }: Holding): void {
    const { clock, ended } = this.#options
    const nowMs = clock.monotonic()
    for (let slot = shelves.due(nowMs); slot !== undefined; slot = shelves.due(nowMs)) {
      shelves.remove(slot)
      ended(slot)
    }
    alarm.set(shelves.nextDueMs)
    if (shelves.isEmpty && pending.size === 0) this.#holdings.delete(tenant)
  }
}

/** Names hold no "/". */
function nameOf({ namespace, key }: Place): string {
  return `${namespace}/${key}`
}

function sumOf(parts: readonly StoreStats[]): StoreStats {
  return parts.reduce((sum, { keys, bytes }) => ({ keys: sum.keys + keys, bytes: sum.bytes + bytes }), NONE)
}
