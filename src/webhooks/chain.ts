/** A place in a {@link Chain}. Only the chain changes it. */
export interface Link<T> {
  readonly value: T
  before: Link<T> | undefined
  after: Link<T> | undefined
}

/** First in, first out, where what stands in the middle can go as well: every operation is O(1). */
export class Chain<T> {
  #first: Link<T> | undefined
  #last: Link<T> | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What has been here longest; undefined when empty. */
  get first(): T | undefined {
    return this.#first?.value
  }

  /** Adds at the back. What is returned is for {@link remove}. */
  push(value: T): Link<T> {
    const link: Link<T> = { value, before: this.#last, after: undefined }
    if (this.#last) this.#last.after = link
    else this.#first = link
    this.#last = link
    this.#length++
    return link
  }

  /** Takes out a link of this chain, once. */
  remove(link: Link<T>): void {
    const { before, after } = link
    if (before) before.after = after
    else this.#first = after
    if (after) after.before = before
    else this.#last = before
    this.#length--
  }

  /** From the front to the back. Whatever was handed out last may be removed meanwhile. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let link = this.#first; link; ) {
      const { value, after } = link
      yield value
      link = after
    }
  }
}
