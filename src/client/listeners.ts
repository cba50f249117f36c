/** Listeners of several kinds of event, called in the order in which they were added. */
export class Listeners<Events extends object> {
  readonly #byEvent = new Map<keyof Events, Set<(value: never) => void>>()

  /** Adds a listener, and returns what removes it again. A listener that is added twice is called once. */
  add<Name extends keyof Events>(event: Name, listener: (value: Events[Name]) => void): () => void {
    const listeners = this.#byEvent.get(event) ?? new Set()
    this.#byEvent.set(event, listeners.add(listener))
    return () => {
      listeners.delete(listener)
    }
  }

  /**
   * Calls every listener of the event. One that throws keeps neither the others nor the connection from going on: its error
   * surfaces as an uncaught one.
   */
  emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
    const listeners = [...(this.#byEvent.get(event) ?? [])] as ((value: Events[Name]) => void)[]
    for (const listener of listeners) callSafely(listener, value)
  }

  /** Forgets every listener. */
  clear(): void {
    this.#byEvent.clear()
  }
}

/** Calls a listener; what it throws surfaces as an uncaught error, and stops nobody. */
export function callSafely<Value>(listener: (value: Value) => void, value: Value): void {
  try {
    listener(value)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
