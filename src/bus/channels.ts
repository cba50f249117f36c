import type { Recovery } from '../broker/broker.ts'
import { BusError } from '../errors.ts'
import type { Log } from '../log.ts'
import { keyOf, targetOf } from '../protocol/address.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { Position } from '../protocol/message.ts'
import type { ChannelRecord } from '../rooms/registry.ts'
import { SharedChannels } from '../rooms/shared.ts'
import { Counts } from '../structures/counts.ts'
import type { Eventually } from '../structures/eventually.ts'
import type { OpenRecords } from '../structures/records.ts'
import type { Connection } from './connection.ts'
import type { Engine, Source } from './draft.ts'
import type { Hub } from './hub.ts'
import { Notices } from './notices.ts'
import { Presence } from './presence.ts'
import type { NoticePlace } from './stamp.ts'
import { Sweep } from './sweep.ts'

/** Bounds of memberships [limits.md, Limits]. */
export interface ChannelLimits {
  readonly maxMemberships: number
  /** Most messages that a join can bring back. */
  readonly maxRecovery: number
}

/** How somebody joins. */
export interface JoinRequest {
  /** The last position the member has seen; it gets what came after. */
  readonly since?: Position | undefined
  /** Whether the member wants notices of presence; undefined leaves it as it is. */
  readonly isWatching?: boolean | undefined
}

/** A membership that has begun. */
export interface Joined {
  readonly record: ChannelRecord
  readonly isCreated: boolean
  readonly memberCount: number
  readonly position: Position
  /** Undefined when nothing was asked for. */
  readonly isRecovered: boolean | undefined
  /** Sends what was missed, and lets go of what was published meanwhile. To be called once the member was answered. */
  readonly goLive: () => void
}

/** What channels have in common with those of other nodes. */
export interface ChannelSharing {
  /** Undefined where there are no others. */
  readonly records?: OpenRecords | undefined
  readonly log: Log
}

/** The life of channels: made, joined, left, listed, deleted, forgotten. */
export class Channels {
  /** Joins that asked for what they missed, by what became of it. */
  readonly recoveries = new Counts<'recovered' | 'not_recovered'>()
  /** Who is a member of what, on all nodes. */
  readonly presence: Presence
  readonly #notices: Notices
  readonly #engine: Engine
  readonly #hub: Hub
  readonly #limits: ChannelLimits
  readonly #shared: SharedChannels | undefined
  readonly #sweep: Sweep

  constructor(engine: Engine, hub: Hub, limits: ChannelLimits, { records, log }: ChannelSharing) {
    this.#engine = engine
    this.#hub = hub
    this.#limits = limits
    this.presence = new Presence(hub)
    this.#notices = new Notices(engine, hub, this.presence)
    const isJoined = (key: string): boolean => hub.membersOf(key).size > 0
    this.#shared = records && new SharedChannels({ ...engine, records: records('channels'), log, isJoined })
    this.#sweep = new Sweep({ engine, hub, shared: this.#shared })
  }

  /** Takes over the channels that other nodes know. @throws {BusError} ENGINE_UNAVAILABLE */
  async open(): Promise<void> {
    await this.#shared?.open()
  }

  /** Writes nothing any more of what other nodes should know. */
  async close(): Promise<void> {
    await this.#shared?.close()
  }

  /** @throws {BusError} CHANNEL_EXISTS, LIMIT_EXCEEDED, ENGINE_UNAVAILABLE */
  async create(by: Source, room: string, channel: string, description: string): Promise<ChannelRecord> {
    const { tenant } = by.identity
    const record = this.#shared
      ? await this.#shared.create(tenant, room, channel, by.id, description)
      : this.#engine.registry.create(tenant, room, channel, by.id, description)
    this.#announce(record, roomOf(record), 'channel_created', { created_by: by.id }, by.id)
    return record
  }

  /** Says anew what a channel is for. @throws {BusError} CHANNEL_NOT_FOUND, CHANNEL_PROTECTED, ENGINE_UNAVAILABLE */
  async describe(by: Source, room: string, channel: string, description: string): Promise<ChannelRecord> {
    const record = this.require(by.identity.tenant, room, channel)
    requireOwn(record)
    await this.#shared?.describe(record, description)
    record.description = description
    this.#announce(record, roomOf(record), 'channel_updated', { updated_by: by.id }, by.id)
    return record
  }

  /** @throws {BusError} CHANNEL_NOT_FOUND, CHANNEL_PROTECTED, CHANNEL_NOT_EMPTY, ENGINE_UNAVAILABLE */
  async delete(by: Source, room: string, channel: string): Promise<void> {
    const record = this.require(by.identity.tenant, room, channel)
    requireOwn(record)
    const count = this.presence.counts([record])
    const [size = 0] = count instanceof Promise ? await count : count
    if (size > 0)
      throw new BusError('CHANNEL_NOT_EMPTY', {
        message: `Channel is not empty: ${room}:${channel} has ${size} members`
      })
    await this.#shared?.delete(record)
    this.#engine.registry.remove(record)
    await this.#engine.broker.forget(record.key)
    this.#announce(record, roomOf(record), 'channel_deleted', { deleted_by: by.id }, by.id)
  }

  /**
   * Makes a connection a member, from a well-defined position on [limits.md P2, P5].
   * @throws {BusError} AUTHORIZATION_ERROR, CHANNEL_NOT_FOUND, LIMIT_EXCEEDED, ENGINE_UNAVAILABLE
   */
  async join(connection: Connection, room: string, channel: string, request: JoinRequest = {}): Promise<Joined> {
    const { registry, broker, clock } = this.#engine
    const { tenant } = connection.identity
    this.requireSubscription(connection, room, channel)
    const isCreated = registry.find(tenant, room, channel) === undefined
    const isMember = this.#hub.isMember(connection, keyOf(tenant, room, channel))
    if (!isMember && this.#hub.membershipCount(connection) >= this.#limits.maxMemberships) {
      throw new BusError('LIMIT_EXCEEDED', {
        message: `Limit exceeded: a connection can be in ${this.#limits.maxMemberships} channels`
      })
    }
    const record = registry.ensure(tenant, room, channel, connection.id)
    record.lastActivityMs = clock.now()
    this.#hub.hold(connection, record.key)
    const isNew = this.#hub.join(connection, record, clock.now())
    this.#shared?.use(record)
    const elsewhere = isNew
      ? this.#announce(record, record, 'client_joined', memberOf(connection), connection.id)
      : this.presence.elsewhereOf(record)
    try {
      await this.#hub.follow(record)
      const recovery: Recovery = request.since
        ? await broker.recover(record.key, request.since, this.#limits.maxRecovery)
        : { recovered: false, missed: [], position: await broker.position(record.key) }
      const elsewhereCount = elsewhere instanceof Promise ? await elsewhere : elsewhere
      if (!this.#hub.isMember(connection, record.key)) throw new BusError('CONFLICT', { message: 'Left meanwhile' })
      if (request.isWatching !== undefined) this.#hub.watch(connection, record, request.isWatching)
      return this.#joined(connection, record, { isCreated, isNew, elsewhereCount }, request, recovery)
    } catch (error) {
      if (!isNew) this.#hub.release(connection, record.key, 0)
      else if (this.#hub.leave(connection, record)) this.#parted(connection, record)
      throw error
    }
  }

  /** Ends a membership; nothing happens when there is none. */
  leave(connection: Connection, room: string, channel: string): void {
    const record = this.#engine.registry.find(connection.identity.tenant, room, channel)
    if (record && this.#hub.leave(connection, record)) this.#parted(connection, record)
  }

  /** Ends all memberships of a connection that is gone. */
  leaveAll(connection: Connection): void {
    for (const place of this.#hub.remove(connection)) {
      const record = this.#engine.registry.find(place.tenant, place.room, place.name)
      if (record) this.#parted(connection, record)
    }
  }

  /** Ends the memberships that the connection's present capabilities no longer allow. */
  leaveForbidden(connection: Connection): void {
    for (const place of this.#hub.placesOf(connection)) {
      if (!connection.identity.capabilities.maySubscribe(targetOf(place.room, place.name))) {
        this.leave(connection, place.room, place.name)
      }
    }
  }

  /** @throws {BusError} AUTHORIZATION_ERROR when somebody may not read what is published there */
  requireSubscription({ identity }: Source, room: string, channel: string): void {
    const target = targetOf(room, channel)
    if (!identity.capabilities.maySubscribe(target)) {
      throw new BusError('AUTHORIZATION_ERROR', { message: `Not allowed to subscribe to ${target}` })
    }
  }

  /** @throws {BusError} CHANNEL_NOT_FOUND, also for what belongs to another tenant */
  require(tenant: string, room: string, channel: string): ChannelRecord {
    const record = this.#engine.registry.find(tenant, room, channel)
    if (!record) throw new BusError('CHANNEL_NOT_FOUND', { message: `Channel not found: ${room}:${channel}` })
    return record
  }

  list(tenant: string, room?: string): ChannelRecord[] {
    return this.#engine.registry.list(tenant, room)
  }

  /** Resolves when all that has happened was told. */
  settle(): Promise<void> {
    return this.#notices.settle()
  }

  joinedAtMs(connection: Connection, record: ChannelRecord): number {
    return this.#hub.joinedAtMs(connection, record.key) ?? 0
  }

  /** Forgets auto-created channels and rooms that nobody has used for the grace. */
  async sweep(): Promise<void> {
    this.#shared?.renew()
    for await (const record of this.#sweep.run()) {
      if (record.name !== '') this.#announce(record, roomOf(record), 'channel_deleted', { deleted_by: 'system' })
    }
  }

  #joined(
    connection: Connection,
    record: ChannelRecord,
    {
      isCreated,
      isNew,
      elsewhereCount
    }: { readonly isCreated: boolean; readonly isNew: boolean; readonly elsewhereCount: number },
    request: JoinRequest,
    { position, missed, recovered }: Recovery
  ): Joined {
    // Who was a member before and is not told what it missed gets all that was kept back: its membership has no gap.
    const seen = isNew || recovered ? position.sequence : 0
    if (request.since) this.recoveries.add(recovered ? 'recovered' : 'not_recovered')
    return {
      record,
      isCreated,
      memberCount: this.#hub.membersOf(record.key).size + elsewhereCount,
      position,
      isRecovered: request.since ? recovered : undefined,
      goLive: () => {
        for (const publication of missed) this.#hub.replay(connection, publication)
        this.#hub.release(connection, record.key, seen)
      }
    }
  }

  #parted(connection: Connection, record: ChannelRecord): void {
    record.lastActivityMs = this.#engine.clock.now()
    this.#announce(record, record, 'client_left', memberOf(connection), connection.id)
  }

  /** Tells those who asked, in the place `where`, and says how many members are on other nodes once it has. */
  #announce(
    about: ChannelRecord,
    where: NoticePlace,
    event: string,
    facts: JsonObject,
    clientId?: string
  ): Eventually<number> {
    return this.#notices.tell({ about, where, event, facts, clientId })
  }
}

/** @throws {BusError} CHANNEL_PROTECTED for what every server has */
function requireOwn({ room, name, isHardcoded }: ChannelRecord): void {
  if (isHardcoded) throw new BusError('CHANNEL_PROTECTED', { message: `Channel is protected: ${room}:${name}` })
}

function roomOf(record: ChannelRecord): NoticePlace {
  return { tenant: record.tenant, room: record.room, name: '', key: record.roomKey }
}

function memberOf(connection: Connection): JsonObject {
  const { screenName, clientType } = connection.identity
  return {
    client_id: connection.id,
    client_type: clientType,
    ...(screenName === undefined ? {} : { screen_name: screenName })
  }
}
