import { Signal } from '../structures/signal.ts'

/** Something that happened on the bus, for whoever watches it: never with content. */
export interface BusEvent {
  /** Name of the event, such as `casil_decision`. */
  readonly type: string
  readonly severity: 'info' | 'warning' | 'error'
  /** Whom it concerns; undefined for what concerns the process as a whole. */
  readonly tenant: string | undefined
  /** The client that it is about, if it is about one. */
  readonly clientId?: string | undefined
  readonly payload: object
}

/** Everything that happens on the bus. */
export type BusEvents = Signal<[event: BusEvent]>

/** Makes the one signal of a process. */
export function createBusEvents(): BusEvents {
  return new Signal()
}
