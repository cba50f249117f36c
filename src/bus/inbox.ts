import type { Clock, Timer } from '../clock.ts'
import { Ring } from '../structures/ring.ts'
import type { TokenBucket } from '../structures/token-bucket.ts'

/** What an inbox needs of its connection. */
export interface InboxOptions {
  readonly clock: Clock
  /** Paces all frames of the connection. */
  readonly bucket: TokenBucket
  /** So many tokens in the bucket mean that the peer has rested. */
  readonly restTokens: number
  /** How long the peer may run into the bound without a break before a frame is refused; twice that, and it is too much. */
  readonly abuseMs: number
  /** Works on one frame; a promise holds back the following ones until it settles. Must not throw or reject. */
  readonly handle: (text: string) => void | Promise<void>
  /** Answers a frame that will not be worked on because of sustained overload. */
  readonly refuse: (text: string) => void
  /** The peer did not slow down. */
  readonly abused: () => void
  readonly pause: () => void
  readonly resume: () => void
}

/**
 * The frames of one connection, worked on one at a time and in order. When work is slow, or frames come faster than the
 * bucket allows, reading from the socket is paused: the bound is what the system had already handed over in one read.
 */
export class Inbox {
  readonly #options: InboxOptions
  readonly #waiting = new Ring<string>()
  #isBusy = false
  #isPaused = false
  #isHurried = false
  #timer: Timer | undefined
  /** Since when the bucket has been empty without a second's rest. */
  #overSinceMs: number | undefined
  #hasWarned = false

  constructor(options: InboxOptions) {
    this.#options = options
  }

  /** Whether everything that was received has been worked on. */
  get isIdle(): boolean {
    return !this.#isBusy && this.#waiting.length === 0
  }

  receive(text: string): void {
    if (this.#isBusy || this.#waiting.length > 0 || !this.#mayProceed()) {
      this.#waiting.push(text)
      this.#hold()
      if (!this.#isBusy) this.#proceedLater()
    } else this.#work(text)
  }

  /** From now on nothing is paced: what was read is worked on as fast as it goes, and reading is not taken up again. */
  hurry(): void {
    this.#isHurried = true
    this.#proceed()
  }

  /** Forgets what waits. */
  close(): void {
    this.#timer?.cancel()
    this.#waiting.clear()
  }

  #mayProceed(): boolean {
    if (this.#isHurried) return true
    const { bucket, clock } = this.#options
    const now = clock.monotonic()
    this.#forgive(now)
    if (bucket.tryTake(now)) return true
    this.#overSinceMs ??= now
    return false
  }

  /** A peer that has rested starts anew. */
  #forgive(nowMs: number): void {
    if (this.#overSinceMs === undefined || this.#options.bucket.tokens(nowMs) < this.#options.restTokens) return
    this.#overSinceMs = undefined
    this.#hasWarned = false
  }

  #work(text: string): void {
    const work = this.#options.handle(text)
    if (work !== undefined) this.busyWith(work)
  }

  /** Holds frames back until the promise settles. It must not reject. */
  busyWith(work: Promise<void>): void {
    this.#isBusy = true
    void work.finally(() => {
      this.#isBusy = false
      this.#proceed()
    })
  }

  #proceed(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    while (!this.#isBusy) {
      const next = this.#waiting.peekFront()
      if (next === undefined) {
        this.#release()
        return
      }
      if (this.#isAbused()) this.#punish()
      else if (this.#mayProceed()) {
        this.#waiting.shift()
        this.#work(next)
      } else {
        this.#proceedLater()
        return
      }
    }
    this.#hold()
  }

  #isAbused(): boolean {
    const now = this.#options.clock.monotonic()
    this.#forgive(now)
    if (this.#overSinceMs === undefined || this.#isHurried) return false
    return now - this.#overSinceMs >= this.#options.abuseMs * (this.#hasWarned ? 2 : 1)
  }

  #punish(): void {
    const text = this.#waiting.shift() as string
    if (this.#hasWarned) {
      this.close()
      this.#options.abused()
    } else {
      this.#hasWarned = true
      this.#options.refuse(text)
    }
  }

  #proceedLater(): void {
    if (this.#timer !== undefined) return
    const { bucket, clock } = this.#options
    this.#timer = clock.after(Math.max(1, bucket.waitMs(clock.monotonic(), 1)), () => this.#proceed())
  }

  #hold(): void {
    if (this.#isPaused || this.#waiting.length === 0) return
    this.#isPaused = true
    this.#options.pause()
  }

  #release(): void {
    if (!this.#isPaused || this.#isHurried) return
    this.#isPaused = false
    this.#options.resume()
  }

  /** Whether reading is held back, so that silence of the peer means nothing. */
  get isPaused(): boolean {
    return this.#isPaused
  }
}
