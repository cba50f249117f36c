import { type Static, Type } from '@sinclair/typebox'
import { BusError } from '../errors.ts'
import type { Bus } from './bus.ts'
import type { Connection } from './connection.ts'
import type { ShownClient } from './peers.ts'
import { ClientInfo, clientInfoOf } from './records.ts'

/** A part of a list, and where the next one begins. */
export interface Page<T> {
  readonly entries: readonly T[]
  /** Undefined when nothing is left. */
  readonly nextCursor: string | undefined
}

/** Which part of a list is wanted: what comes after the cursor, at most so many. */
export interface PageQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Shape of a client as operators see it. */
export const ClientEntry = Type.Composite([
  ClientInfo,
  Type.Object({
    subject: Type.Union([Type.String(), Type.Null()], { description: 'Whom the token names' }),
    channels: Type.Array(Type.String(), { description: '"room:channel", or a room joined as such; the first 1000' }),
    channel_count: Type.Integer({ minimum: 0 }),
    frames_received: Type.Integer({ minimum: 0, description: 'Frames that the client has sent' }),
    frames_sent: Type.Integer({ minimum: 0, description: 'Frames that the client was sent' }),
    outbox_bytes: Type.Integer({ minimum: 0, description: 'Bytes that wait for the client to read' })
  })
])

/** Shape of a room as operators see it. */
export const RoomEntry = Type.Object({
  room: Type.String(),
  channel_count: Type.Integer({ minimum: 0 }),
  participant_count: Type.Integer({ minimum: 0, description: 'Clients that are in any of its channels' }),
  hardcoded: Type.Boolean(),
  last_activity: Type.String({ format: 'date-time' })
})

/** A room as operators see it. */
export type ShownRoom = Static<typeof RoomEntry>

const MAX_CHANNELS_SHOWN = 1000

/** Who and what is on this node, for operators of one tenant [operators.md, Admin REST]. */
export class Directory {
  readonly #bus: Bus

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** The clients of a tenant, by client id. */
  clients(tenant: string, query: PageQuery): Page<ShownClient> {
    const { entries, nextCursor } = pageOf([...this.#bus.hub.connectionsOf(tenant)], ({ id }) => id, query)
    return { entries: entries.map(connection => this.#entryOf(connection)), nextCursor }
  }

  /** @throws {BusError} NOT_FOUND */
  client(tenant: string, clientId: string): ShownClient {
    return this.#entryOf(this.#require(tenant, clientId))
  }

  /** Ends a connection with 4403. @throws {BusError} NOT_FOUND */
  disconnect(tenant: string, clientId: string): void {
    this.#require(tenant, clientId).close(4403, JSON.stringify({ reason: 'disconnected by an operator' }))
  }

  /** The rooms of a tenant, by name. */
  rooms(tenant: string, query: PageQuery): Page<ShownRoom> {
    const { registry, hub } = this.#bus
    const { entries, nextCursor } = pageOf(registry.rooms(tenant), ({ room }) => room, query)
    return {
      nextCursor,
      entries: entries.map(({ room, roomKey, isHardcoded }) => {
        const channels = registry.list(tenant, room)
        return {
          room,
          channel_count: channels.length,
          participant_count: hub.roomMembersOf(roomKey).size,
          hardcoded: isHardcoded,
          last_activity: new Date(Math.max(0, ...channels.map(channel => channel.lastActivityMs))).toISOString()
        }
      })
    }
  }

  #require(tenant: string, clientId: string): Connection {
    const connection = this.#bus.hub.find(tenant, clientId)
    if (!connection) throw new BusError('NOT_FOUND', { message: `Not found: client ${clientId.slice(0, 64)}` })
    return connection
  }

  #entryOf(connection: Connection) {
    const places = this.#bus.hub.placesOf(connection)
    return {
      ...clientInfoOf(connection),
      subject: connection.identity.subject ?? null,
      channels: places.slice(0, MAX_CHANNELS_SHOWN).map(({ room, name }) => (name === '' ? room : `${room}:${name}`)),
      channel_count: places.length,
      frames_received: connection.receivedCount,
      frames_sent: connection.sentCount,
      outbox_bytes: connection.unsentBytes
    }
  }
}

/** What comes after the cursor in the order of the names. */
function pageOf<T>(all: readonly T[], nameOf: (one: T) => string, { cursor, limit }: PageQuery): Page<T> {
  const after = all
    .filter(one => cursor === undefined || nameOf(one) > cursor)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const entries = after.slice(0, limit)
  const last = entries.at(-1)
  return { entries, nextCursor: after.length > limit && last !== undefined ? nameOf(last) : undefined }
}
