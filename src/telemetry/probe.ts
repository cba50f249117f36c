import type { Clock, Timer } from '../clock.ts'

const PROBE_MS = 5_000

/** Asks regularly whether the engine answers, and how fast. One question at a time: the age tells of one that is never answered. */
export class Probe {
  readonly #clock: Clock
  readonly #ask: () => Promise<void>
  readonly #timer: Timer
  #succeededAtMs: number
  #isAsking = false
  /** How long the last answer took; 0 before the first one. */
  lastSeconds = 0
  /** Questions since the start that were answered with an error. */
  failures = 0

  /** Starts asking. */
  constructor(clock: Clock, ask: () => Promise<void>) {
    this.#clock = clock
    this.#ask = ask
    this.#succeededAtMs = clock.monotonic()
    this.#timer = clock.every(PROBE_MS, () => this.#probe())
  }

  /** Since the last success, or since the start. */
  get ageSeconds(): number {
    return (this.#clock.monotonic() - this.#succeededAtMs) / 1000
  }

  /** Stops asking. */
  close(): void {
    this.#timer.cancel()
  }

  async #probe(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const startMs = this.#clock.monotonic()
    try {
      await this.#ask()
      this.#succeededAtMs = this.#clock.monotonic()
      this.lastSeconds = (this.#succeededAtMs - startMs) / 1000
    } catch {
      this.failures++
    } finally {
      this.#isAsking = false
    }
  }
}
