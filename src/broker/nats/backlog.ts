import { Ring } from '../../structures/ring.ts'
import type { Wired } from './wire.ts'

/** A message as the stream hands it on. */
export interface Arrival extends Wired {
  /** The message before it under the same subject; 0 when none was kept. */
  readonly previous: number
}

const MAX_COUNT = 10_000
const MAX_BYTES = 16 * 1024 * 1024

/** What arrives in a channel while a gap before it is filled. More than fits means that it cannot be filled in time. */
export class Backlog {
  readonly #arrivals = new Ring<Arrival>()
  #bytes = 0

  /** Adds at the end. False, and nothing held any more, when it is too much. */
  push(arrival: Arrival): boolean {
    this.#arrivals.push(arrival)
    this.#bytes += arrival.data.length
    if (this.#arrivals.length <= MAX_COUNT && this.#bytes <= MAX_BYTES) return true
    this.clear()
    return false
  }

  shift(): Arrival | undefined {
    const arrival = this.#arrivals.shift()
    this.#bytes -= arrival?.data.length ?? 0
    return arrival
  }

  /** The oldest after a sequence; those up to it are dropped. */
  firstAfter(sequence: number): Arrival | undefined {
    for (let next = this.#arrivals.peekFront(); next !== undefined; next = this.#arrivals.peekFront()) {
      if (next.sequence > sequence) return next
      this.shift()
    }
    return undefined
  }

  clear(): void {
    this.#arrivals.clear()
    this.#bytes = 0
  }
}
