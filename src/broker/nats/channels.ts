import { BusError } from '../../errors.ts'
import { Retention } from '../retention.ts'
import { Channel } from './channel.ts'
import { LiveChannel, type LiveParts } from './live.ts'
import { Tail, type TailLimits } from './tail.ts'

/** What the channels of a node need. */
export interface ChannelsParts extends Omit<LiveParts, 'tail' | 'seen'> {
  readonly epochOf: (birth: number) => string
  /** Told of each message that came back and was published here. */
  readonly confirm: (node: string, number: number, sequence: number) => void
  readonly limits: TailLimits & { readonly maxAgeMs: number; readonly totalBytes: number }
}

/** Most channels that are remembered without members here; the one remembered longest is forgotten first. */
const MAX_IDLE = 50_000
/** How many channels are compared with the stream at a time. */
const CHECKS = 16
/** A channel that was heard of within this time is not compared. */
const QUIET_MS = 30_000
/** A channel that was published to within this time is in use. */
const USED_MS = 300_000

/** The channels that a node follows or has lately published to. */
export class Channels {
  readonly #parts: ChannelsParts
  readonly #retention: Retention
  /** Map( key -> channel ) */
  readonly #channels = new Map<string, Channel>()
  /** Map( channel -> its latest messages ), for those with members here */
  readonly #tails = new Map<Channel, Tail>()

  constructor(parts: ChannelsParts) {
    this.#parts = parts
    this.#retention = new Retention(parts.limits.totalBytes, parts.limits.maxAgeMs)
  }

  get size(): number {
    return this.#channels.size
  }

  /** The channel; remembered from now on. */
  open(key: string): Channel {
    const known = this.#channels.get(key)
    if (known !== undefined) return known
    const channel = this.#make(key)
    this.#channels.set(key, channel)
    if (this.#channels.size > MAX_IDLE) this.#dropIdle()
    return channel
  }

  /** The channel, without remembering it. */
  peek(key: string): Channel {
    return this.#channels.get(key) ?? this.#make(key)
  }

  /** The latest messages of a channel with members here; nothing is in it without. */
  tailOf(channel: Channel): Tail {
    return this.#tails.get(channel) ?? new Tail(channel, this.#parts.limits, this.#retention)
  }

  /** Begins to deliver a channel. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(channel: Channel): Promise<void> {
    this.#parts.link.assertUp()
    channel.starting ??= this.#start(channel)
    await channel.starting
  }

  /** Stops the deliveries. */
  unfollow(key: string): void {
    const channel = this.#channels.get(key)
    if (channel === undefined) return
    channel.live?.stop()
    channel.live = undefined
    channel.starting = undefined
    channel.recalling = undefined
    channel.recoveries = 0
    this.#tails.delete(channel)
  }

  /** Its messages up to a sequence are gone. */
  forget(key: string, upTo: number): void {
    const channel = this.#channels.get(key)
    if (channel === undefined) return
    channel.emptied(upTo)
    const tail = this.#tails.get(channel)
    if (tail !== undefined && tail.end.sequence <= upTo) tail.reset({ sequence: 0, epoch: '' })
    if (channel.isIdle) this.#channels.delete(key)
  }

  /** Compares channels with the stream: all, or those that are quiet. False when some could not be. */
  async check(isForAll: boolean): Promise<boolean> {
    const quietMs = this.#parts.clock.monotonic() - QUIET_MS
    const due = [...this.#tails.keys()].flatMap(({ live }) =>
      live && (isForAll || live.heardMs < quietMs) ? [live] : []
    )
    let isDone = true
    const work = async (): Promise<void> => {
      for (let live = due.pop(); live !== undefined; live = due.pop()) if (!(await live.check())) isDone = false
    }
    await Promise.all(Array.from({ length: CHECKS }, work))
    return isDone
  }

  /** Whether a channel has members here, or was used so lately that its history is of use. */
  isInUse(key: string): boolean {
    const channel = this.#channels.get(key)
    if (channel === undefined) return false
    return channel.live !== undefined || this.#parts.clock.monotonic() - channel.bornMs < USED_MS
  }

  /** The stream is another one: nothing that is known of it holds. */
  restart(): void {
    for (const channel of [...this.#channels.values()]) {
      channel.emptied(Number.POSITIVE_INFINITY)
      channel.live?.restart()
    }
  }

  /** Drops what has grown too old from the latest messages. */
  expire(): void {
    this.#retention.expire(this.#parts.clock.monotonic())
  }

  close(): void {
    for (const key of [...this.#channels.keys()]) this.unfollow(key)
    this.#channels.clear()
  }

  async #start(channel: Channel): Promise<void> {
    const { clock, confirm } = this.#parts
    const tail = new Tail(channel, this.#parts.limits, this.#retention)
    const live = new LiveChannel(channel, {
      ...this.#parts,
      tail,
      seen: (birth, sequence, origin) => {
        channel.bornAt(birth, clock.monotonic())
        if (origin !== undefined) confirm(origin.node, origin.number, sequence)
      }
    })
    this.#tails.set(channel, tail)
    channel.live = live
    try {
      await live.start()
    } catch (error) {
      if (channel.live === live) this.unfollow(channel.key)
      throw error instanceof BusError ? error : new BusError('ENGINE_UNAVAILABLE', { cause: error })
    }
  }

  #make(key: string): Channel {
    return new Channel(key, this.#parts.epochOf)
  }

  #dropIdle(): void {
    for (const [key, channel] of this.#channels) {
      if (!channel.isIdle) continue
      this.#channels.delete(key)
      return
    }
  }
}
