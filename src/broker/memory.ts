import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import { tenantOf } from '../protocol/address.ts'
import type { Position, Stamped } from '../protocol/message.ts'
import type { Publication } from '../protocol/publication.ts'
import { Ring } from '../structures/ring.ts'
import type { Broker, BrokerStats, HistoryPage, HistoryQuery, Recovery, Settled, Sink } from './broker.ts'
import { IdTurns } from './recent-ids.ts'
import { Retention } from './retention.ts'
import { Stream, type StreamLimits } from './stream.ts'

/** How often what has grown too old is dropped from channels that nobody reads or publishes to. */
const SWEEP_INTERVAL_MS = 2_000

const none: readonly string[] = []

/** How much the memory broker keeps [limits.md, Limits and P4]. Bytes are counted by `sizeOf` of `retention.ts`. */
export interface MemoryBrokerLimits {
  /** Messages per channel; 0 keeps none. */
  readonly historyCount: number
  readonly historyBytesPerChannel: number
  /** Since the message was stored. */
  readonly historyAgeMs: number
  /** All channels together; over it the oldest messages of the process go first. */
  readonly historyTotalBytes: number
  readonly duplicateWindowMs: number
  /** Ids of one channel. */
  readonly duplicateWindowIds: number
  /** Ids of all channels together. */
  readonly duplicateWindowTotalIds: number
}

/** What the memory broker is made of. */
export interface MemoryBrokerOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'every'>
  readonly ids: Pick<Ids, 'short'>
  readonly limits: MemoryBrokerLimits
}

/** A broker within one process: everything is gone when it ends [limits.md, Promises in memory mode]. */
export function createMemoryBroker(options: MemoryBrokerOptions): Broker {
  return new MemoryBroker(options)
}

class MemoryBroker implements Broker {
  readonly name = 'memory'
  readonly peerCount = 0
  readonly #clock: MemoryBrokerOptions['clock']
  readonly #ids: MemoryBrokerOptions['ids']
  readonly #limits: StreamLimits
  readonly #retention: Retention
  readonly #turns: IdTurns
  /** Map( key -> Stream ) */
  readonly #streams = new Map<string, Stream>()
  /** What was published while a delivery was under way. */
  readonly #waiting = new Ring<Publication>()
  #isDelivering = false
  /** Absent before `open` and after `close`. */
  #sink: Sink | undefined
  #sweep: Timer | undefined

  constructor({ clock, ids, limits }: MemoryBrokerOptions) {
    this.#clock = clock
    this.#ids = ids
    this.#limits = {
      maxCount: limits.historyCount,
      maxBytes: limits.historyBytesPerChannel,
      recentIds: { maxAgeMs: limits.duplicateWindowMs, maxCount: limits.duplicateWindowIds }
    }
    this.#retention = new Retention(limits.historyTotalBytes, limits.historyAgeMs)
    this.#turns = new IdTurns(limits.duplicateWindowTotalIds)
  }

  async open(sink: Sink): Promise<void> {
    this.#sink = sink
    this.#sweep = this.#clock.every(SWEEP_INTERVAL_MS, () => this.#expire())
  }

  publish(message: Stamped, settled: Settled): void {
    if (this.#sink === undefined) {
      settled(new BusError('ENGINE_UNAVAILABLE'), undefined)
      return
    }
    const nowMs = this.#clock.monotonic()
    const stream = this.#stream(message.key)
    if (message.hasClientId) {
      const sequence = stream.duplicateOf(message, nowMs)
      if (sequence !== undefined) {
        settled(undefined, { sequence, epoch: stream.position.epoch, duplicate: true })
        return
      }
    }
    const publication = stream.append(message, nowMs)
    const { sequence, epoch } = publication
    if (this.#isDelivering) {
      this.#waiting.push(publication)
      settled(undefined, { sequence, epoch, duplicate: false })
      return
    }
    this.#isDelivering = true
    try {
      settled(undefined, { sequence, epoch, duplicate: false })
      if (stream.isSubscribed) this.#sink.deliver(publication)
      if (this.#waiting.length > 0) this.#deliverWaiting()
    } finally {
      this.#isDelivering = false
    }
  }

  broadcast(message: Stamped, settled: (error: BusError | undefined) => void): void {
    settled(this.#sink === undefined ? new BusError('ENGINE_UNAVAILABLE') : undefined)
    this.#sink?.transient(message)
  }

  notify(message: Stamped): void {
    this.#sink?.transient(message)
  }

  send(message: Stamped, settled: (error: BusError | undefined, missing: readonly string[]) => void): void {
    if (this.#sink === undefined) {
      settled(new BusError('ENGINE_UNAVAILABLE'), none)
      return
    }
    const reached = new Set(this.#sink.transient(message))
    settled(
      undefined,
      message.to.filter(client => !reached.has(client))
    )
  }

  async subscribe(key: string): Promise<void> {
    this.#assertOpen()
    this.#stream(key).isSubscribed = true
  }

  unsubscribe(key: string): void {
    const stream = this.#streams.get(key)
    if (stream !== undefined) stream.isSubscribed = false
  }

  async position(key: string): Promise<Position> {
    this.#assertOpen()
    return this.#stream(key).position
  }

  async recover(key: string, since: Position, limit: number): Promise<Recovery> {
    this.#assertOpen()
    this.#retention.expire(this.#clock.monotonic())
    const stream = this.#stream(key)
    const missed = stream.since(since, limit)
    return { recovered: missed !== undefined, missed: missed ?? [], position: stream.position }
  }

  async read(key: string, query: HistoryQuery): Promise<HistoryPage> {
    this.#assertOpen()
    this.#retention.expire(this.#clock.monotonic())
    const stream = this.#streams.get(key)
    if (stream === undefined) return { publications: [], total: 0, position: { sequence: 0, epoch: '' } }
    return { publications: stream.read(query), total: stream.length, position: stream.position }
  }

  async ask(): Promise<readonly unknown[]> {
    this.#assertOpen()
    return []
  }

  async forget(key: string): Promise<void> {
    this.#assertOpen()
    const stream = this.#streams.get(key)
    if (stream === undefined) return
    stream.restart(this.#ids.short())
    this.#turns.trim()
    if (!stream.isSubscribed) this.#streams.delete(key)
  }

  async probe(): Promise<void> {
    this.#assertOpen()
  }

  stats(): BrokerStats {
    return { channels: this.#streams.size, messages: this.#retention.count, bytes: this.#retention.bytes }
  }

  async close(): Promise<void> {
    this.#sink = undefined
    this.#sweep?.cancel()
    for (const stream of this.#streams.values()) {
      stream.isSubscribed = false
      stream.restart('')
    }
    this.#streams.clear()
    this.#turns.trim()
  }

  /** The channel, brought into being if need be. Epochs are random and not counted: a count would tell one tenant of others. */
  #stream(key: string): Stream {
    const known = this.#streams.get(key)
    if (known !== undefined) return known
    const stream = new Stream(
      { key, tenant: tenantOf(key) },
      this.#ids.short(),
      this.#limits,
      this.#retention,
      this.#turns
    )
    this.#streams.set(key, stream)
    return stream
  }

  #deliverWaiting(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#streams.get(next.message.key)?.isSubscribed === true) this.#sink?.deliver(next)
    }
  }

  #expire(): void {
    const nowMs = this.#clock.monotonic()
    this.#retention.expire(nowMs)
    for (const stream of this.#streams.values()) stream.expireIds(nowMs)
    this.#turns.trim()
  }

  #assertOpen(): void {
    if (this.#sink === undefined) throw new BusError('ENGINE_UNAVAILABLE')
  }
}
