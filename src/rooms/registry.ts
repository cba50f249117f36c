import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'
import { keyOf } from '../protocol/address.ts'
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
  readonly createdAt: string
  /** Client id, or `system`. */
  readonly createdBy: string
  readonly isHardcoded: boolean
  readonly isAutoCreated: boolean
  /** When it was last published to, joined or left: milliseconds since the epoch. */
  lastActivityMs: number
}

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
  /** Map( tenant -> Map( room -> Room ) ); a tenant is seeded when it is first named. */
  readonly #tenants = new Map<string, Map<string, Room>>()
  readonly #options: RegistryOptions
  #channelCount = 0

  constructor(options: RegistryOptions) {
    this.#options = options
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
    return this.#add(tenant, room, name, { createdBy: by, description: '', isAutoCreated: true })
  }

  /**
   * Creates a channel that stays until it is deleted.
   * @throws {BusError} CHANNEL_EXISTS, LIMIT_EXCEEDED
   */
  create(tenant: string, room: string, name: string, by: string, description: string): ChannelRecord {
    if (this.find(tenant, room, name))
      throw new BusError('CHANNEL_EXISTS', { message: `Channel already exists: ${room}:${name}` })
    return this.#add(tenant, room, name, { createdBy: by, description, isAutoCreated: false })
  }

  /** Forgets a channel; with an empty name, a room that has no channel left. */
  remove(record: ChannelRecord): void {
    const rooms = this.#roomsOf(record.tenant)
    const room = rooms.get(record.room)
    if (record.name === '') {
      if (room?.channels.size === 0) rooms.delete(record.room)
    } else if (room?.channels.delete(record.name)) this.#channelCount--
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
      const room =
        rooms.get(seed.room) ?? this.#newRoom(tenant, seed.room, { createdBy: 'system', isAutoCreated: false })
      rooms.set(seed.room, room)
      room.channels.set(
        seed.channel,
        this.#newRecord(tenant, seed.room, seed.channel, { ...seed, createdBy: 'system', isAutoCreated: false })
      )
    }
    return rooms
  }

  #add(tenant: string, roomName: string, name: string, origin: Origin): ChannelRecord {
    const rooms = this.#roomsOf(tenant)
    const { maxRoomsPerTenant, maxChannelsPerRoom, maxChannels } = this.#options
    const room = rooms.get(roomName)
    if (!room && rooms.size >= maxRoomsPerTenant) throw exceeded(`a tenant can have ${maxRoomsPerTenant} rooms`)
    if (name !== '') {
      if (room && room.channels.size >= maxChannelsPerRoom)
        throw exceeded(`a room can have ${maxChannelsPerRoom} channels`)
      if (this.#channelCount >= maxChannels) throw exceeded(`the server can have ${maxChannels} channels`)
    }
    const home = room ?? this.#newRoom(tenant, roomName, { ...origin, isAutoCreated: true })
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
      createdAt: clock.iso(),
      createdBy: origin.createdBy,
      isHardcoded: origin.createdBy === 'system',
      isAutoCreated: origin.isAutoCreated,
      lastActivityMs: clock.now()
    }
  }
}

interface Origin {
  readonly createdBy: string
  readonly description?: string
  readonly isAutoCreated: boolean
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
