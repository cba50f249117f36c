const LEAST_CAPACITY = 8

/**
 * Growing circular buffer: every operation is O(1), amortised. The space doubles when it is full and halves when three
 * quarters of it are unused; an empty ring that never held anything takes no space. It is not to be changed while it is iterated.
 */
export class Ring<T> {
  #slots: (T | undefined)[] = []
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Adds at the back. */
  push(value: T): void {
    if (this.#length === this.#slots.length) this.#resize(Math.max(LEAST_CAPACITY, this.#length * 2))
    this.#slots[this.#slot(this.#length)] = value
    this.#length++
  }

  /** Takes from the front; undefined when empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const value = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = this.#slot(1)
    this.#length--
    const capacity = this.#slots.length
    if (capacity > LEAST_CAPACITY && this.#length <= capacity / 4) this.#resize(capacity / 2)
    return value
  }

  /** The value at the front, which stays there; undefined when empty. */
  peekFront(): T | undefined {
    return this.at(0)
  }

  /** The value at a distance from the front; undefined outside of 0 to `length - 1`. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.#length ? this.#slots[this.#slot(index)] : undefined
  }

  /** Removes everything and gives the space back. */
  clear(): void {
    this.#slots = []
    this.#head = 0
    this.#length = 0
  }

  /** From the front to the back. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let index = 0; index < this.#length; index++) yield this.#slots[this.#slot(index)] as T
  }

  /** The capacity is always a power of two, so that wrapping is a mask. */
  #slot(index: number): number {
    return (this.#head + index) & (this.#slots.length - 1)
  }

  #resize(capacity: number): void {
    const slots = new Array<T | undefined>(capacity).fill(undefined)
    for (let index = 0; index < this.#length; index++) slots[index] = this.#slots[this.#slot(index)]
    this.#slots = slots
    this.#head = 0
  }
}
