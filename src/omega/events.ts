import type { JsonObject } from '../protocol/json.ts'

/** What a substrate has signalled, in the words of the wire. */
export interface OmegaEvent {
  /** `omega_evt_…` */
  readonly event_id: string
  readonly substrate_id: string
  readonly signal: string
  readonly payload: JsonObject
  /** Client id, or whoever speaks at another door. */
  readonly emitted_by: string
  /** Server time, RFC 3339. */
  readonly timestamp: string
}

/** Which events are meant: those of one substrate, of one signal, of both, or all. */
export interface EventFilter {
  readonly substrateId?: string | undefined
  readonly signal?: string | undefined
}

interface Entry {
  readonly event: OmegaEvent
  readonly nth: number
  /** UTF-8 bytes of its JSON text. */
  readonly bytes: number
}

/** The last events of one tenant. */
export class OmegaEvents {
  readonly #maxCount: number
  /** Map( id -> entry ), the oldest first while it is sorted */
  #entries = new Map<string, Entry>()
  #last: Entry | undefined
  #isSorted = true

  /** @param maxCount how many are remembered; beyond it the oldest is forgotten */
  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  get count(): number {
    return this.#entries.size
  }

  /** Adds the newest. */
  add(event: OmegaEvent): void {
    this.#entries.set(event.event_id, entryOf(event, 0))
    for (const { event_id } of this.excess()) this.remove(event_id)
  }

  /** Adds an event where its time belongs, also where there are as many as may be. `nth` orders those of one time. */
  put(event: OmegaEvent, nth: number): void {
    const entry = entryOf(event, nth)
    if (this.#last && compare(entry, this.#last) < 0) this.#isSorted = false
    else this.#last = entry
    this.#entries.set(event.event_id, entry)
  }

  remove(eventId: string): void {
    this.#entries.delete(eventId)
  }

  /** The oldest, as many as are too many. */
  excess(): OmegaEvent[] {
    const number = this.#entries.size - this.#maxCount
    return number > 0 ? this.#sorted(number).map(({ event }) => event) : []
  }

  /** All that the filter means, oldest first. */
  find(filter: EventFilter): OmegaEvent[] {
    return this.#sorted()
      .map(({ event }) => event)
      .filter(event => isMeant(event, filter))
  }

  /** The newest that the filter means, oldest first: at most `limit`, and fewer where they are over `maxBytes`. One always fits. */
  list(filter: EventFilter, limit: number, maxBytes: number): OmegaEvent[] {
    const found: OmegaEvent[] = []
    let sum = 0
    for (const { event, bytes } of this.#sorted().reverse()) {
      if (found.length >= limit) break
      if (!isMeant(event, filter)) continue
      sum += bytes
      if (sum > maxBytes && found.length > 0) break
      found.push(event)
    }
    return found.reverse()
  }

  /** Forgets what the filter means. Returns how many that were. */
  clear(filter: EventFilter): number {
    const meant = this.find(filter)
    for (const { event_id } of meant) this.remove(event_id)
    return meant.length
  }

  /** The oldest entries, all of them unless a number is named. */
  #sorted(number = this.#entries.size): Entry[] {
    if (!this.#isSorted) {
      const entries = [...this.#entries.values()].sort(compare)
      this.#entries = new Map(entries.map(entry => [entry.event.event_id, entry]))
      this.#isSorted = true
    }
    const entries: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (entries.length >= number) break
      entries.push(entry)
    }
    return entries
  }
}

function entryOf(event: OmegaEvent, nth: number): Entry {
  return { event, nth, bytes: Buffer.byteLength(JSON.stringify(event)) }
}

/** By time, then by the count of the node, then by anything that is the same on all nodes. */
function compare(a: Entry, b: Entry): number {
  if (a.event.timestamp !== b.event.timestamp) return a.event.timestamp < b.event.timestamp ? -1 : 1
  if (a.nth !== b.nth) return a.nth - b.nth
  return a.event.event_id < b.event.event_id ? -1 : 1
}

function isMeant(event: OmegaEvent, { substrateId, signal }: EventFilter): boolean {
  return (
    (substrateId === undefined || event.substrate_id === substrateId) &&
    (signal === undefined || event.signal === signal)
  )
}
