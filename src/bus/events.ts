/** Something that happened on the bus, for whoever watches it: never with content. */
export interface BusEvent {
  /** Name of the event, such as `casil_decision`. */
  readonly type: string
  readonly severity: 'info' | 'warning' | 'error'
  readonly payload: object
}

/** Called with every event, synchronously. It must be quick and must not throw. */
export type EventListener = (event: BusEvent) => void

/** Hands events to whoever listens. Without listeners an event costs nothing. */
export class BusEvents {
  readonly #listeners = new Set<EventListener>()

  /** Starts listening. Returns how to stop. */
  on(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  emit(event: BusEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
