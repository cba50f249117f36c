import type { PostResult } from './post.ts'
import { type Pace, SLOW_MS } from './slots.ts'

/** When a failing rule is given a rest [limits.md, Limits]. */
export interface BreakerLimits {
  /** Failed attempts in a row. */
  readonly webhookBreakerFailures: number
  readonly webhookBreakerMs: number
}

/** Whether a rule gets what it matches; what matches while it rests is dead-lettered, and nothing matches a disabled one. */
export type RuleState = 'active' | 'resting' | 'disabled'

const GONE = 410

/** How a rule's sink has done, and what follows from it. */
export class Health {
  /** Of the last attempt. */
  pace: Pace = 'new'
  /** Whether the sink has answered 410: it wants nothing more. */
  isDisabled = false
  readonly #limits: BreakerLimits
  #failuresInRow = 0
  #restsUntilMs = Number.NEGATIVE_INFINITY

  constructor(limits: BreakerLimits) {
    this.#limits = limits
  }

  /** `nowMs` is a monotonic time, here and in {@link note}. */
  stateAt(nowMs: number): RuleState {
    if (this.isDisabled) return 'disabled'
    return nowMs < this.#restsUntilMs ? 'resting' : 'active'
  }

  /** Takes note of an attempt that has just ended. 410 disables the rule; too many failures in a row make it rest. */
  note({ outcome, status, durationMs }: PostResult, nowMs: number): void {
    this.pace = outcome === 'timeout' || durationMs > SLOW_MS ? 'slow' : 'quick'
    if (outcome === 'ok') {
      this.#failuresInRow = 0
      return
    }
    if (status === GONE) this.isDisabled = true
    if (++this.#failuresInRow < this.#limits.webhookBreakerFailures) return
    this.#restsUntilMs = nowMs + this.#limits.webhookBreakerMs
    // The first attempt after the rest is a trial: if it fails, the rule rests again.
    this.#failuresInRow--
  }
}
