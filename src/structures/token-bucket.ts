/** How fast tokens come back and how many there can be. One object may serve any number of buckets. */
export interface TokenRate {
  /** Tokens that come back per second, finite; 0 means never. */
  readonly ratePerSecond: number
  /** The most tokens a bucket holds, and what it starts with. */
  readonly burst: number
}

/** Elapsed milliseconds times tokens per second: whole numbers stay whole, so nothing drifts. */
const CREDITS_PER_TOKEN = 1000
/** Forgives the rounding of rates that are not whole numbers: a billionth of a token. */
const TOLERANCE_CREDITS = 1e-6

/**
 * Token bucket that keeps two numbers and no timer. `nowMs` is a monotonic time; whole milliseconds count. Should it step
 * back all the same, nothing comes back for the step and the bucket goes on from there.
 */
export class TokenBucket {
  readonly #rate: TokenRate
  #spentCredits = 0
  #seenMs: number

  constructor(rate: TokenRate, nowMs: number) {
    this.#rate = rate
    this.#seenMs = Math.floor(nowMs)
  }

  /** Takes `count` tokens. False, and none taken, when there are fewer. */
  tryTake(nowMs: number, count = 1): boolean {
    if (this.#missingCredits(nowMs, count) > TOLERANCE_CREDITS) return false
    this.#spentCredits += count * CREDITS_PER_TOKEN
    return true
  }

  /** Milliseconds until {@link tryTake} grants `count` tokens: 0 now, Infinity when it never can. */
  waitMs(nowMs: number, count = 1): number {
    const missing = this.#missingCredits(nowMs, count)
    if (missing <= TOLERANCE_CREDITS) return 0
    if (count > this.#rate.burst) return Number.POSITIVE_INFINITY
    return Math.ceil((missing - TOLERANCE_CREDITS) / this.#rate.ratePerSecond)
  }

  /** How many tokens there are, parts of one included. */
  tokens(nowMs: number): number {
    this.#refill(nowMs)
    return (this.#rate.burst * CREDITS_PER_TOKEN - this.#spentCredits) / CREDITS_PER_TOKEN
  }

  #missingCredits(nowMs: number, count: number): number {
    this.#refill(nowMs)
    return this.#spentCredits + (count - this.#rate.burst) * CREDITS_PER_TOKEN
  }

  #refill(nowMs: number): void {
    const wholeMs = Math.floor(nowMs)
    const elapsedMs = wholeMs - this.#seenMs
    this.#seenMs = wholeMs
    if (elapsedMs <= 0 || this.#spentCredits === 0) return
    this.#spentCredits = Math.max(0, this.#spentCredits - elapsedMs * this.#rate.ratePerSecond)
  }
}
