/** Something with an end. */
export interface Due {
  /** On the clock's monotonic time; does not change while it is in a heap. */
  readonly dueMs: number
  /** Where it stands in the heap, which alone writes it; -1 outside. */
  place: number
}

/** A heap of things by the time at which they are due. Any of them can be taken out, so that nothing stale stays in it. */
export class Deadlines<T extends Due> {
  readonly #heap: T[] = []

  get size(): number {
    return this.#heap.length
  }

  /** What is due first; it stays in. */
  get first(): T | undefined {
    return this.#heap[0]
  }

  /** Adds a thing that is in no heap. */
  add(thing: T): void {
    this.#raise(thing, this.#heap.length)
  }

  /** Takes a thing out. Does nothing when it is not in. */
  delete(thing: T): void {
    const { place } = thing
    if (place < 0) return
    thing.place = -1
    const last = this.#heap.pop() as T
    if (last === thing) return
    if (place > 0 && last.dueMs < this.#at(parentOf(place)).dueMs) this.#raise(last, place)
    else this.#lower(last, place)
  }

  #at(place: number): T {
    return this.#heap[place] as T
  }

  #set(thing: T, place: number): void {
    this.#heap[place] = thing
    thing.place = place
  }

  /** Puts a thing at a free place, or above it. */
  #raise(thing: T, from: number): void {
    let place = from
    while (place > 0 && thing.dueMs < this.#at(parentOf(place)).dueMs) {
      this.#set(this.#at(parentOf(place)), place)
      place = parentOf(place)
    }
    this.#set(thing, place)
  }

  /** Puts a thing at a free place, or below it. */
  #lower(thing: T, from: number): void {
    let place = from
    for (;;) {
      let child = place * 2 + 1
      const right = this.#heap[child + 1]
      if (right !== undefined && right.dueMs < this.#at(child).dueMs) child++
      const next = this.#heap[child]
      if (next === undefined || next.dueMs >= thing.dueMs) break
      this.#set(next, place)
      place = child
    }
    this.#set(thing, place)
  }
}

function parentOf(place: number): number {
  return (place - 1) >> 1
}
