/** How long to wait between two attempts to connect. */
export interface BackoffLimits {
  /** Bound of the first wait, in milliseconds; each further one may be twice as long. */
  readonly baseMs: number
  /** Bound of every wait, in milliseconds. */
  readonly maxMs: number
}

/**
 * Full jitter: anything from 0 to the bound of the attempt, so that clients that were cut off together do not come back together.
 * @param attempt failed attempts so far
 * @param random a number in [0, 1)
 */
export function backoffMs(attempt: number, limits: BackoffLimits, random: () => number): number {
  return random() * Math.min(limits.maxMs, limits.baseMs * 2 ** attempt)
}
