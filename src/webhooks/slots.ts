/**
 * How a rule's last attempt went: `quick`; `slow`, when it took long or timed out; `new` before the first one.
 * What is known to be slow, or not known to be quick, never gets all slots.
 */
export type Pace = 'quick' | 'new' | 'slow'

/** Every pace there is. */
export const paces: readonly Pace[] = ['quick', 'new', 'slow']

/** An attempt that takes longer makes its rule a slow one. */
export const SLOW_MS = 250

/**
 * A number of requests at the same time, shared so that sinks that hang delay only each other: a quarter of the slots is for rules
 * that are known to be quick, and half of them is the most that slow ones get; where that comes to less than one, it is one.
 * With a single slot there is nothing to share.
 */
export class Slots {
  readonly #capacity: number
  readonly #slowShare: number
  readonly #unprovenShare: number
  readonly #taken: Record<Pace, number> = { quick: 0, new: 0, slow: 0 }

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#slowShare = Math.max(1, Math.floor(capacity / 2))
    this.#unprovenShare = Math.max(1, capacity - Math.max(1, Math.floor(capacity / 4)))
  }

  /** Requests under way. */
  get taken(): number {
    const { quick, new: fresh, slow } = this.#taken
    return quick + fresh + slow
  }

  get isFull(): boolean {
    return this.taken >= this.#capacity
  }

  /** Whether a request of a rule of this pace may begin. */
  admits(pace: Pace): boolean {
    if (this.isFull) return false
    if (pace === 'quick') return true
    const { new: fresh, slow } = this.#taken
    return fresh + slow < this.#unprovenShare && (pace === 'new' || slow < this.#slowShare)
  }

  take(pace: Pace): void {
    this.#taken[pace]++
  }

  /** Gives back what was taken under the same pace. */
  release(pace: Pace): void {
    this.#taken[pace]--
  }
}
