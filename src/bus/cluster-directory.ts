import { keyOf } from '../protocol/address.ts'
import type { Bus } from './bus.ts'
import { Directory, type Page, type PageQuery, type ShownRoom } from './directory.ts'
import { cutList, type Peers, type ShownClient } from './peers.ts'

/** What one node has of a list. */
interface Part {
  readonly entries: readonly ShownClient[]
  /** Whether it has more after these. */
  readonly isMore: boolean
}

/** Who and what is on all nodes, for operators of one tenant [operators.md, Admin REST]. */
export class ClusterDirectory {
  readonly #bus: Bus
  readonly #here: Directory
  readonly #peers: Peers

  constructor(bus: Bus) {
    const here = new Directory(bus)
    const { hub } = bus
    const { peers } = hub
    this.#bus = bus
    this.#here = here
    this.#peers = peers
    peers.answer('clients', ({ tenant, cursor, limit }) => {
      const { entries, nextCursor } = here.clients(tenant, { cursor, limit })
      const shown = cutList(entries)
      return { entries: shown, isMore: nextCursor !== undefined || shown.length < entries.length }
    })
    peers.answer('client', ({ tenant, clientId }) =>
      hub.find(tenant, clientId) ? here.client(tenant, clientId) : undefined
    )
    peers.answer('disconnect', ({ tenant, clientId }) => {
      if (!hub.find(tenant, clientId)) return undefined
      here.disconnect(tenant, clientId)
      return { clientId }
    })
  }

  /** The clients of a tenant, by client id. A page may hold fewer than were asked for, though more come after it. */
  async clients(tenant: string, query: PageQuery): Promise<Page<ShownClient>> {
    const answers = await this.#peers.ask('clients', { tenant, ...query })
    const { entries, nextCursor } = this.#here.clients(tenant, query)
    return merge([{ entries, isMore: nextCursor !== undefined }, ...answers], query.limit)
  }

  /** Rejects with NOT_FOUND when no node has the client. */
  async client(tenant: string, clientId: string): Promise<ShownClient> {
    if (this.#bus.hub.find(tenant, clientId)) return this.#here.client(tenant, clientId)
    const [found] = await this.#peers.ask('client', { tenant, clientId })
    return found ?? this.#here.client(tenant, clientId)
  }

  /** Ends a connection with 4403, wherever it is. Rejects with NOT_FOUND when no node has it. */
  async disconnect(tenant: string, clientId: string): Promise<void> {
    if (!this.#bus.hub.find(tenant, clientId)) {
      const answers = await this.#peers.ask('disconnect', { tenant, clientId })
      if (answers.length > 0) return
    }
    this.#here.disconnect(tenant, clientId)
  }

  /** The rooms of a tenant, by name. */
  async rooms(tenant: string, query: PageQuery): Promise<Page<ShownRoom>> {
    const page = this.#here.rooms(tenant, query)
    const keys = page.entries.map(({ room }) => keyOf(tenant, room, ''))
    const counts = await this.#bus.channels.presence.roomsElsewhere(keys)
    const entries = page.entries.map((entry, index) => ({
      ...entry,
      participant_count: entry.participant_count + (counts[index] ?? 0)
    }))
    return { entries, nextCursor: page.nextCursor }
  }
}

/** One list of those of all nodes. Where a node has more than it said, nothing after its last can be told yet. */
function merge(parts: readonly Part[], limit: number): Page<ShownClient> {
  const ends = parts.flatMap(({ entries, isMore }) => (isMore ? (entries.at(-1)?.client_id ?? []) : []))
  const end = ends.reduce<string | undefined>(
    (least, id) => (least === undefined || id < least ? id : least),
    undefined
  )
  const all = parts.flatMap(({ entries }) => entries).sort((a, b) => (a.client_id < b.client_id ? -1 : 1))
  const entries = all.filter(({ client_id }) => end === undefined || client_id <= end).slice(0, limit)
  const isMore = end !== undefined || entries.length < all.length
  return { entries, nextCursor: isMore ? entries.at(-1)?.client_id : undefined }
}
