/** Something that happens again and again, for whoever listens. Without listeners it costs nothing. */
export class Signal<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>()

  /** Whether anybody listens, so that what would be told need not be made. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** Starts listening; the listener is called synchronously, must be quick and must not throw. Returns how to stop. */
  on(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  emit(...args: Args): void {
    for (const listener of this.#listeners) listener(...args)
  }
}
