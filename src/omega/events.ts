import type { JsonObject } from '../protocol/json.ts'
import { Ring } from '../structures/ring.ts'

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
  /** UTF-8 bytes of its JSON text. */
  readonly bytes: number
}

/** The last events of one tenant. */
export class OmegaEvents {
  readonly #maxCount: number
  readonly #ring = new Ring<Entry>()

  /** @param maxCount how many are remembered; beyond it the oldest is forgotten */
  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  get count(): number {
    return this.#ring.length
  }

  add(event: OmegaEvent): void {
    this.#ring.push({ event, bytes: Buffer.byteLength(JSON.stringify(event)) })
    if (this.#ring.length > this.#maxCount) this.#ring.shift()
  }

  /** The newest that the filter means, oldest first: at most `limit`, and fewer where they are over `maxBytes`. One always fits. */
  list(filter: EventFilter, limit: number, maxBytes: number): OmegaEvent[] {
    const found: OmegaEvent[] = []
    let sum = 0
    for (let index = this.#ring.length - 1; index >= 0 && found.length < limit; index--) {
      const { event, bytes } = this.#ring.at(index) as Entry
      if (!isMeant(event, filter)) continue
      sum += bytes
      if (sum > maxBytes && found.length > 0) break
      found.push(event)
    }
    return found.reverse()
  }

  /** Forgets what the filter means. Returns how many that were. */
  clear(filter: EventFilter): number {
    const before = this.#ring.length
    const kept = [...this.#ring].filter(({ event }) => !isMeant(event, filter))
    this.#ring.clear()
    for (const entry of kept) this.#ring.push(entry)
    return before - kept.length
  }
}

function isMeant(event: OmegaEvent, { substrateId, signal }: EventFilter): boolean {
  return (
    (substrateId === undefined || event.substrate_id === substrateId) &&
    (signal === undefined || event.signal === signal)
  )
}
