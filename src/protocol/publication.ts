import type { Frame } from './frame.ts'
import type { Position, Stamped } from './message.ts'

/** A stored message with its position: what subscribers are sent and history holds. */
export interface Publication extends Position {
  /** Server time, milliseconds since the epoch. */
  readonly timestampMs: number
  readonly message: Stamped
  /** What every receiver gets, encoded once. */
  readonly frame: Frame
}
