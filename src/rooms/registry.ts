import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import { keyOf } from '../protocol/address.ts'
import { Signal } from '../structures/signal.ts'
import { alreadyThere } from './refusals.ts'
import type { Seed } from './seed.ts'

/** What is known about a channel, or, with an empty name, about a room as a whole. */
export interface ChannelRecord {
  readonly tenant: string
  readonly room: string
  /** Empty for the room itself. */
  readonly name: string
  /** `keyOf(tenant, room, name)`. */
  readonly key: string
  /** Key of the room itself; one text for all its channels. */
  readonly roomKey: string
  description: string
  createdAt: string
  /** Client id, or `system`. */
  createdBy: string
  readonly isHardcoded: boolean
  isAutoCreated: boolean
  /** When it was last published to, joined or left: milliseconds since the epoch. */
  lastActivityMs: number
}

/** A channel, or a room itself, that another node knows. */
export type ForeignChannel = Pick<
  ChannelRecord,
  'tenant' | 'room' | 'name' | 'description' | 'createdAt' | 'createdBy' | 'isAutoCreated' | 'lastActivityMs'
>

/** Bounds of the registry and what it starts with [limits.md, Limits]. */
export interface RegistryOptions {
  readonly clock: Clock
  readonly seeds: readonly Seed[]
  /** Whether using an unknown channel creates it. */
  readonly isAutoCreating: boolean
  readonly maxRoomsPerTenant: number
  readonly maxChannelsPerRoom: number
  /** Over all tenants, seeds not counted. */
  readonly maxChannels: number
  /** How long an auto-created channel is kept after its last use. */
  readonly emptyGraceMs: number
}

interface Room {
  readonly itself: ChannelRecord
  /** Map( name -> channel ) */
  readonly channels: Map<string, ChannelRecord>
}

/** The rooms and channels of all tenants. It knows names and dates, not members or messages. */
export class Registry {
  /** A channel, or a room itself, was created by using it. */
  readonly opened = new Signal<[record: ChannelRecord]>()
  /** Map( tenant -> Map( room -> Room ) ); a tenant is seeded when it is first named. */
  readonly #tenants = new Map<string, Map<string, Room>>()
  readonly #options: RegistryOptions
  /** What the server begins with is as old as the server, whenever a tenant is first heard of. */
  readonly #seedOrigin: Origin
  #channelCount = 0

  constructor(options: RegistryOptions) {
    this.#options = options
    this.#seedOrigin = { createdBy: 'system', isAutoCreated: false, createdAt: options.clock.iso() }
  }

  /** How long an auto-created channel is kept after its last use, in milliseconds. */
  get emptyGraceMs(): number {
    return this.#options.emptyGraceMs
  }

  /** The channel, or the room itself when `name` is empty. */
  find(tenant: string, room: string, name: string): ChannelRecord | undefined {
    const found = this.#roomsOf(tenant).get(room)
    return name === '' ? found?.itself : found?.channels.get(name)
  }

  /**
   * Finds a channel, or creates it on behalf of `by` where that is allowed.
   * @throws {BusError} CHANNEL_NOT_FOUND, LIMIT_EXCEEDED
   */
  ensure(tenant: string, room: string, name: string, by: string): ChannelRecord {
    const found = this.find(tenant, room, name)
    if (found) return found
    if (!this.#options.isAutoCreating)
      throw new BusError('CHANNEL_NOT_FOUND', {
        message: `Channel not found: ${name === '' ? room : `${room}:${name}`}`
      })
    this.#requireRoom(tenant, room, name)
    const record = this.#add(tenant, room, name, { createdBy: by, description: '', isAutoCreated: true })
    this.opened.emit(record)
    return record
  }

  /**
   * Creates a channel that stays until it is deleted.
   * @throws {BusError} CHANNEL_EXISTS, LIMIT_EXCEEDED
   */
  create(tenant: string, room: string, name: string, by: string, description: string): ChannelRecord {
    this.requireNew(tenant, room, name)
    return this.#add(tenant, room, name, { createdBy: by, description, isAutoCreated: false })
  }

  /** Creates nothing. @throws {BusError} what {@link create} would */
  requireNew(tenant: string, room: string, name: string): void {
    if (this.find(tenant, room, name)) throw alreadyThere(room, name)
    this.#requireRoom(tenant, room, name)
  }

  /** Takes over what another node says of a channel, whatever the bounds: it is there. What every server has stays as it is. */
  adopt(foreign: ForeignChannel): ChannelRecord {
    const { tenant, room, name, description, createdAt, createdBy, isAutoCreated } = foreign
    const found = this.find(tenant, room, name)
    if (!found) return this.#add(tenant, room, name, foreign)
    if (!found.isHardcoded) Object.assign(found, { description, createdAt, createdBy, isAutoCreated })
    return found
  }

  /** Forgets a channel; with an empty name, a room that has no channel left. Nothing happens when it is another by now. */
  remove(record: ChannelRecord): void {
    const rooms = this.#roomsOf(record.tenant)
    const room = rooms.get(record.room)
    if (this.find(record.tenant, record.room, record.name) !== record) return
    if (record.name !== '') {
      room?.channels.delete(record.name)
      this.#channelCount--
    } else if (room?.channels.size === 0) rooms.delete(record.room)
  }

  /** The channels of one room, or of all rooms of the tenant, by name. */
  list(tenant: string, room?: string): ChannelRecord[] {
    const rooms = this.#roomsOf(tenant)
    const chosen = room === undefined ? [...rooms.values()] : [rooms.get(room)].filter(found => found !== undefined)
    return chosen
      .flatMap(one => [...one.channels.values()])
      .sort((a, b) => (a.room === b.room ? compare(a.name, b.name) : compare(a.room, b.room)))
  }

  /** The rooms of a tenant, as such. */
  rooms(tenant: string): ChannelRecord[] {
    return [...this.#roomsOf(tenant).values()].map(room => room.itself)
  }

  /** How many rooms and channels a tenant has; without a tenant, all of them together. */
  count(tenant?: string): { readonly rooms: number; readonly channels: number } {
    const chosen = tenant === undefined ? [...this.#tenants.values()] : [this.#roomsOf(tenant)]
    const rooms = chosen.flatMap(one => [...one.values()])
    return { rooms: rooms.length, channels: rooms.reduce((sum, room) => sum + room.channels.size, 0) }
  }

  /** The tenants that have been named. */
  tenants(): IterableIterator<string> {
    return this.#tenants.keys()
  }

  /** The auto-created channels and rooms. */
  *autoCreated(): Generator<ChannelRecord> {
    for (const rooms of this.#tenants.values()) {
      for (const { itself, channels } of rooms.values()) {
        if (itself.isAutoCreated) yield itself
        for (const record of channels.values()) if (record.isAutoCreated) yield record
      }
    }
  }

  /**
   * The auto-created channels and rooms whose last use is longer ago than the grace; the caller drops those without members.
   * Rooms come after their channels, and only when no channel is left.
   */
  idle(): ChannelRecord[] {
    const oldest = this.#options.clock.now() - this.#options.emptyGraceMs
    const records: ChannelRecord[] = []
    for (const rooms of this.#tenants.values()) {
      for (const room of rooms.values()) {
        for (const record of room.channels.values()) if (isIdle(record, oldest)) records.push(record)
        if (room.channels.size === 0 && isIdle(room.itself, oldest)) records.push(room.itself)
      }
    }
    return records
  }

  /** Forgets a tenant that nobody uses: it is seeded anew when named again. Only if nothing but seeds is left. */
  forgetTenant(tenant: string): boolean {
    const rooms = this.#tenants.get(tenant)
    if (
      !rooms ||
      [...rooms.values()].some(room => !room.itself.isHardcoded || room.channels.size > this.#seedsIn(room))
    )
      return false
    return this.#tenants.delete(tenant)
  }

  #seedsIn(room: Room): number {
    return this.#options.seeds.filter(seed => seed.room === room.itself.room).length
  }

  #roomsOf(tenant: string): Map<string, Room> {
    const known = this.#tenants.get(tenant)
    if (known) return known
    const rooms = new Map<string, Room>()
    this.#tenants.set(tenant, rooms)
    for (const seed of this.#options.seeds) {
      const room = rooms.get(seed.room) ?? this.#newRoom(tenant, seed.room, this.#seedOrigin)
      rooms.set(seed.room, room)
      const origin = { ...this.#seedOrigin, description: seed.description }
      room.channels.set(seed.channel, this.#newRecord(tenant, seed.room, seed.channel, origin))
    }
    return rooms
  }

  /** @throws {BusError} LIMIT_EXCEEDED */
  #requireRoom(tenant: string, roomName: string, name: string): void {
    const rooms = this.#roomsOf(tenant)
    const { maxRoomsPerTenant, maxChannelsPerRoom, maxChannels } = this.#options
    const room = rooms.get(roomName)
    if (!room && rooms.size >= maxRoomsPerTenant) throw exceeded(`a tenant can have ${maxRoomsPerTenant} rooms`)
    if (name === '') return
    if (room && room.channels.size >= maxChannelsPerRoom)
      throw exceeded(`a room can have ${maxChannelsPerRoom} channels`)
    if (this.#channelCount >= maxChannels) throw exceeded(`the server can have ${maxChannels} channels`)
  }

  #add(tenant: string, roomName: string, name: string, origin: Origin): ChannelRecord {
    const rooms = this.#roomsOf(tenant)
    const home = rooms.get(roomName) ?? this.#newRoom(tenant, roomName, homeOf(origin, name))
    rooms.set(roomName, home)
    if (name === '') return home.itself
    const record = this.#newRecord(tenant, roomName, name, origin)
    home.channels.set(name, record)
    this.#channelCount++
    return record
  }

  #newRoom(tenant: string, room: string, origin: Origin): Room {
    return { itself: this.#newRecord(tenant, room, '', origin), channels: new Map() }
  }

  #newRecord(tenant: string, room: string, name: string, origin: Origin): ChannelRecord {
    const { clock } = this.#options
    const itself = this.#tenants.get(tenant)?.get(room)?.itself
    return {
      tenant,
      room,
      name,
      key: keyOf(tenant, room, name),
      roomKey: itself?.key ?? keyOf(tenant, room, ''),
      description: origin.description ?? '',
      createdAt: origin.createdAt ?? clock.iso(),
      createdBy: origin.createdBy,
      isHardcoded: origin.createdBy === 'system',
      isAutoCreated: origin.isAutoCreated,
      lastActivityMs: origin.lastActivityMs ?? clock.now()
    }
  }
}

interface Origin {
  readonly createdBy: string
  readonly description?: string
  readonly isAutoCreated: boolean
  readonly createdAt?: string
  readonly lastActivityMs?: number
}

/** A room comes into being with its first channel, and goes when it has none. */
function homeOf(origin: Origin, name: string): Origin {
  return name === '' ? origin : { ...origin, isAutoCreated: true }
}

function isIdle(record: ChannelRecord, oldestMs: number): boolean {
  return record.isAutoCreated && record.lastActivityMs <= oldestMs
}

function exceeded(bound: string): BusError {
  return new BusError('LIMIT_EXCEEDED', { message: `Limit exceeded: ${bound}` })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
