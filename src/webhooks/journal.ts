import { Ring } from '../structures/ring.ts'

/** One attempt, as it is remembered. */
export interface Attempt {
  readonly deliveryId: string
  readonly messageId: string
  /** From 1. */
  readonly attempt: number
  readonly outcome: string
  readonly status: number | undefined
  readonly durationMs: number
  /** When it ended, RFC 3339. */
  readonly at: string
  /** When the next one is due, RFC 3339; undefined when there is none. */
  readonly nextAttemptAt: string | undefined
}

/** What a rule's deliveries came to. */
export interface RuleStats {
  delivered: number
  /** Failed attempts. */
  failed: number
  /** Deliveries that never were tried to their end, since the queue was full. */
  dropped: number
  deadLettered: number
}

/** The record of one rule: counts, and its last attempts. */
export class Journal {
  readonly stats: RuleStats = { delivered: 0, failed: 0, dropped: 0, deadLettered: 0 }
  readonly #size: number
  readonly #attempts = new Ring<Attempt>()

  /** Remembers the last `size` attempts. */
  constructor(size: number) {
    this.#size = size
  }

  add(attempt: Attempt): void {
    if (this.#attempts.length >= this.#size) this.#attempts.shift()
    this.#attempts.push(attempt)
  }

  get last(): Attempt | undefined {
    return this.#attempts.at(this.#attempts.length - 1)
  }

  /** The newest first. */
  attempts(): Attempt[] {
    return [...this.#attempts].reverse()
  }
}
