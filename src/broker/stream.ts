import { frameOf } from '../protocol/frame.ts'
import type { Position, Stamped } from '../protocol/message.ts'
import type { Publication } from '../protocol/publication.ts'
import { deliveryText } from '../protocol/replies.ts'
import type { StoredAt } from '../protocol/revive.ts'
import { Ring } from '../structures/ring.ts'
import type { HistoryQuery } from './broker.ts'
import { FrameLog } from './frame-log.ts'
import { type IdTurns, type RecentIdLimits, RecentIds } from './recent-ids.ts'
import { Entry, type Holder, publicationOf, type Retention } from './retention.ts'

/** What one channel may hold [limits.md, history per channel]. */
export interface StreamLimits {
  /** Messages kept; 0 keeps none, positions are given all the same. */
  readonly maxCount: number
  /** Bytes kept, by `sizeOf`. The newest message is kept whatever its size: an acknowledged message is in history. */
  readonly maxBytes: number
  readonly recentIds: RecentIdLimits
}

/**
 * One channel: its numbering, its history and the ids it has seen. The history is always the latest messages without a hole,
 * so what was dropped is known from its length alone.
 */
export class Stream implements Holder {
  isSubscribed = false
  readonly #place: StoredAt
  readonly #limits: StreamLimits
  readonly #retention: Retention
  readonly #turns: IdTurns
  readonly #history = new Ring<Entry>()
  #log = new FrameLog()
  #recentIds: RecentIds | undefined
  #epoch: string
  #sequence = 0
  #bytes = 0

  constructor(place: StoredAt, epoch: string, limits: StreamLimits, retention: Retention, turns: IdTurns) {
    this.#place = place
    this.#epoch = epoch
    this.#limits = limits
    this.#retention = retention
    this.#turns = turns
  }

  get position(): Position {
    return { sequence: this.#sequence, epoch: this.#epoch }
  }

  /** How many messages the history holds. */
  get length(): number {
    return this.#history.length
  }

  /** The sequence that the message has got already, if its publisher sent the same id before; else remembers it for the next append. */
  duplicateOf(message: Stamped, nowMs: number): number | undefined {
    const next = this.#sequence + 1
    this.#recentIds ??= new RecentIds(this.#limits.recentIds, this.#turns)
    // An id holds no space, so the pair is read in one way only.
    const first = this.#recentIds.claim(`${message.id} ${message.publisher}`, next, nowMs)
    return first === next ? undefined : first
  }

  /** Gives the next sequence, and keeps the message as far as the limits allow. */
  append(message: Stamped, nowMs: number): Publication {
    const sequence = ++this.#sequence
    const epoch = this.#epoch
    const text = deliveryText(message, { sequence, epoch })
    const isKept = this.#limits.maxCount > 0
    const frame = isKept ? this.#log.write(text) : frameOf(text)
    const publication = { sequence, epoch, timestampMs: message.timestampMs, message, frame }
    if (!isKept) return publication
    const entry = new Entry(publication, frame, this, nowMs)
    this.#history.push(entry)
    this.#bytes += entry.bytes
    if (this.#history.length > this.#limits.maxCount) this.dropOldest()
    while (this.#bytes > this.#limits.maxBytes && this.#history.length > 1) this.dropOldest()
    this.#retention.add(entry)
    return publication
  }

  dropOldest(): void {
    const entry = this.#history.shift()
    if (entry === undefined) return
    this.#bytes -= entry.bytes
    this.#retention.remove(entry)
  }

  /** Forgets the ids that are too old. */
  expireIds(nowMs: number): void {
    this.#recentIds?.expire(nowMs)
    if (this.#recentIds?.count === 0) this.#recentIds = undefined
  }

  /** Everything after a position, in order; undefined when part of it may be gone or it is more than `limit`. */
  since(position: Position, limit: number): Publication[] | undefined {
    if (position.epoch !== this.#epoch) return undefined
    const missed = this.#sequence - position.sequence
    if (missed < 0 || missed > this.length || missed > limit) return undefined
    return this.#collect({ afterSequence: position.sequence, limit, keep: 'oldest' })
  }

  /** The messages of the history that a query asks for, oldest first. */
  read(query: HistoryQuery): Publication[] {
    return query.keep === 'oldest' ? this.#collect(query) : this.#collect(query).reverse()
  }

  /** Starts anew: no history, no ids, sequences from 1 in another epoch. */
  restart(epoch: string): void {
    while (this.length > 0) this.dropOldest()
    this.#log = new FrameLog()
    this.#recentIds?.clear()
    this.#recentIds = undefined
    this.#sequence = 0
    this.#epoch = epoch
  }

  /** From the end that is to be kept towards the other. */
  #collect({
    afterSequence = 0,
    afterMs = Number.NEGATIVE_INFINITY,
    beforeMs = Number.POSITIVE_INFINITY,
    limit,
    keep
  }: HistoryQuery): Publication[] {
    const droppedSequence = this.#sequence - this.length
    const first = Math.max(0, afterSequence - droppedSequence)
    const step = keep === 'oldest' ? 1 : -1
    const found: Publication[] = []
    for (
      let index = keep === 'oldest' ? first : this.length - 1;
      index >= first && found.length < limit;
      index += step
    ) {
      const entry = this.#history.at(index)
      if (entry === undefined) break
      if (entry.timestampMs <= afterMs || entry.timestampMs >= beforeMs) continue
      found.push(publicationOf(entry, this.#epoch, this.#place))
    }
    return found
  }
}
