import type { ChannelRecord } from '../rooms/registry.ts'
import { type Eventually, whenKnown } from '../structures/eventually.ts'
import type { Hub } from './hub.ts'
import { cutList, type Member } from './peers.ts'

/** The members of a channel. */
export interface Membership {
  /** All of them. */
  readonly count: number
  /** The first ones. */
  readonly members: readonly Member[]
}

type Keyed = Pick<ChannelRecord, 'key'>

/**
 * Who is a member of what, on all nodes together. Nobody writes it down: the nodes are asked, and one that is gone has no members
 * [cluster.md, Rules that bite]. While there are no other nodes everything is known at once.
 */
export class Presence {
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
    hub.peers.answer('counts', ({ channels, rooms }) => ({
      channels: channels.map(key => hub.membersOf(key).size),
      rooms: rooms.map(key => hub.roomMembersOf(key).size)
    }))
    hub.peers.answer('members', ({ key, limit }) => {
      const { count, members } = this.#membersHere(key, limit)
      return { count, members: cutList(members) }
    })
  }

  /** Whether there are no other nodes. */
  get isAlone(): boolean {
    return this.#hub.peers.isAlone
  }

  /** How many members each channel has. All are asked for with one question. */
  counts(records: readonly Keyed[]): Eventually<readonly number[]> {
    const here = (): number[] => records.map(({ key }) => this.#hub.membersOf(key).size)
    if (this.isAlone || records.length === 0) return here()
    const keys = records.map(({ key }) => key)
    return this.elsewhere(keys).then(there => here().map((count, index) => count + (there[index] ?? 0)))
  }

  /** How many members channels have on the other nodes, in the order of the keys. */
  async elsewhere(keys: readonly string[]): Promise<readonly number[]> {
    const answers = await this.#hub.peers.ask('counts', { channels: keys, rooms: [] })
    return keys.map((_, index) => sum(answers.map(({ channels }) => channels[index])))
  }

  /** How many members a channel has on the other nodes. */
  elsewhereOf({ key }: Keyed): Eventually<number> {
    return this.isAlone ? 0 : this.elsewhere([key]).then(([count = 0]) => count)
  }

  /** How many clients of the other nodes are in any channel of each room, in the order of the rooms' keys. */
  async roomsElsewhere(roomKeys: readonly string[]): Promise<readonly number[]> {
    const answers = await this.#hub.peers.ask('counts', { channels: [], rooms: roomKeys })
    return roomKeys.map((_, index) => sum(answers.map(({ rooms }) => rooms[index])))
  }

  /** The members of a channel, those who came first at most; with other nodes, in the order in which they came. */
  members({ key }: Keyed, limit: number): Eventually<Membership> {
    if (this.isAlone) return this.#membersHere(key, limit)
    return whenKnown(this.#hub.peers.ask('members', { key, limit }), answers => {
      const parts = [this.#membersHere(key, limit), ...answers]
      return {
        count: sum(parts.map(({ count }) => count)),
        members: parts
          .flatMap(({ members }) => members)
          .sort((a, b) => a.joined_at_ms - b.joined_at_ms || (a.client_id < b.client_id ? -1 : 1))
          .slice(0, limit)
      }
    })
  }

  #membersHere(key: string, limit: number): Membership {
    const all = this.#hub.membersOf(key)
    const members: Member[] = []
    for (const connection of all) {
      if (members.length >= limit) break
      const { id, identity } = connection
      members.push({
        client_id: id,
        screen_name: identity.screenName,
        client_type: identity.clientType,
        joined_at_ms: this.#hub.joinedAtMs(connection, key) ?? 0
      })
    }
    return { count: all.size, members }
  }
}

function sum(counts: readonly (number | undefined)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0)
}
