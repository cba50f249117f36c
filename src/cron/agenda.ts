import type { Clock } from '../clock.ts'
import { Heap } from '../structures/heap.ts'
import type { Entry } from './entry.ts'

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2_147_483_647
/** A wall clock that is set is noticed within this time. */
const MAX_BLIND_MS = 10_000

/** Waiting jobs by when they have to be looked at, those of each scale for themselves. */
export class Agenda<Author> {
  readonly #clock: Clock
  readonly #waiting = { monotonic: new Heap<Entry<Author>>(), epoch: new Heap<Entry<Author>>() }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.monotonic.size + this.#waiting.epoch.size
  }

  /** How long nothing has to be done, at most as long as a timer takes. */
  get restMs(): number {
    const { monotonic, epoch } = this.#waiting
    const restMs = Math.min(
      monotonic.lowest - this.#clock.monotonic(),
      epoch.lowest - this.#clock.now(),
      epoch.size > 0 ? MAX_BLIND_MS : MAX_TIMER_MS
    )
    return Math.max(0, Math.ceil(restMs))
  }

  /** Adds a job, or moves it, to a time on its scale: by default the one at which it is due. */
  set(job: Entry<Author>, atMs: number = job.dueMs): void {
    this.#waiting[job.scale].set(job, atMs)
  }

  /** False when it does not wait. */
  delete(job: Entry<Author>): boolean {
    return this.#waiting[job.scale].delete(job)
  }

  /** Takes the job that has been due for longest out. */
  takeDue(): Entry<Author> | undefined {
    const { monotonic, epoch } = this.#waiting
    const monotonicLateMs = this.#clock.monotonic() - monotonic.lowest
    const epochLateMs = this.#clock.now() - epoch.lowest
    if (monotonicLateMs < 0 && epochLateMs < 0) return undefined
    return monotonicLateMs >= epochLateMs ? monotonic.shift() : epoch.shift()
  }

  clear(): void {
    this.#waiting.monotonic.clear()
    this.#waiting.epoch.clear()
  }
}
