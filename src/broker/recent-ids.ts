import { Ring } from '../structures/ring.ts'

/** How long and how many ids are remembered, whichever ends first [limits.md P4]. */
export interface RecentIdLimits {
  readonly maxAgeMs: number
  readonly maxCount: number
}

/** The ids of one channel's latest messages, with the sequence that each got. Times are monotonic. */
export class RecentIds {
  readonly #limits: RecentIdLimits
  /** The ids, oldest at the front, and beside them when each was seen: whole milliseconds, which take no memory of their own. */
  readonly #order = new Ring<string>()
  readonly #seenMs = new Ring<number>()
  /** Map( id -> sequence ) */
  readonly #sequences = new Map<string, number>()

  constructor(limits: RecentIdLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#order.length
  }

  /** The sequence under which the id was seen before; else remembers the id with `sequence` and returns that. */
  claim(id: string, sequence: number, nowMs: number): number {
    this.expire(nowMs)
    const first = this.#sequences.get(id)
    if (first !== undefined) return first
    this.#sequences.set(id, sequence)
    this.#order.push(id)
    this.#seenMs.push(Math.ceil(nowMs))
    if (this.#order.length > this.#limits.maxCount) this.#dropOldest()
    return sequence
  }

  /** Forgets the ids that are too old. */
  expire(nowMs: number): void {
    const { maxAgeMs } = this.#limits
    for (let seenMs = this.#seenMs.at(0); seenMs !== undefined; seenMs = this.#seenMs.at(0)) {
      if (nowMs - seenMs <= maxAgeMs) return
      this.#dropOldest()
    }
  }

  #dropOldest(): void {
    const oldest = this.#order.shift()
    this.#seenMs.shift()
    if (oldest !== undefined) this.#sequences.delete(oldest)
  }
}
