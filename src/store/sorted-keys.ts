/** A full part is divided, so that a change moves no more than this many texts however many there are. */
const MAX_PART = 512

/** A set of texts in the order of their UTF-16 code units, kept in parts that follow each other. */
export class SortedKeys {
  /** None of them is empty. */
  readonly #parts: string[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a text that is not there. */
  add(key: string): void {
    const at = this.#partFor(key)
    const part = this.#parts[at] ?? []
    if (part.length === 0) this.#parts.push(part)
    part.splice(firstFrom(part, key), 0, key)
    if (part.length > MAX_PART) this.#parts.splice(at + 1, 0, part.splice(MAX_PART / 2))
    this.#size++
  }

  /** Removes a text that is there. */
  delete(key: string): void {
    const at = this.#partFor(key)
    const part = this.#parts[at] as string[]
    part.splice(firstFrom(part, key), 1)
    if (part.length === 0) this.#parts.splice(at, 1)
    this.#size--
  }

  /** The first `count` texts that begin with `prefix` and come after `after`. */
  page(prefix: string, after: string | undefined, count: number): string[] {
    const from = after === undefined || after < prefix ? prefix : after
    const page: string[] = []
    let at = this.#partFor(from)
    let start = firstFrom(this.#parts[at] ?? [], from)
    for (let part = this.#parts[at]; part !== undefined; part = this.#parts[++at]) {
      for (; start < part.length; start++) {
        const key = part[start] as string
        if (key === after) continue
        if (page.length === count || !key.startsWith(prefix)) return page
        page.push(key)
      }
      start = 0
    }
    return page
  }

  /** Index of the last part that does not begin after `key`, or of the first one. */
  #partFor(key: string): number {
    let low = 0
    let high = this.#parts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#parts[middle]?.[0] as string) <= key) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}

/** Index of the first text that is not before `key`. */
function firstFrom(part: readonly string[], key: string): number {
  let low = 0
  let high = part.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((part[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
