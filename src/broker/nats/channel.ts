import type { BusError } from '../../errors.ts'
import { Ring } from '../../structures/ring.ts'
import type { LiveChannel } from './live.ts'
import { type Place, placeOf, storedSubject } from './subjects.ts'
import type { Destination } from './wire.ts'

/** What one node knows of a channel. */
export class Channel implements Destination {
  readonly key: string
  readonly tenant: string
  readonly room: string
  readonly channel: string
  /** Where its messages are stored. */
  readonly subject: string
  readonly epochOf: (birth: number) => string
  /** Present while it has members here. */
  live: LiveChannel | undefined
  /** Settles when the deliveries have begun. */
  starting: Promise<void> | undefined
  /** Settles when it is known where the numbering begins. */
  finding: Promise<number> | undefined
  /** How often somebody has asked for what it missed since there are members here. */
  recoveries = 0
  /** Settles when what was published before there were members here is at hand, as far as there is room. */
  recalling: Promise<void> | undefined
  /** Where the numbering begins, as far as it is known. */
  birth: number | undefined
  /** Monotonic time at which that was true. */
  bornMs = Number.NEGATIVE_INFINITY
  /** Latest message that a publisher here was told of. */
  acknowledged = 0
  /** Publishes that wait until it is known where the numbering begins. */
  readonly waiting = new Ring<(birth: number | undefined, error: BusError | undefined) => void>()

  constructor(key: string, epochOf: (birth: number) => string) {
    const place: Place = placeOf(key)
    this.key = key
    this.tenant = place.tenant
    this.room = place.room
    this.channel = place.channel
    this.subject = storedSubject(place)
    this.epochOf = epochOf
  }

  /** Whether forgetting what is known of it loses nothing but time. */
  get isIdle(): boolean {
    return this.live === undefined && this.finding === undefined && this.waiting.length === 0
  }

  /** Takes note of a birth that was found in the stream. */
  bornAt(birth: number, nowMs: number): void {
    this.birth = Math.max(birth, this.birth ?? 0)
    this.bornMs = nowMs
  }

  /** Its messages up to a sequence are gone, with the beginning of their numbering. */
  emptied(upTo: number): void {
    if (this.birth !== undefined && this.birth <= upTo) this.birth = undefined
    this.acknowledged = 0
  }
}
