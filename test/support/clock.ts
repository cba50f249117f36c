import { type Clock, createSystemClock, isoOf, type Timer } from '../../src/clock.ts'

interface Pending {
  dueMs: number
  readonly intervalMs: number | undefined
  readonly run: () => void
}

/** A clock that stands still until it is turned by hand. */
export class FakeClock implements Clock {
  /** In the order in which the timers were made. */
  readonly #timers = new Set<Pending>()
  #epochMs: number
  #monotonicMs = 0

  /** Starts at a moment in milliseconds since the epoch. */
  constructor(epochMs: number = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs
  }

  /** How many timers wait, repeating ones included. */
  get pending(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#epochMs
  }

  iso(): string {
    return isoOf(this.#epochMs)
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#start({ dueMs: this.#monotonicMs + Math.max(0, delayMs), intervalMs: undefined, run })
  }

  every(intervalMs: number, run: () => void): Timer {
    const atLeastOne = Math.max(1, intervalMs)
    return this.#start({ dueMs: this.#monotonicMs + atLeastOne, intervalMs: atLeastOne, run })
  }

  /** Lets time pass. Timers that come due run at their moment, in order; those they start run too when due. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms
    for (let next = this.#earliest(endMs); next !== undefined; next = this.#earliest(endMs)) {
      this.#move(next.dueMs - this.#monotonicMs)
      if (next.intervalMs === undefined) this.#timers.delete(next)
      else next.dueMs += next.intervalMs
      next.run()
    }
    this.#move(endMs - this.#monotonicMs)
  }

  /** Makes the wall clock jump, forwards or back. The monotonic time and the timers do not notice. */
  set(epochMs: number): void {
    this.#epochMs = epochMs
  }

  #start(timer: Pending): Timer {
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  #move(ms: number): void {
    this.#monotonicMs += ms
    this.#epochMs += ms
  }

  #earliest(endMs: number): Pending | undefined {
    let earliest: Pending | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && timer.dueMs < (earliest?.dueMs ?? Number.POSITIVE_INFINITY)) earliest = timer
    }
    return earliest
  }
}

const PATIENCE = 20

/** The clock of the system, but each wait that begins on it may take 20 times as long: on a busy machine answers come late. */
export function createPatientClock(): Clock {
  const system = createSystemClock()
  return { ...system, after: (delayMs, run) => system.after(delayMs * PATIENCE, run) }
}
