import { randomBytes } from 'node:crypto'
import { createIds } from '../../../src/ids.ts'
import { Signal } from '../../../src/structures/signal.ts'
import { Feed, type FeedEvent } from '../../../src/telemetry/feed.ts'
import type { Subscription, Watcher } from '../../../src/telemetry/subscription.ts'
import type { ServerFrame } from '../../helper.ts'
import { FakeClock } from '../../support/clock.ts'

/** Somebody who watches a feed, and can stop taking what comes. */
export interface Onlooker {
  readonly subscription: Subscription
  /** Everything that was handed over, decoded, in order. */
  readonly got: ServerFrame[]
  /** How many texts each write held. */
  readonly writes: number[]
  isTaking: boolean
  /** The names of what was handed over. */
  names(): string[]
}

/** A feed on a clock that stands still. */
export class FeedStage {
  readonly clock = new FakeClock()
  readonly ids = createIds(this.clock, randomBytes)
  readonly events = new Signal<[event: FeedEvent]>()
  readonly feed: Feed

  constructor(hasTenants = true) {
    const { events, clock, ids } = this
    this.feed = new Feed({ events, clock, ids, hasTenants })
  }

  /** Something happens, to the tenant `acme` unless said otherwise. */
  happen(type: string, parts: Partial<FeedEvent> = {}): void {
    this.events.emit({ type, severity: 'info', tenant: 'acme', payload: {}, ...parts })
  }

  /** Lets everything that waits be handed over. */
  pass(ms = 100): void {
    this.clock.advance(ms)
  }

  watch(parts: Partial<Watcher> = {}): Onlooker {
    const got: ServerFrame[] = []
    const writes: number[] = []
    const onlooker: Onlooker = {
      got,
      writes,
      isTaking: true,
      names: () => got.map(({ event_type }) => event_type),
      subscription: this.feed.subscribe({
        tenant: 'acme',
        maxBytes: 1_000_000,
        write(texts) {
          writes.push(texts.length)
          got.push(...texts.map(text => JSON.parse(text)))
          return onlooker.isTaking
        },
        ...parts
      })
    }
    return onlooker
  }
}
