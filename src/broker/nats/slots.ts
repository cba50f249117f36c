import { BusError } from '../../errors.ts'
import { BoundedQueue } from '../../structures/queue.ts'

/** So many may work at a time, so many more may wait for their turn; the rest is refused. */
export class Slots {
  readonly #waiting: BoundedQueue<() => void>
  #free: number

  constructor(count: number, maxWaiting: number) {
    this.#free = count
    this.#waiting = new BoundedQueue(maxWaiting)
  }

  /** Runs the work when it is its turn. @throws {BusError} ENGINE_UNAVAILABLE when too many wait */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#turn()
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#waiting.push(resolve))
        reject(new BusError('ENGINE_UNAVAILABLE', { message: 'Too many readers of history' }))
    })
  }
}
