import type { Clock } from '../../clock.ts'
import { Alarm } from '../alarm.ts'
import { Deadlines, type Due } from '../deadlines.ts'

interface Chore extends Due {
  readonly name: string
  readonly run: () => Promise<void>
}

/** How many run at a time. */
const MAX_RUNNING = 32
const RETRY_MS = 1_000

/** What is to be done later, at most one thing under each name. What fails is tried again until it is done or cancelled. */
export class Chores {
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>
  readonly #chores = new Map<string, Chore>()
  readonly #deadlines = new Deadlines<Chore>()
  readonly #alarm: Alarm
  #running = 0
  #isClosed = false

  constructor(clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#clock = clock
    this.#alarm = new Alarm(clock, () => this.#start())
  }

  get size(): number {
    return this.#chores.size
  }

  /** Does something in so many milliseconds, in place of what was to be done under the name. */
  set(name: string, delayMs: number, run: () => Promise<void>): void {
    if (this.#isClosed) return
    this.cancel(name)
    const chore: Chore = { name, run, dueMs: this.#clock.monotonic() + delayMs, place: -1 }
    this.#chores.set(name, chore)
    this.#deadlines.add(chore)
    this.#wait()
  }

  /** Does not do it, unless it has begun. */
  cancel(name: string): void {
    const chore = this.#chores.get(name)
    if (!chore) return
    this.#chores.delete(name)
    this.#deadlines.delete(chore)
    this.#wait()
  }

  /** Does nothing any more. */
  close(): void {
    for (const chore of this.#chores.values()) this.#deadlines.delete(chore)
    this.#chores.clear()
    this.#alarm.set(Number.POSITIVE_INFINITY)
    this.#isClosed = true
  }

  #wait(): void {
    const isFull = this.#running >= MAX_RUNNING
    this.#alarm.set(isFull ? Number.POSITIVE_INFINITY : (this.#deadlines.first?.dueMs ?? Number.POSITIVE_INFINITY))
  }

  #start(): void {
    const nowMs = this.#clock.monotonic()
    for (let chore = this.#deadlines.first; chore !== undefined; chore = this.#deadlines.first) {
      if (chore.dueMs > nowMs || this.#running >= MAX_RUNNING) break
      this.#chores.delete(chore.name)
      this.#deadlines.delete(chore)
      void this.#run(chore)
    }
    this.#wait()
  }

  async #run({ name, run }: Chore): Promise<void> {
    this.#running++
    try {
      await run()
      this.#running--
    } catch {
      this.#running--
      if (!this.#chores.has(name)) this.set(name, RETRY_MS, run)
    }
    this.#wait()
  }
}
