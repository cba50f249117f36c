import type { Position } from './message.ts'
import type { Publication } from './publication.ts'

/** Which part of a channel's history is wanted. All bounds are exclusive. */
export interface HistoryQuery {
  /** Only messages with a greater sequence. */
  readonly afterSequence?: number
  /** Only messages stamped later, in milliseconds since the epoch. */
  readonly afterMs?: number
  /** Only messages stamped earlier, in milliseconds since the epoch. */
  readonly beforeMs?: number
  /** At most so many, at least 1. */
  readonly limit: number
  /** Which end of the matching messages is kept when there are more than `limit`. The answer is always oldest first. */
  readonly keep: 'oldest' | 'newest'
}

/** A part of a channel's history, oldest first. */
export interface HistoryPage {
  readonly publications: readonly Publication[]
  /** How many messages the channel's history holds altogether. */
  readonly total: number
  readonly position: Position
}
