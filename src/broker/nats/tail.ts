import type { Position } from '../../protocol/message.ts'
import type { Publication } from '../../protocol/publication.ts'
import type { StoredAt } from '../../protocol/revive.ts'
import { Ring } from '../../structures/ring.ts'
import { FrameLog } from '../frame-log.ts'
import { Entry, type Holder, publicationOf, type Retention } from '../retention.ts'

/** How much the latest messages of one channel may take. */
export interface TailLimits {
  readonly maxCount: number
  readonly maxBytes: number
}

/** A message at hand, with the epoch it was stored under. */
interface Held {
  readonly entry: Entry
  readonly epoch: string
}

/**
 * The latest messages of a channel that has members here, as they were delivered. When many come back at once, this and not the
 * stream tells them what they missed [cluster.md, Positions].
 */
export class Tail implements Holder {
  readonly #place: StoredAt
  readonly limits: TailLimits
  readonly #retention: Retention
  readonly #held = new Ring<Held>()
  readonly #log = new FrameLog()
  #base: Position = { sequence: 0, epoch: '' }
  #end: Position = this.#base
  #bytes = 0

  constructor(place: StoredAt, limits: TailLimits, retention: Retention) {
    this.#place = place
    this.limits = limits
    this.#retention = retention
  }

  /** Behind this everything is known. */
  get base(): Position {
    return this.#base
  }

  /** The latest message that is known, or where the numbering begins. Without an epoch nothing is known. */
  get end(): Position {
    return this.#end
  }

  /** Starts anew behind a position. */
  reset(position: Position): void {
    while (this.#held.length > 0) this.dropOldest()
    this.#base = position
    this.#end = position
  }

  push(publication: Publication, nowMs: number): void {
    const { sequence, epoch } = publication
    this.#end = { sequence, epoch }
    const entry = new Entry(publication, this.#log.keep(publication.frame), this, nowMs)
    this.#held.push({ entry, epoch })
    this.#bytes += entry.bytes
    this.#retention.add(entry)
    while (this.#held.length > this.limits.maxCount || this.#bytes > this.limits.maxBytes) this.dropOldest()
  }

  /**
   * Puts in front what was published from behind another position up to where the tail begins; the oldest go where there is too much.
   * Nothing happens when the tail does not begin at `from` any more.
   */
  extend(from: Position, base: Position, earlier: readonly Publication[], nowMs: number): void {
    if (this.#base.sequence !== from.sequence || this.#base.epoch !== from.epoch) return
    const later = [...this.#held].map(({ entry, epoch }) => publicationOf(entry, epoch, this.#place))
    const end = this.#end
    this.reset(base)
    for (const publication of [...earlier, ...later]) this.push(publication, nowMs)
    this.#end = end
  }

  dropOldest(): void {
    const oldest = this.#held.shift()
    if (oldest === undefined) return
    const { entry, epoch } = oldest
    this.#base = { sequence: entry.sequence, epoch }
    this.#bytes -= entry.bytes
    this.#retention.remove(entry)
  }

  /** Everything after a position, in order; undefined when it is not known here, or is more than `limit`. */
  since(position: Position, limit: number): Publication[] | undefined {
    const from = this.#indexAfter(position)
    if (from === undefined || this.#held.length - from > limit) return undefined
    const missed: Publication[] = []
    for (let index = from; index < this.#held.length; index++) {
      const held = this.#held.at(index)
      if (held !== undefined) missed.push(publicationOf(held.entry, held.epoch, this.#place))
    }
    return missed
  }

  /** Index of the first message after a position that is the base or a message held. Sequences leave numbers out. */
  #indexAfter({ sequence, epoch }: Position): number | undefined {
    if (epoch === '') return undefined
    if (sequence === this.#base.sequence) return epoch === this.#base.epoch ? 0 : undefined
    let [low, high] = [0, this.#held.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#held.at(middle)?.entry.sequence ?? 0) < sequence) low = middle + 1
      else high = middle
    }
    const found = this.#held.at(low)
    return found?.entry.sequence === sequence && found.epoch === epoch ? low + 1 : undefined
  }
}
