import type { JsonObject } from '../protocol/json.ts'
import type { ChannelRecord } from '../rooms/registry.ts'
import type { Eventually } from '../structures/eventually.ts'
import { Ring } from '../structures/ring.ts'
import type { Engine } from './draft.ts'
import type { Hub } from './hub.ts'
import type { Presence } from './presence.ts'
import { type NoticePlace, stampNotice } from './stamp.ts'

/** What has happened to a channel, or in it. */
export interface Happening {
  readonly event: string
  readonly about: ChannelRecord
  /** Those who asked for notices of this place are told. */
  readonly where: NoticePlace
  readonly facts: JsonObject
  readonly clientId: string | undefined
}

interface Untold extends Happening {
  /** Members on this node when it happened. */
  readonly here: number
  readonly told: (elsewhere: number) => void
}

/** So many notices are made with one question to the other nodes. */
const MAX_BATCH = 1_000
/** More that wait are told with what this node knows. */
const MAX_WAITING = 10_000

/**
 * Tells those who asked what happens in channels, in the order in which it happened, with the number of members on all nodes. Without
 * other nodes it is told at once.
 */
export class Notices {
  readonly #engine: Pick<Engine, 'broker' | 'events' | 'clock' | 'ids'>
  readonly #hub: Hub
  readonly #presence: Presence
  readonly #waiting = new Ring<Untold>()
  /** What the other nodes are being asked for. */
  #batch: Untold[] = []
  #working: Promise<void> | undefined

  constructor(engine: Pick<Engine, 'broker' | 'events' | 'clock' | 'ids'>, hub: Hub, presence: Presence) {
    this.#engine = engine
    this.#hub = hub
    this.#presence = presence
  }

  /** Tells of something, and says how many members the channel has on other nodes once that was told. It never rejects. */
  tell(happening: Happening): Eventually<number> {
    const here = this.#hub.membersOf(happening.about.key).size
    if (this.#presence.isAlone && this.#working === undefined) {
      this.#send(happening, here)
      return 0
    }
    return new Promise(told => {
      this.#waiting.push({ ...happening, here, told })
      if (this.#waiting.length > MAX_WAITING) this.#tellAll()
      this.#working ??= this.#work()
    })
  }

  /** Resolves when everything was told. */
  async settle(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#take(MAX_BATCH)
      this.#batch = batch
      const keys = [...new Set(batch.map(({ about }) => about.key))]
      const counts = await this.#presence.elsewhere(keys)
      const elsewhere = new Map(keys.map((key, index) => [key, counts[index] ?? 0]))
      this.#finish(elsewhere)
    }
    this.#working = undefined
  }

  #tellAll(): void {
    this.#finish(new Map())
    this.#batch = this.#take(this.#waiting.length)
    this.#finish(new Map())
  }

  #take(limit: number): Untold[] {
    return Array.from({ length: Math.min(limit, this.#waiting.length) }, () => this.#waiting.shift() as Untold)
  }

  /** Tells what is in the batch, by the counts of the other nodes. */
  #finish(elsewhere: ReadonlyMap<string, number>): void {
    for (const untold of this.#batch.splice(0)) {
      const count = elsewhere.get(untold.about.key) ?? 0
      this.#send(untold, untold.here + count)
      untold.told(count)
    }
  }

  #send({ event, about, where, facts, clientId }: Happening, count: number): void {
    const { broker, events } = this.#engine
    const payload = { event, room: about.room, channel: about.name, ...facts, participant_count: count }
    broker.notify(stampNotice(where, payload, this.#engine))
    events.emit({ type: event, severity: 'info', tenant: about.tenant, clientId, payload })
  }
}
