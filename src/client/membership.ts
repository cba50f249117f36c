import type { BusClientError } from './error.ts'
import type { BusMessage } from './frames.ts'
import { Listeners } from './listeners.ts'
import type { Place, Position } from './place.ts'
import type { ChannelEvents, JoinData, PresenceNotice } from './types.ts'

/** Positions of own messages that lie beyond what has come. */
const MAX_OWN = 1_000

/** What a client is to one channel: where it stands in it, and who listens. It survives connections. */
export class Membership {
  readonly place: Place
  readonly listeners = new Listeners<ChannelEvents>()
  /** Whether the client is a member, or will be one again as soon as it can. */
  isJoined = false
  isWatching = false
  #position: Position | undefined
  /** Sequences of own messages, as the acknowledgements told them: they do not come, and leave no gap. */
  readonly #own = new Set<number>()
  /** What came while a join was under way. */
  #held: { readonly message: BusMessage; readonly isOwn: boolean }[] | undefined
  readonly #deliver: (message: BusMessage) => void

  /** @param deliver told of every message after the listeners here, once */
  constructor(place: Place, deliver: (message: BusMessage) => void) {
    this.place = place
    this.#deliver = deliver
  }

  /** The last message that has come; undefined while nothing is known. */
  get position(): Position | undefined {
    return this.#position
  }

  /** Keeps messages back until {@link release}: the answer to a join says where they begin. */
  hold(): void {
    this.#held ??= []
  }

  /**
   * Takes over what the answer to a join says.
   * @param since the position that was given, if one was
   */
  settle(data: JoinData, since: Position | undefined): void {
    const { sequence, epoch, recovered } = data
    const isKept = since === undefined && this.isJoined && this.#position?.epoch === epoch
    const begin = this.isJoined && this.#position === undefined ? this.#beginOf(epoch, sequence) : sequence
    this.isJoined = true
    if (isKept) return
    this.#own.clear()
    this.#position = since !== undefined && recovered === true ? since : { sequence: begin, epoch }
  }

  /** Hands over what was kept back, in its order. */
  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    held.sort((a, b) => compare(a.message, b.message))
    for (const { message, isOwn } of held) this.receive(message, isOwn)
  }

  /**
   * Takes a message of the channel: each one once, and in order.
   * @param isOwn sent by this client over an earlier connection, and not meant for itself
   */
  receive(message: BusMessage, isOwn: boolean): void {
    const { sequence, epoch } = message
    if (sequence !== undefined && epoch !== undefined) {
      if (this.#held) {
        this.#held.push({ message, isOwn })
        return
      }
      if (this.#position?.epoch === epoch && sequence <= this.#position.sequence) return
      this.#advance({ sequence, epoch })
    }
    if (isOwn) return
    this.listeners.emit('message', message)
    this.#deliver(message)
  }

  /** An own message has this position: if nothing lies between, there is nothing to recover before it. */
  noteOwn({ sequence, epoch }: Position): void {
    if (this.#position?.epoch !== epoch || sequence <= this.#position.sequence) return
    if (this.#own.size < MAX_OWN) this.#own.add(sequence)
    if (sequence === this.#position.sequence + 1) this.#advance(this.#position)
  }

  /** Tells of somebody who came or went, or of a channel of the room. */
  notice(notice: PresenceNotice): void {
    if (this.isWatching) this.listeners.emit('presence', notice)
  }

  /** Ends the membership, and with it the streams of its messages. */
  end(error?: BusClientError): void {
    this.isJoined = false
    this.#held = undefined
    this.#position = undefined
    this.#own.clear()
    this.listeners.emit('left', error === undefined ? {} : { error })
  }

  /** Of a channel that was joined without an answer, messages may have come before the answer tells where it stands. */
  #beginOf(epoch: string, end: number): number {
    const early = (this.#held ?? []).flatMap(({ message }) => (message.epoch === epoch ? (message.sequence ?? []) : []))
    return Math.min(end, ...early.map(sequence => sequence - 1))
  }

  #advance({ sequence, epoch }: Position): void {
    if (this.#position?.epoch !== epoch) this.#own.clear()
    let last = sequence
    while (this.#own.delete(last + 1)) last++
    for (const own of this.#own) if (own <= last) this.#own.delete(own)
    this.#position = { sequence: last, epoch }
  }
}

/** By position, as far as two messages can be compared. */
function compare(a: BusMessage, b: BusMessage): number {
  return a.epoch === b.epoch ? (a.sequence ?? 0) - (b.sequence ?? 0) : 0
}
