import { Ring } from '../structures/ring.ts'

/** How long and how many ids are remembered, whichever ends first [limits.md P4]. */
export interface RecentIdLimits {
  readonly maxAgeMs: number
  readonly maxCount: number
}

/**
 * Whose turn it is to forget an id when all channels together remember too many: that of the oldest id. Each id has one turn, in
 * the order in which they were seen; the turn of one that is gone already passes with nothing done.
 */
export class IdTurns {
  readonly #maxCount: number
  readonly #owners = new Ring<RecentIds>()

  /** @param maxCount turns that wait at most, and so ids of all channels together */
  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  /** Takes the turn of an id that its owner has just begun to remember. */
  take(owner: RecentIds): void {
    this.#owners.push(owner)
    if (this.#owners.length > this.#maxCount) this.#owners.shift()?.meetTurn()
  }

  /** Gives up the first turns, as far as their ids are gone. */
  trim(): void {
    while (this.#owners.peekFront()?.hasMissedTurns) this.#owners.shift()?.meetTurn()
  }
}

/** The ids of one channel's latest messages, with the sequence that each got. Times are monotonic. */
export class RecentIds {
  readonly #limits: RecentIdLimits
  /** The ids, oldest at the front, and beside them when each was seen: whole milliseconds, which take no memory of their own. */
  readonly #order = new Ring<string>()
  readonly #seenMs = new Ring<number>()
  /** Map( id -> sequence ) */
  readonly #sequences = new Map<string, number>()
  readonly #turns: IdTurns
  /** Ids that are gone and whose turns are still to come. */
  #missedTurns = 0

  constructor(limits: RecentIdLimits, turns: IdTurns) {
    this.#limits = limits
    this.#turns = turns
  }

  get count(): number {
    return this.#order.length
  }

  get hasMissedTurns(): boolean {
    return this.#missedTurns > 0
  }

  /** The sequence under which the id was seen before; else remembers the id with `sequence` and returns that. */
  claim(id: string, sequence: number, nowMs: number): number {
    this.expire(nowMs)
    const first = this.#sequences.get(id)
    if (first !== undefined) return first
    this.#sequences.set(id, sequence)
    this.#order.push(id)
    this.#seenMs.push(Math.ceil(nowMs))
    if (this.#order.length > this.#limits.maxCount) this.#forgetOldest()
    this.#turns.take(this)
    return sequence
  }

  /** Forgets the ids that are too old. */
  expire(nowMs: number): void {
    const { maxAgeMs } = this.#limits
    for (let seenMs = this.#seenMs.at(0); seenMs !== undefined; seenMs = this.#seenMs.at(0)) {
      if (nowMs - seenMs <= maxAgeMs) return
      this.#forgetOldest()
    }
  }

  /** Forgets all ids. */
  clear(): void {
    this.#missedTurns += this.#order.length
    this.#order.clear()
    this.#seenMs.clear()
    this.#sequences.clear()
  }

  /** To be called by {@link IdTurns}: the turn of the oldest id that has not had its turn yet. */
  meetTurn(): void {
    if (this.#missedTurns > 0) this.#missedTurns--
    else this.#dropOldest()
  }

  #forgetOldest(): void {
    this.#missedTurns++
    this.#dropOldest()
  }

  #dropOldest(): void {
    const oldest = this.#order.shift()
    this.#seenMs.shift()
    if (oldest !== undefined) this.#sequences.delete(oldest)
  }
}
