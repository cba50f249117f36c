/** How often one thing happened. */
export interface Count<Key> {
  readonly key: Key
  readonly count: number
}

/** How often each of a few things happened. The keys come from the program, never from a peer: none is ever forgotten. */
export class Counts<Key> {
  readonly #counts = new Map<Key, number>()

  add(key: Key): void {
    this.#counts.set(key, this.of(key) + 1)
  }

  /** 0 for what never happened. */
  of(key: Key): number {
    return this.#counts.get(key) ?? 0
  }

  /** Everything that happened at least once, in the order of the first times. */
  list(): Count<Key>[] {
    return [...this.#counts].map(([key, count]) => ({ key, count }))
  }
}
