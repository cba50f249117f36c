const nothing: ReadonlySet<never> = new Set<never>()

/**
 * Two-way index of pairs, for questions from either side. A value that is in no pair takes no memory: its empty set goes
 * at once, or values that come and go would pile up for ever.
 */
export class Relation<L, R> {
  /** Map( left -> Set( right ) ) */
  readonly #rights = new Map<L, Set<R>>()
  /** Map( right -> Set( left ) ) */
  readonly #lefts = new Map<R, Set<L>>()
  #size = 0

  /** How many pairs there are. */
  get size(): number {
    return this.#size
  }

  /** How many left values are in at least one pair. */
  get leftCount(): number {
    return this.#rights.size
  }

  /** How many right values are in at least one pair. */
  get rightCount(): number {
    return this.#lefts.size
  }

  has(left: L, right: R): boolean {
    return this.#rights.get(left)?.has(right) === true
  }

  /** Adds a pair. False when it was there. */
  add(left: L, right: R): boolean {
    if (this.has(left, right)) return false
    put(this.#rights, left, right)
    put(this.#lefts, right, left)
    this.#size++
    return true
  }

  /** Removes a pair. False when it was not there. */
  delete(left: L, right: R): boolean {
    if (!this.has(left, right)) return false
    take(this.#rights, left, right)
    take(this.#lefts, right, left)
    this.#size--
    return true
  }

  /** Removes all pairs of a left value and returns their right values, in the order in which they were added. */
  deleteLeft(left: L): R[] {
    const rights = [...this.rightsOf(left)]
    this.#rights.delete(left)
    for (const right of rights) take(this.#lefts, right, left)
    this.#size -= rights.length
    return rights
  }

  /** The right values paired with a left one, as {@link leftsOf}. */
  rightsOf(left: L): ReadonlySet<R> {
    return this.#rights.get(left) ?? nothing
  }

  /**
   * The left values paired with a right one. The set is live and costs no copy: while it is iterated, removed values are
   * skipped and added ones visited. Do not keep it: once its last pair is gone, it no longer follows.
   */
  leftsOf(right: R): ReadonlySet<L> {
    return this.#lefts.get(right) ?? nothing
  }
}

function put<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key)
  if (values === undefined) index.set(key, new Set([value]))
  else values.add(value)
}

function take<K, V>(index: Map<K, Set<V>>, key: K, value: V): void {
  const values = index.get(key)
  values?.delete(value)
  if (values?.size === 0) index.delete(key)
}
