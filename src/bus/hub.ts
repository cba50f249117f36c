import type { Broker, Sink } from '../broker/broker.ts'
import { type Frame, frameOf } from '../protocol/frame.ts'
import type { Stamped } from '../protocol/message.ts'
import type { Publication } from '../protocol/publication.ts'
import { deliveryText } from '../protocol/replies.ts'
import { Relation } from '../structures/relation.ts'
import type { Traces } from '../telemetry/traces.ts'
import type { Connection } from './connection.ts'
import { Peers } from './peers.ts'

/** What a membership is in: a channel, or the room itself when `name` is empty. */
export interface Place {
  readonly tenant: string
  readonly room: string
  readonly name: string
  readonly key: string
  /** Key of the room itself. */
  readonly roomKey: string
}

/** More publications than this during one join mean that the member cannot catch up. */
const MAX_HELD = 10_000

const nobody: readonly string[] = Object.freeze([])

/**
 * Who is connected to this node and who is a member of what; carries what the broker delivers to their outboxes.
 * A message is encoded and framed once, and every member is handed the same bytes.
 */
export class Hub implements Sink {
  /** Map( client id -> connection ) */
  readonly #connections = new Map<string, Connection>()
  readonly #tenants = new Relation<Connection, string>()
  /** connections <-> keys of channels, and of rooms joined as such */
  readonly #members = new Relation<Connection, string>()
  /** connections <-> keys of rooms in which they are a member of anything */
  readonly #roomMembers = new Relation<Connection, string>()
  /** connections <-> keys of channels whose notices of presence they asked for */
  readonly #watchers = new Relation<Connection, string>()
  /** Map( connection -> Map( key -> place ) ), with the moment of joining */
  readonly #places = new Map<Connection, Map<string, { readonly place: Place; readonly joinedAtMs: number }>>()
  readonly #broker: Broker
  readonly #traces: Traces | undefined
  /** The other nodes. */
  readonly peers: Peers
  /** The message whose delivery somebody waits for. */
  #expected: { readonly id: string; readonly delivered: () => void } | undefined
  /** Frames handed to outboxes since the start. */
  deliveredCount = 0

  constructor(broker: Broker, traces?: Traces) {
    this.#broker = broker
    this.#traces = traces
    this.peers = new Peers(broker)
  }

  get size(): number {
    return this.#connections.size
  }

  connections(): IterableIterator<Connection> {
    return this.#connections.values()
  }

  /** The connection with this client id, if it is of the tenant: "not yours" and "not there" look alike. */
  find(tenant: string, clientId: string): Connection | undefined {
    const connection = this.#connections.get(clientId)
    return connection?.identity.tenant === tenant ? connection : undefined
  }

  connectionsOf(tenant: string): ReadonlySet<Connection> {
    return this.#tenants.leftsOf(tenant)
  }

  add(connection: Connection): void {
    this.#connections.set(connection.id, connection)
    this.#tenants.add(connection, connection.identity.tenant)
    this.#places.set(connection, new Map())
  }

  /** Ends all memberships of a connection and returns where they were. */
  remove(connection: Connection): Place[] {
    const places = this.placesOf(connection)
    for (const place of places) this.leave(connection, place)
    this.#connections.delete(connection.id)
    this.#tenants.deleteLeft(connection)
    this.#places.delete(connection)
    return places
  }

  placesOf(connection: Connection): Place[] {
    return [...(this.#places.get(connection)?.values() ?? [])].map(entry => entry.place)
  }

  /** How many channels a connection is a member of. */
  membershipCount(connection: Connection): number {
    return this.#members.rightsOf(connection).size
  }

  isMember(connection: Connection, key: string): boolean {
    return this.#members.has(connection, key)
  }

  membersOf(key: string): ReadonlySet<Connection> {
    return this.#members.leftsOf(key)
  }

  /** Members of any channel of a room, by the room's own key. */
  roomMembersOf(roomKey: string): ReadonlySet<Connection> {
    return this.#roomMembers.leftsOf(roomKey)
  }

  joinedAtMs(connection: Connection, key: string): number | undefined {
    return this.#places.get(connection)?.get(key)?.joinedAtMs
  }

  /** Whether a member gets notices of presence: of the channel, and of channels made and deleted in its room. */
  watch(connection: Connection, place: Place, isWatching: boolean): void {
    if (isWatching) {
      this.#watchers.add(connection, place.key)
      this.#watchers.add(connection, place.roomKey)
    } else this.#unwatch(connection, place)
  }

  /** Makes a connection a member. False when it was one. The broker's deliveries start when {@link follow} resolves. */
  join(connection: Connection, place: Place, nowMs: number): boolean {
    if (!this.#members.add(connection, place.key)) return false
    this.#roomMembers.add(connection, place.roomKey)
    this.#places.get(connection)?.set(place.key, { place, joinedAtMs: nowMs })
    return true
  }

  /** Has the broker deliver what the members of a place get, unless all of them have left meanwhile. */
  async follow({ key, roomKey }: Place): Promise<void> {
    await this.#broker.subscribe(key)
    if (key !== roomKey && this.#members.leftsOf(key).size === 0) this.#broker.unsubscribe(key)
    if (key !== roomKey) await this.#broker.subscribe(roomKey)
    if (this.#roomMembers.leftsOf(roomKey).size === 0) this.#broker.unsubscribe(roomKey)
  }

  /** Ends a membership. False when there was none. */
  leave(connection: Connection, place: Place): boolean {
    if (!this.#members.delete(connection, place.key)) return false
    this.#unwatch(connection, place)
    connection.held?.delete(place.key)
    const places = this.#places.get(connection)
    places?.delete(place.key)
    const roomKey = place.roomKey
    if (this.#members.leftsOf(place.key).size === 0 && place.key !== roomKey) this.#broker.unsubscribe(place.key)
    if (!this.#isIn(connection, roomKey)) {
      this.#roomMembers.delete(connection, roomKey)
      if (this.#roomMembers.leftsOf(roomKey).size === 0) this.#broker.unsubscribe(roomKey)
    }
    return true
  }

  /** Keeps back what is published in a channel, until {@link release}: the member is first told what it missed. */
  hold(connection: Connection, key: string): void {
    connection.held ??= new Map()
    connection.held.set(key, [])
  }

  /** Sends what was kept back and is newer than `sequence`; from now on the member is live. */
  release(connection: Connection, key: string, sequence: number): void {
    const publications = connection.held?.get(key) ?? []
    connection.held?.delete(key)
    if (connection.held?.size === 0) connection.held = undefined
    for (const publication of publications) if (publication.sequence > sequence) this.replay(connection, publication)
  }

  /** Sends one stored message to one connection, unless it is its own. */
  replay(connection: Connection, publication: Publication): void {
    if (!concerns(publication.message, connection)) return
    connection.write(publication.frame)
    this.deliveredCount++
  }

  deliver(publication: Publication): void {
    const { message } = publication
    const members = message.channel === '' ? this.#roomMembers.leftsOf(message.key) : this.#members.leftsOf(message.key)
    if (members.size === 0) return
    const { frame } = publication
    const sender = message.echo ? undefined : message.sender
    const endSpan = this.#traces?.isOn ? this.#traces.startDelivery(message) : undefined
    const before = this.deliveredCount
    for (const member of members) {
      if (member.id === sender) continue
      if (member.held !== undefined && this.#keepBack(member, publication)) continue
      member.write(frame)
      this.deliveredCount++
    }
    endSpan?.(this.deliveredCount - before)
    if (this.#expected?.id === message.id) this.#meet()
  }

  /** Calls once the members here have got a stored message. It takes the place of whatever was expected before. */
  expect(id: string, delivered: () => void): void {
    this.#expected = { id, delivered }
  }

  transient(message: Stamped): readonly string[] {
    const endSpan = this.#traces?.isOn ? this.#traces.startDelivery(message) : undefined
    const before = this.deliveredCount
    const reached = this.#sendTransient(message)
    endSpan?.(this.deliveredCount - before)
    return reached
  }

  lost(key: string): void {
    for (const member of [...this.#members.leftsOf(key), ...this.#roomMembers.leftsOf(key)]) member.close(4428)
  }

  asked(question: unknown): unknown {
    return this.peers.asked(question)
  }

  #meet(): void {
    const expected = this.#expected
    this.#expected = undefined
    expected?.delivered()
  }

  #sendTransient(message: Stamped): readonly string[] {
    const frame = frameOf(deliveryText(message, undefined))
    if (message.to.length > 0) return message.to.filter(id => this.#sendPrivate(message, id, frame))
    const receivers = message.isPresence ? this.#watchers.leftsOf(message.key) : this.#tenants.leftsOf(message.tenant)
    for (const receiver of receivers) if (concerns(message, receiver)) this.#sendTo(receiver, frame)
    return nobody
  }

  /** Whether a connection is a member of anything in the room. Copies nothing: it is asked for each place when one leaves all. */
  #isIn(connection: Connection, roomKey: string): boolean {
    for (const { place } of this.#places.get(connection)?.values() ?? []) if (place.roomKey === roomKey) return true
    return false
  }

  #unwatch(connection: Connection, place: Place): void {
    if (this.#watchers.rightsOf(connection).size === 0) return
    this.#watchers.delete(connection, place.key)
    const stillWatched = this.placesOf(connection).some(
      other => other.room === place.room && other.key !== place.key && this.#watchers.has(connection, other.key)
    )
    if (!stillWatched) this.#watchers.delete(connection, place.roomKey)
  }

  /** Who writes to itself is told first that the message was accepted, and then gets it. */
  #sendPrivate(message: Stamped, id: string, frame: Frame): boolean {
    const target = this.find(message.tenant, id)
    if (id !== message.sender || !target?.isOpen) return this.#sendTo(target, frame)
    queueMicrotask(() => this.#sendTo(target, frame))
    return true
  }

  #sendTo(connection: Connection | undefined, frame: Frame): boolean {
    if (!connection?.isOpen) return false
    connection.write(frame)
    this.deliveredCount++
    return true
  }

  #keepBack(member: Connection, publication: Publication): boolean {
    const kept = member.held?.get(publication.message.key)
    if (kept === undefined) return false
    if (kept.push(publication) > MAX_HELD) member.close(4428)
    return true
  }
}

/** Nobody gets its own message, unless it asked for it. */
function concerns(message: Stamped, receiver: Connection): boolean {
  return message.echo || receiver.id !== message.sender
}
