import type { Clock, Timer } from '../clock.ts'
import type { Ids } from '../ids.ts'
import type { Signal } from '../structures/signal.ts'
import { isVisible, REPORT_KIND } from './kinds.ts'
import { type Item, Subscription, type Watcher } from './subscription.ts'
import { type EventFacts, eventText, type Severity } from './wire.ts'

/** Something that happened, without content. */
export interface FeedEvent {
  readonly type: string
  readonly severity: Severity
  /** Whom it concerns; undefined for the process as a whole. */
  readonly tenant: string | undefined
  readonly clientId?: string | undefined
  readonly payload: object
}

/** What a client reports of itself; it was inspected before. */
export interface Report {
  readonly name: string
  readonly tenant: string
  readonly clientId: string
  readonly payload: object
}

/** What a feed is made of. */
export interface FeedOptions {
  readonly events: Pick<Signal<[event: FeedEvent]>, 'on'>
  readonly clock: Clock
  readonly ids: Ids
  /** Whether events say which tenant they concern: where everybody is in one tenant, that says nothing. */
  readonly hasTenants: boolean
}

/** How long events are gathered for one write: far below the 200 ms within which they are due [protocol.md, Telemetry socket]. */
const GATHER_MS = 50

/**
 * Hands events to whoever watches. Each is encoded once, and only if somebody may and wants to know of it; without watchers the feed
 * does not even listen. A watcher who does not keep up loses the oldest of what waits for it and is told how much [limits.md, P18].
 */
export class Feed {
  readonly #options: FeedOptions
  readonly #subscriptions = new Set<Subscription>()
  readonly #dirty = new Set<Subscription>()
  #timer: Timer | undefined
  #stopListening: (() => void) | undefined
  #goneSent = 0
  #goneDropped = 0

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** How many watch. */
  get size(): number {
    return this.#subscriptions.size
  }

  /** Events handed over since the start, each watcher counted. */
  get sentCount(): number {
    return this.#sum(this.#goneSent, subscription => subscription.sent)
  }

  /** Events that were dropped since the start, each watcher counted. */
  get droppedCount(): number {
    return this.#sum(this.#goneDropped, subscription => subscription.dropped)
  }

  /** Begins to hand events to a watcher, until the subscription is closed. */
  subscribe(watcher: Watcher): Subscription {
    const { clock, ids, events } = this.#options
    const subscription = new Subscription(watcher, {
      header: () => ({ id: ids.message(), timestamp: clock.iso() }),
      dirty: one => this.#wake(one),
      closed: one => this.#remove(one)
    })
    this.#subscriptions.add(subscription)
    this.#stopListening ??= events.on(event => this.#tell(event))
    return subscription
  }

  /** Hands what a client reports to everybody who may know of it, but not back to the client. */
  relay({ name, tenant, clientId, payload }: Report, author: Subscription): void {
    const facts = { name, source: 'telemetry', clientId, tenant, payload, severity: 'info' } as const
    this.#deliver(REPORT_KIND, tenant, facts, author)
  }

  /** Hands over what waits, to whoever keeps up. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const subscription of this.#dirty) subscription.flush()
    this.#dirty.clear()
  }

  /** Ends every subscription. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.close()
  }

  #tell({ type, severity, tenant, clientId, payload }: FeedEvent): void {
    this.#deliver(type, tenant, { name: type, source: 'arqonbus', clientId, tenant, payload, severity })
  }

  #deliver(
    kind: string,
    tenant: string | undefined,
    facts: Omit<EventFacts, 'id' | 'timestamp'>,
    except?: Subscription
  ): void {
    let item: Item | undefined
    for (const subscription of this.#subscriptions) {
      if (subscription === except || !subscription.wants(kind) || !isVisible(kind, tenant, subscription.tenant))
        continue
      item ??= this.#encode(kind, facts)
      subscription.push(item)
    }
  }

  #encode(kind: string, facts: Omit<EventFacts, 'id' | 'timestamp'>): Item {
    const { ids, clock, hasTenants } = this.#options
    const header = { id: ids.message(), timestamp: clock.iso() }
    const text = eventText({ ...facts, ...header, tenant: hasTenants ? facts.tenant : undefined })
    return { kind, text, bytes: Buffer.byteLength(text) }
  }

  #wake(subscription: Subscription): void {
    this.#dirty.add(subscription)
    this.#timer ??= this.#options.clock.after(GATHER_MS, () => this.flush())
  }

  #remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription)
    this.#dirty.delete(subscription)
    this.#goneSent += subscription.sent
    this.#goneDropped += subscription.dropped
    if (this.#subscriptions.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #sum(gone: number, count: (subscription: Subscription) => number): number {
    let sum = gone
    for (const subscription of this.#subscriptions) sum += count(subscription)
    return sum
  }
}
