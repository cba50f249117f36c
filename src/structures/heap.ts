interface Node<T> {
  readonly item: T
  readonly priority: number
  /** Decides between equal priorities: first come, first out. */
  readonly order: number
}

/** Items by priority, the lowest number first; equals in the order in which they were added. Any item can be taken out again. */
export class Heap<T> {
  readonly #nodes: Node<T>[] = []
  /** Map( item -> where its node stands ) */
  readonly #places = new Map<T, number>()
  #added = 0

  get size(): number {
    return this.#nodes.length
  }

  /** The lowest priority; Infinity when nothing is here. */
  get lowest(): number {
    return this.#nodes[0]?.priority ?? Number.POSITIVE_INFINITY
  }

  /** Adds an item, or gives it another priority; then it comes after its equals. O(log n). */
  set(item: T, priority: number): void {
    this.delete(item)
    this.#nodes.push({ item, priority, order: this.#added++ })
    this.#rise(this.#nodes.length - 1)
  }

  /** Takes the item of the lowest priority out; undefined when nothing is here. O(log n). */
  shift(): T | undefined {
    const first = this.#nodes[0]?.item
    if (first !== undefined) this.delete(first)
    return first
  }

  /** Takes an item out. False when it is not here. O(log n). */
  delete(item: T): boolean {
    const place = this.#places.get(item)
    if (place === undefined) return false
    this.#places.delete(item)
    const last = this.#nodes.pop() as Node<T>
    if (last.item === item) return true
    this.#put(last, place)
    this.#sink(this.#rise(place))
    return true
  }

  clear(): void {
    this.#nodes.length = 0
    this.#places.clear()
  }

  /** Returns where the node has come to stand. */
  #rise(from: number): number {
    const node = this.#nodes[from] as Node<T>
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#nodes[above] as Node<T>
      if (!isBefore(node, parent)) break
      this.#put(parent, place)
      place = above
    }
    this.#put(node, place)
    return place
  }

  #sink(from: number): void {
    const node = this.#nodes[from] as Node<T>
    let place = from
    for (;;) {
      const left = 2 * place + 1
      const child = this.#nodes[left]
      if (!child) break
      const other = this.#nodes[left + 1]
      const isRight = other !== undefined && isBefore(other, child)
      const lower = isRight ? other : child
      if (!isBefore(lower, node)) break
      this.#put(lower, place)
      place = isRight ? left + 1 : left
    }
    this.#put(node, place)
  }

  #put(node: Node<T>, place: number): void {
    this.#nodes[place] = node
    this.#places.set(node.item, place)
  }
}

function isBefore<T>(a: Node<T>, b: Node<T>): boolean {
  return a.priority < b.priority || (a.priority === b.priority && a.order < b.order)
}
