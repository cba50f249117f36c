import { Ring } from '../structures/ring.ts'
import { eventText } from './wire.ts'

/** Whoever takes events. */
export interface Watcher {
  /** The tenant whose events it may see; undefined for one who sees all. */
  readonly tenant: string | undefined
  /** Kinds of events that it wants; all when undefined. */
  readonly events?: ReadonlySet<string> | undefined
  /** Most bytes that wait for it; beyond them the oldest events are dropped. */
  readonly maxBytes: number
  /**
   * Takes the texts of events, in order. False when nothing more should come until {@link Subscription.drained} is called; what was
   * handed over is taken all the same. It must not throw.
   */
  write(texts: readonly string[]): boolean
}

/** One event, encoded. Shared by all who get it. */
export interface Item {
  readonly kind: string
  readonly text: string
  readonly bytes: number
}

/** What a subscription needs of its feed. */
export interface SubscriptionContext {
  /** What the notice of dropped events begins with. */
  readonly header: () => { readonly id: string; readonly timestamp: string }
  /** Something waits and may be handed over. */
  readonly dirty: (subscription: Subscription) => void
  /** Called once. */
  readonly closed: (subscription: Subscription) => void
}

/** What waits is handed over before its time when there is this much of it. */
const EARLY_BYTES = 65_536

/** What one watcher gets: its filter, and the bounded queue before it. */
export class Subscription {
  /** Events handed over, and dropped, since it began. */
  sent = 0
  dropped = 0
  readonly tenant: string | undefined

  readonly #watcher: Watcher
  readonly #context: SubscriptionContext
  readonly #queue = new Ring<Item>()
  #events: ReadonlySet<string> | undefined
  #bytes = 0
  /** Dropped events that the watcher has not been told of. */
  #untold = 0
  #isBlocked = false
  #isClosed = false

  constructor(watcher: Watcher, context: SubscriptionContext) {
    this.#watcher = watcher
    this.#context = context
    this.tenant = watcher.tenant
    this.#events = watcher.events
  }

  /** Whether the watcher has asked to wait. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Kinds that are chosen; undefined for all. */
  get events(): ReadonlySet<string> | undefined {
    return this.#events
  }

  /** Whether the watcher chose the kind. */
  wants(kind: string): boolean {
    return this.#events?.has(kind) ?? true
  }

  /** Chooses other kinds, also of what waits; undefined for all. */
  setFilter(events: ReadonlySet<string> | undefined): void {
    this.#events = events
    for (let left = this.#queue.length; left > 0; left--) {
      const item = this.#shift()
      if (this.wants(item.kind)) this.#add(item)
    }
  }

  /** Puts an event at the end of the queue; the oldest make room for it. */
  push(item: Item): void {
    if (this.#isClosed) return
    this.#add(item)
    while (this.#bytes > this.#watcher.maxBytes) {
      this.#shift()
      this.dropped++
      this.#untold++
    }
    if (this.#isBlocked) return
    if (this.#bytes >= EARLY_BYTES) this.flush()
    else this.#context.dirty(this)
  }

  /** Hands over what waits, unless the watcher asked to wait. What was dropped before is told first. */
  flush(): void {
    if (this.#isBlocked || this.#isClosed) return
    const texts = this.#untold > 0 ? [this.#noticeText()] : []
    this.#untold = 0
    this.sent += this.#queue.length
    while (this.#queue.length > 0) texts.push(this.#shift().text)
    if (texts.length > 0) this.#isBlocked = !this.#watcher.write(texts)
  }

  /** The watcher takes more again. */
  drained(): void {
    this.#isBlocked = false
    this.flush()
  }

  /** Ends it; what waits is forgotten. Safe to call more than once. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.clear()
    this.#bytes = 0
    this.#context.closed(this)
  }

  #add(item: Item): void {
    this.#queue.push(item)
    this.#bytes += item.bytes
  }

  #shift(): Item {
    const item = this.#queue.shift() as Item
    this.#bytes -= item.bytes
    return item
  }

  #noticeText(): string {
    const payload = { dropped: this.#untold, total: this.dropped }
    return eventText({ name: 'dropped', source: 'arqonbus', severity: 'warning', payload, ...this.#context.header() })
  }
}
