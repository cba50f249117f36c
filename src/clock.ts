/** A running timer. */
export interface Timer {
  /** Stops the timer; safe to call more than once. */
  cancel(): void
}

/** Where everything in `src/` gets its time from, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** The present as RFC 3339 in UTC with milliseconds and `Z`. */
  iso(): string
  /** Milliseconds from an arbitrary start; never goes backwards. */
  monotonic(): number
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
  /** Calls `run` every `intervalMs` until cancelled. The timer does not keep the process alive. */
  every(intervalMs: number, run: () => void): Timer
}

/** RFC 3339 text of a moment, in UTC with milliseconds. */
export function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** The real clock. `iso` formats once per millisecond: `toISOString` costs more than the rest of an envelope's header. */
export function createSystemClock(): Clock {
  let cachedMs = -1
  let cachedIso = ''
  return {
    now: Date.now,
    iso() {
      const now = Date.now()
      if (now !== cachedMs) {
        cachedMs = now
        cachedIso = isoOf(now)
      }
      return cachedIso
    },
    monotonic: () => performance.now(),
    after(delayMs, run) {
      const handle = setTimeout(run, delayMs).unref()
      return { cancel: () => clearTimeout(handle) }
    },
    every(intervalMs, run) {
      const handle = setInterval(run, intervalMs).unref()
      return { cancel: () => clearInterval(handle) }
    }
  }
}
