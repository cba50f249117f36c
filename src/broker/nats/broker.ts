import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { Ids } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Position, Stamped } from '../../protocol/message.ts'
import type { Broker, BrokerStats, EngineStats, HistoryPage, HistoryQuery, Recovery, Settled, Sink } from '../broker.ts'
import type { ArchiveLimits } from './archive.ts'
import type { Channel } from './channel.ts'
import { Engine } from './engine.ts'
import { readPage, recover } from './history.ts'
import { recall } from './recall.ts'
import type { Tail } from './tail.ts'
import { positionOf } from './wire.ts'

/** How much the broker keeps [limits.md, Limits and P4]. What is kept for one channel is bounded by number alone. */
export interface NatsBrokerLimits extends ArchiveLimits {
  /** The latest messages of a channel that are at hand on this node, in bytes. */
  readonly historyBytesPerChannel: number
}

/** What the NATS broker is made of. */
export interface NatsBrokerOptions {
  /** `nats://` or `tls://` URLs. */
  readonly servers: readonly string[]
  /** Path of a credentials file. */
  readonly creds: string | undefined
  /** How this node is called in the servers' lists. */
  readonly name: string
  readonly clock: Pick<Clock, 'monotonic' | 'every' | 'after'>
  readonly ids: Pick<Ids, 'short'>
  readonly log: Log
  readonly limits: NatsBrokerLimits
  /** How long the first connection may take, in milliseconds. */
  readonly connectTimeoutMs?: number
}

const CLOSE_MS = 2_000

/** A broker on NATS JetStream, for any number of nodes; what was acknowledged outlives all of them [cluster.md]. */
export function createNatsBroker(options: NatsBrokerOptions): Broker {
  return new NatsBroker(options)
}

class NatsBroker implements Broker {
  readonly name = 'nats'
  readonly #options: NatsBrokerOptions
  /** Absent before `open` and after `close`. */
  #engine: Engine | undefined
  #closing: Promise<void> | undefined

  constructor(options: NatsBrokerOptions) {
    this.#options = options
  }

  async open(sink: Sink): Promise<void> {
    this.#engine = await Engine.open(this.#options, sink)
  }

  publish(message: Stamped, settled: Settled): void {
    if (this.#engine === undefined) settled(new BusError('ENGINE_UNAVAILABLE'), undefined)
    else this.#engine.publishing.publish(this.#engine.channels.open(message.key), message, settled)
  }

  broadcast(message: Stamped, settled: (error: BusError | undefined) => void): void {
    if (this.#engine === undefined) settled(new BusError('ENGINE_UNAVAILABLE'))
    else this.#engine.nodes.broadcast(message, settled)
  }

  notify(message: Stamped): void {
    this.#engine?.nodes.notify(message)
  }

  send(message: Stamped, settled: (error: BusError | undefined, missing: readonly string[]) => void): void {
    if (this.#engine === undefined) settled(new BusError('ENGINE_UNAVAILABLE'), [])
    else this.#engine.nodes.send(message, settled)
  }

  async subscribe(key: string): Promise<void> {
    const { channels } = this.#open()
    await channels.follow(channels.open(key))
  }

  unsubscribe(key: string): void {
    this.#engine?.channels.unfollow(key)
  }

  async position(key: string): Promise<Position> {
    const engine = this.#open()
    const channel = engine.channels.open(key)
    const { live } = channel
    if (live?.isCurrent) {
      await live.settle(channel.acknowledged)
      const { end } = engine.channels.tailOf(channel)
      if (end.epoch !== '') return end
    }
    const end = await engine.archive.lastOf(channel.subject)
    if (end === undefined) return { sequence: 0, epoch: channel.epochOf(await engine.births.find(channel)) }
    await live?.settle(end.sequence)
    return positionOf(end, channel)
  }

  async recover(key: string, since: Position, limit: number): Promise<Recovery> {
    const engine = this.#open()
    const channel = engine.channels.open(key)
    const { live } = channel
    if (live?.isCurrent) {
      await live.settle(channel.acknowledged)
      const tail = engine.channels.tailOf(channel)
      const missed = tail.since(since, limit) ?? (await this.#recall(engine, channel, tail)).since(since, limit)
      if (missed !== undefined) return { recovered: true, missed, position: tail.end }
    }
    const end = await engine.archive.lastOf(channel.subject)
    if (end === undefined) {
      const position = { sequence: 0, epoch: channel.epochOf(await engine.births.find(channel)) }
      return { recovered: false, missed: [], position }
    }
    await live?.settle(end.sequence)
    const position = positionOf(end, channel)
    const missed = await recover(engine.archive, channel, since, end, limit)
    return { recovered: missed !== undefined, missed: missed ?? [], position }
  }

  async read(key: string, query: HistoryQuery): Promise<HistoryPage> {
    const { archive, channels } = this.#open()
    return readPage(archive, channels.peek(key), query, this.#options.limits.historyCount)
  }

  get peerCount(): number {
    return this.#engine?.nodes.size ?? 0
  }

  async ask(question: object): Promise<readonly unknown[]> {
    return this.#open().nodes.ask(question)
  }

  /** Each node knows only its own members: what another node has in use is left alone. */
  async forget(key: string): Promise<void> {
    const { archive, channels, nodes } = this.#open()
    const channel = channels.peek(key)
    if (await nodes.isUsed(key)) return
    const end = await archive.lastOf(channel.subject)
    if (end !== undefined) {
      await archive.purge(channel.subject)
      nodes.tellForgotten(key, end.sequence)
    }
    channels.forget(key, end?.sequence ?? 0)
  }

  async probe(): Promise<void> {
    await this.#open().probe()
  }

  stats(): BrokerStats {
    return this.#engine?.stats() ?? { channels: 0, messages: 0, bytes: 0 }
  }

  engine(): EngineStats {
    const none = { roundTripMs: 0, reconnects: 0, inFlight: 0, gapsMended: 0, gapsLost: 0, peers: 0 }
    return this.#engine?.engineStats() ?? none
  }

  close(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    this.#closing ??= engine?.close(CLOSE_MS)
    return this.#closing ?? Promise.resolve()
  }

  /** Brings back what was published before the tail begins, once for all who come back: from the second of them on. */
  async #recall({ archive }: Engine, channel: Channel, tail: Tail): Promise<Tail> {
    if (++channel.recoveries > 1) {
      channel.recalling ??= recall(archive, channel, tail, this.#options.clock.monotonic()).catch((error: unknown) => {
        channel.recalling = undefined
        throw error
      })
      await channel.recalling
    }
    return tail
  }

  #open(): Engine {
    if (this.#engine === undefined) throw new BusError('ENGINE_UNAVAILABLE')
    return this.#engine
  }
}
