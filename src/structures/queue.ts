import { Ring } from './ring.ts'

/** First in, first out, and never more than `capacity` values: what does not fit is refused, not dropped in silence. */
export class BoundedQueue<T> {
  readonly capacity: number
  readonly #ring = new Ring<T>()

  /** `capacity` 0 refuses everything. */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  get length(): number {
    return this.#ring.length
  }

  /** Adds at the back. False, and nothing added, when the queue is full. */
  push(value: T): boolean {
    if (this.#ring.length >= this.capacity) return false
    this.#ring.push(value)
    return true
  }

  /** Takes from the front; undefined when empty. */
  shift(): T | undefined {
    return this.#ring.shift()
  }

  /** Removes everything. */
  clear(): void {
    this.#ring.clear()
  }
}
