import { BusClientError } from './error.ts'

interface Reader<Item> {
  resolve(result: IteratorResult<Item, undefined>): void
  reject(error: BusClientError): void
}

/**
 * Items in the order they came, for `for await`. It buffers what is not read yet, up to a bound. Beyond that it drops nothing
 * in silence: what is buffered is still read, then the iterator throws OVERFLOW.
 */
export class ItemStream<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #maxBuffered: number
  readonly #release: () => void
  readonly #items: Item[] = []
  readonly #readers: Reader<Item>[] = []
  #isEnded = false
  #error: BusClientError | undefined

  /**
   * @param maxBuffered how many items may wait to be read
   * @param release called once, when no more items are taken
   */
  constructor(maxBuffered: number, release: () => void) {
    this.#maxBuffered = maxBuffered
    this.#release = release
  }

  /** Adds an item; after the end it is ignored. */
  push(item: Item): void {
    if (this.#isEnded) return
    const reader = this.#readers.shift()
    if (reader) reader.resolve({ done: false, value: item })
    else if (this.#items.length < this.#maxBuffered) this.#items.push(item)
    else this.end(new BusClientError('OVERFLOW', `more than ${this.#maxBuffered} messages wait to be read`))
  }

  /** Takes no more items. Once the buffered ones are read, the iterator throws the error, or is done when there is none. */
  end(error?: BusClientError): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#error = error
    this.#release()
    for (const reader of this.#readers.splice(0)) this.#conclude(reader)
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject }
      const [item] = this.#items.splice(0, 1)
      if (item !== undefined) resolve({ done: false, value: item })
      else if (this.#isEnded) this.#conclude(reader)
      else this.#readers.push(reader)
    })
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#items.length = 0
    this.end()
    this.#error = undefined
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #conclude(reader: Reader<Item>): void {
    const error = this.#error
    this.#error = undefined
    if (error) reader.reject(error)
    else reader.resolve({ done: true, value: undefined })
  }
}
