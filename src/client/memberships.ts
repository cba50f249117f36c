import { BusClientError, toClientError } from './error.ts'
import { type BusMessage, type Frame, isObject } from './frames.ts'
import { Membership } from './membership.ts'
import { fieldsOf, keyOf, type Place, type Position } from './place.ts'
import type { JoinData, JoinOptions, PresenceNotice, Recovery } from './types.ts'

/** Asks for a command and resolves with the data of its answer. */
export type Ask = (name: string, args: object) => Promise<object>

/** What memberships are made of. */
export interface MembershipsOptions {
  /** Told of every message that is for the client, in the order in which it is to see them. */
  readonly onMessage: (message: BusMessage) => void
  /** Told how each membership came through a new connection. */
  readonly onRecovered: (recovery: Recovery) => void
}

/** Former client ids that are remembered, to know own messages by. */
const MAX_FORMER_IDS = 256
/** Joins that are under way at a time when a connection is restored. */
const MAX_JOINS = 20

/** What the client is a member of, across connections. */
export class Memberships {
  readonly #options: MembershipsOptions
  /** Map( "room:channel" -> membership ): those that are joined or listened to */
  readonly #memberships = new Map<string, Membership>()
  readonly #formerIds = new Set<string>()

  constructor(options: MembershipsOptions) {
    this.#options = options
  }

  /** How many channels are joined or listened to. */
  get size(): number {
    return this.#memberships.size
  }

  find(place: Place): Membership | undefined {
    return this.#memberships.get(place.key)
  }

  /** The membership of the place; made when there is none, and kept until it is {@link leave}d. */
  of(place: Place): Membership {
    const known = this.#memberships.get(place.key)
    if (known) return known
    const made = new Membership(place, this.#options.onMessage)
    this.#memberships.set(place.key, made)
    return made
  }

  /** Becomes a member; messages from then on, or from the given position on, reach the listeners that are there when it resolves. */
  async join(place: Place, options: JoinOptions, ask: Ask): Promise<JoinData> {
    const isNew = !this.#memberships.has(place.key)
    const membership = this.of(place)
    const since = positionOf(options)
    membership.isWatching = options.presence ?? membership.isWatching
    try {
      return await this.#enter(membership, since, { presence: options.presence }, ask)
    } catch (error) {
      if (isNew && !membership.isJoined) this.#memberships.delete(place.key)
      throw error
    }
  }

  /** Is a member without having asked: of the initial address. */
  adopt(place: Place): void {
    this.of(place).isJoined = true
  }

  /** Ends a membership on this side. */
  leave(place: Place, error?: BusClientError): void {
    const membership = this.#memberships.get(place.key)
    this.#memberships.delete(place.key)
    membership?.end(error)
  }

  /** A connection with this client id is gone: what it sent may come back. */
  addFormerId(clientId: string): void {
    this.#formerIds.add(clientId)
    const [oldest] = this.#formerIds
    if (this.#formerIds.size > MAX_FORMER_IDS && oldest !== undefined) this.#formerIds.delete(oldest)
  }

  /** Whether the client id was this client's, over an earlier connection. */
  isFormerId(clientId: string): boolean {
    return this.#formerIds.has(clientId)
  }

  /** Joins everything again on a new connection, from where it was; rejects when that connection breaks. */
  async restore(ask: Ask): Promise<void> {
    const joined = [...this.#memberships.values()].filter(({ isJoined }) => isJoined)
    for (let first = 0; first < joined.length; first += MAX_JOINS) {
      await Promise.all(joined.slice(first, first + MAX_JOINS).map(membership => this.#rejoin(membership, ask)))
    }
  }

  /** Ends every membership. */
  close(error: BusClientError | undefined): void {
    for (const { place } of [...this.#memberships.values()]) this.leave(place, error)
  }

  /** An own message was acknowledged with this position. */
  noteOwn(place: Place, position: Position): void {
    this.#memberships.get(place.key)?.noteOwn(position)
  }

  /** Takes a message that came for the client. */
  receive(message: BusMessage): void {
    const notice = noticeOf(message)
    if (notice) this.#notice(notice)
    const { room, channel } = message
    const membership = room === undefined || notice ? undefined : this.#memberships.get(keyOf(room, channel))
    if (membership) membership.receive(message, this.#isOwn(message))
    else this.#options.onMessage(message)
  }

  async #rejoin(membership: Membership, ask: Ask): Promise<void> {
    const { listeners, place, position, isWatching } = membership
    try {
      const data = await this.#enter(membership, position, { presence: isWatching }, ask)
      const { sequence, epoch } = data
      const recovery = {
        channel: place.key,
        recovered: data.recovered === true,
        since: position,
        end: { sequence, epoch }
      }
      listeners.emit('recovered', recovery)
      this.#options.onRecovered(recovery)
    } catch (cause) {
      const error = toClientError(cause)
      if (error.code === 'CLOSED' || error.code === 'TIMEOUT') throw error
      this.leave(place, error)
    }
  }

  async #enter(membership: Membership, since: Position | undefined, more: object, ask: Ask): Promise<JoinData> {
    const from = since === undefined ? {} : { since: since.sequence, epoch: since.epoch }
    membership.hold()
    try {
      const data = (await ask('join_channel', { ...fieldsOf(membership.place), ...from, ...more })) as JoinData
      membership.settle(data, since)
      return data
    } finally {
      setTimeout(() => membership.release(), 0)
    }
  }

  #notice(notice: PresenceNotice): void {
    if (notice.event === 'client_joined' || notice.event === 'client_left') {
      this.#memberships.get(keyOf(notice.room, notice.channel))?.notice(notice)
      return
    }
    for (const membership of this.#memberships.values()) {
      if (membership.place.room === notice.room) membership.notice(notice)
    }
  }

  #isOwn({ sender, metadata }: BusMessage): boolean {
    return this.#formerIds.has(sender) && metadata?.echo !== true
  }
}

/** The position to begin at. @throws BusClientError VALIDATION_ERROR when there is half of one */
function positionOf({ since, epoch }: JoinOptions): Position | undefined {
  if (typeof since === 'object') return since
  if ((since === undefined) !== (epoch === undefined)) {
    throw new BusClientError('VALIDATION_ERROR', 'since and epoch belong together')
  }
  return since === undefined || epoch === undefined ? undefined : { sequence: since, epoch }
}

const presenceEvents: ReadonlySet<unknown> = new Set<PresenceNotice['event']>([
  'client_joined',
  'client_left',
  'channel_created',
  'channel_deleted'
])

/** The message as a notice of presence, or undefined when it is none. */
function noticeOf({ type, sender, payload }: Frame | BusMessage): PresenceNotice | undefined {
  const isNotice = type === 'system' && sender === 'arqonbus' && isObject(payload) && presenceEvents.has(payload.event)
  return isNotice ? (payload as unknown as PresenceNotice) : undefined
}
