import type { Clock, Timer } from '../clock.ts'

/** Longest delay that timers know: a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** One timer for a moment however far away, which may be moved. It never rings early. */
export class Alarm {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>
  readonly #ring: () => void
  #atMs = Number.POSITIVE_INFINITY
  #timer: Timer | undefined

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings once when the clock's monotonic time is `atMs`, and at no other time; at infinity never. */
  set(atMs: number): void {
    if (atMs === this.#atMs) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#atMs = atMs
    if (atMs !== Number.POSITIVE_INFINITY) this.#wait()
  }

  #wait(): void {
    const delayMs = Math.max(0, Math.ceil(this.#atMs - this.#clock.monotonic()))
    this.#timer = this.#clock.after(Math.min(delayMs, MAX_DELAY_MS), () => {
      if (this.#clock.monotonic() < this.#atMs) return this.#wait()
      this.#atMs = Number.POSITIVE_INFINITY
      this.#ring()
    })
  }
}
