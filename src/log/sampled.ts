import type { Clock, Timer } from '../clock.ts'

/** What a {@link Sampled} is made of. */
export interface SampledOptions<Thing> {
  readonly clock: Pick<Clock, 'after'>
  /** Length of a window. */
  readonly windowMs: number
  /** More keys than this in one window, and what comes under a further one is told at once, each time. */
  readonly maxKeys: number
  /**
   * Tells of one thing.
   * @param repeated 0 for the first of its key; else how many more of the key there were, of which `thing` is the first
   */
  readonly tell: (thing: Thing, repeated: number) => void
}

interface Repetition<Thing> {
  readonly thing: Thing
  count: number
}

/**
 * Tells of things that may come in floods at most once per key and window: the first at once, those after it as one number when the
 * window ends. A key of which there was nothing in a whole window is forgotten, and told at once when it comes again.
 */
export class Sampled<Thing> {
  readonly #options: SampledOptions<Thing>
  /** Map( key -> what came under it in this window after what was told ) */
  readonly #repetitions = new Map<string, Repetition<Thing>>()
  /** Runs only while there is a key to remember. */
  #timer: Timer | undefined

  constructor(options: SampledOptions<Thing>) {
    this.#options = options
  }

  add(key: string, thing: Thing): void {
    const { clock, windowMs, maxKeys, tell } = this.#options
    const repetition = this.#repetitions.get(key)
    if (repetition) {
      repetition.count++
      return
    }
    if (this.#repetitions.size < maxKeys) {
      this.#repetitions.set(key, { thing, count: 0 })
      this.#timer ??= clock.after(windowMs, () => this.#endWindow())
    }
    tell(thing, 0)
  }

  /** Tells what waits and forgets every key. */
  close(): void {
    this.#timer?.cancel()
    this.#tellAll()
    this.#repetitions.clear()
  }

  #endWindow(): void {
    const { clock, windowMs } = this.#options
    this.#tellAll()
    this.#timer = this.#repetitions.size > 0 ? clock.after(windowMs, () => this.#endWindow()) : undefined
  }

  #tellAll(): void {
    for (const [key, repetition] of this.#repetitions) {
      const { thing, count } = repetition
      if (count === 0) this.#repetitions.delete(key)
      repetition.count = 0
      if (count > 0) this.#options.tell(thing, count)
    }
  }
}
