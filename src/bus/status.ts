import type { Clock } from '../clock.ts'
import type { Registry } from '../rooms/registry.ts'
import { type Eventually, whenKnown } from '../structures/eventually.ts'
import type { Hub } from './hub.ts'
import type { Tallies, Tally } from './tally.ts'

/** What the bus is doing, in numbers. */
export interface BusStatus extends Readonly<Tally> {
  readonly uptimeSeconds: number
  readonly clients: number
  readonly rooms: number
  readonly channels: number
  readonly timestamp: string
}

/** Where the numbers stand. */
export interface StatusParts {
  readonly clock: Clock
  readonly registry: Registry
  readonly hub: Hub
  readonly tallies: Tallies
}

/** Numbers for people: of everything, or of what concerns one tenant. */
export class Status {
  readonly #parts: StatusParts
  readonly #startedAtMs: number

  constructor(parts: StatusParts) {
    this.#parts = parts
    this.#startedAtMs = parts.clock.now()
    parts.hub.peers.answer('tally', ({ tenant }) => {
      const { clients, accepted, messages } = this.here(tenant)
      return { clients, accepted, messages }
    })
  }

  /** What this node has. */
  here(tenant?: string): BusStatus {
    const { clock, registry, hub, tallies } = this.#parts
    const { rooms, channels } = registry.count(tenant)
    const tally = tenant === undefined ? tallies.total : tallies.of(tenant)
    return {
      uptimeSeconds: Math.round((clock.now() - this.#startedAtMs) / 1000),
      clients: tenant === undefined ? hub.size : hub.connectionsOf(tenant).size,
      ...tally,
      rooms,
      channels,
      timestamp: clock.iso()
    }
  }

  /** The same, with the clients, connections and messages of all nodes that answer. */
  everywhere(tenant?: string): Eventually<BusStatus> {
    const { peers } = this.#parts.hub
    if (peers.isAlone) return this.here(tenant)
    return whenKnown(peers.ask('tally', { tenant }), answers => {
      const here = this.here(tenant)
      const add = (what: 'clients' | 'accepted' | 'messages'): number =>
        answers.reduce((total, answer) => total + answer[what], here[what])
      return { ...here, clients: add('clients'), accepted: add('accepted'), messages: add('messages') }
    })
  }
}
