import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log.ts'
import { addressOf, keyOf } from '../protocol/address.ts'
import type { Records } from '../structures/records.ts'
import { alreadyThere, notFound } from './refusals.ts'
import type { ChannelRecord, Registry } from './registry.ts'
import { channelOf, textOf } from './shared-record.ts'

/** What the sharing of channels is made of. */
export interface SharedChannelsOptions {
  readonly records: Records
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Log
  /** Whether the channel with a key has members on this node. */
  readonly isJoined: (key: string) => boolean
}

/** Least time between two writes of uses of a channel by one node. Uses are looked for at least as often. */
const PAUSE_MS = 15_000
/** How late a use may be known everywhere, beyond half of the grace. */
const SLACK_MS = 30_000
/** Writes under way. */
const MAX_WRITES = 16
/** Auto-created channels that wait to be written; beyond it they are found when uses are looked for. */
const MAX_WAITING = 10_000
const RETRY_MS = 1_000

/**
 * The channels that all nodes have in common [cluster.md, The port]. A channel that is created is written before it is there, and
 * stays. One that is made by use is there at once, is written in the background, and lasts as long as some node writes anew that
 * it is used: at most once in half of the grace each. What every server has is never written.
 */
export class SharedChannels {
  readonly #options: SharedChannelsOptions
  /** Map( key of an auto-created channel that is written -> last use, in milliseconds since the epoch ) */
  readonly #uses = new Map<string, number>()
  readonly #waiting = new Set<ChannelRecord>()
  /** Map( key -> its write under way ) */
  readonly #writes = new Map<string, Promise<void>>()
  #retry: Timer | undefined
  #stop: (() => void) | undefined
  /** When this node began to know the uses of others. */
  #sinceMs = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(options: SharedChannelsOptions) {
    this.#options = options
  }

  /** Takes over what is there, and follows it from then on. @throws {BusError} ENGINE_UNAVAILABLE */
  async open(): Promise<void> {
    const { records, registry, clock } = this.#options
    await records.follow((key, text) => this.#take(key, text))
    this.#sinceMs = clock.monotonic()
    this.#stop = registry.opened.on(record => this.#write(record))
  }

  /**
   * Creates a channel on all nodes.
   * @throws {BusError} CHANNEL_EXISTS, LIMIT_EXCEEDED, ENGINE_UNAVAILABLE
   */
  async create(tenant: string, room: string, name: string, by: string, description: string): Promise<ChannelRecord> {
    const { records, registry, clock } = this.#options
    registry.requireNew(tenant, room, name)
    const record: ChannelRecord = {
      tenant,
      room,
      name,
      key: keyOf(tenant, room, name),
      roomKey: keyOf(tenant, room, ''),
      description,
      createdAt: clock.iso(),
      createdBy: by,
      isHardcoded: false,
      isAutoCreated: false,
      lastActivityMs: clock.now()
    }
    if (!(await records.create(record.key, textOf(record)))) throw alreadyThere(room, name)
    // Another node may have deleted it meanwhile: nothing is taken over here that is not told.
    return registry.find(tenant, room, name) ?? record
  }

  /** Describes a channel anew on all nodes. @throws {BusError} CHANNEL_NOT_FOUND, ENGINE_UNAVAILABLE */
  async describe(record: ChannelRecord, description: string): Promise<void> {
    const change = (text: string | undefined): string | undefined => {
      const there = text === undefined ? undefined : channelOf(record.key, text)
      const isSame = there ? there.isAutoCreated === record.isAutoCreated : record.isAutoCreated
      return isSame ? textOf({ ...(there ?? record), description }) : undefined
    }
    const options = record.isAutoCreated ? { ttlMs: this.#ttlMs } : {}
    if (!(await this.#options.records.update(record.key, change, options))) throw notFound(record)
  }

  /** Deletes a channel on all nodes. @throws {BusError} CHANNEL_NOT_FOUND when another node came first, ENGINE_UNAVAILABLE */
  async delete(record: ChannelRecord): Promise<void> {
    this.#waiting.delete(record)
    await this.#writes.get(record.key)
    const isOnlyHere = record.isAutoCreated && !this.#uses.has(record.key) && this.#isThere(record)
    if (!(await this.#options.records.delete(record.key)) && !isOnlyHere) throw notFound(record)
    this.#drop(record)
  }

  /** Takes note that somebody uses a channel here. */
  use(record: ChannelRecord): void {
    if (!record.isAutoCreated || this.#writes.has(record.key)) return
    const unwrittenMs = this.#usedMs(record) - (this.#uses.get(record.key) ?? Number.NEGATIVE_INFINITY)
    if (unwrittenMs >= Math.max(this.#graceMs / 2, PAUSE_MS)) this.#write(record)
  }

  /** Looks for what is used here, so that others learn of it. To be called every 15 s. */
  renew(): void {
    const { registry, clock } = this.#options
    const oldestMs = clock.now() - this.#graceMs
    for (const record of registry.autoCreated()) if (this.#usedMs(record) > oldestMs) this.use(record)
  }

  /**
   * Ends an auto-created channel that is not used here, if no other node has said for long enough that it uses it, and
   * `isQuiet` agrees. True on one node only: that one has to forget what was published there.
   * @throws {BusError} ENGINE_UNAVAILABLE
   */
  async end(record: ChannelRecord, isQuiet: () => Promise<boolean>): Promise<boolean> {
    const { records, clock } = this.#options
    const usedMs = this.#uses.get(record.key)
    const isOnlyHere = usedMs === undefined
    const patienceMs = this.#graceMs * 1.5 + SLACK_MS
    const isRecent = !isOnlyHere && clock.now() - usedMs < patienceMs
    if (isRecent || clock.monotonic() - this.#sinceMs < patienceMs || !(await isQuiet())) return false
    if (this.#waiting.has(record) || this.#writes.has(record.key) || !this.#isThere(record)) return false
    if (!isOnlyHere) return records.delete(record.key, text => channelOf(record.key, text)?.lastActivityMs === usedMs)
    this.#drop(record)
    return true
  }

  /** Writes nothing any more. What is under way is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#stop?.()
    this.#retry?.cancel()
    this.#waiting.clear()
    await Promise.all(this.#writes.values())
  }

  get #ttlMs(): number {
    return this.#graceMs * 2 + SLACK_MS * 2
  }

  get #graceMs(): number {
    return this.#options.registry.emptyGraceMs
  }

  #isThere(record: ChannelRecord): boolean {
    const { tenant, room, name } = record
    return this.#options.registry.find(tenant, room, name) === record
  }

  #usedMs(record: ChannelRecord): number {
    return this.#options.isJoined(record.key) ? this.#options.clock.now() : record.lastActivityMs
  }

  #take(key: string, text: string | undefined): void {
    const { registry, isJoined } = this.#options
    if (text !== undefined) {
      const channel = channelOf(key, text)
      if (!channel) return
      const record = registry.adopt(channel)
      if (record.isHardcoded) return
      if (channel.isAutoCreated) this.#uses.set(key, channel.lastActivityMs)
      else this.#forget(record)
      return
    }
    this.#uses.delete(key)
    const address = addressOf(key)
    const record = address && registry.find(address.tenant, address.room, address.channel)
    if (!record || record.isHardcoded) return
    if (isJoined(key)) {
      // Whoever ended it did not know yet: while it has members it is there.
      this.#forget(record)
      record.isAutoCreated = true
      this.#write(record)
    } else this.#drop(record)
  }

  #drop(record: ChannelRecord): void {
    this.#forget(record)
    this.#options.registry.remove(record)
  }

  #forget(record: ChannelRecord): void {
    this.#uses.delete(record.key)
    this.#waiting.delete(record)
  }

  #write(record: ChannelRecord): void {
    if (this.#isClosed || this.#waiting.size >= MAX_WAITING) return
    this.#waiting.add(record)
    if (this.#retry === undefined) this.#start()
  }

  #start(): void {
    this.#retry = undefined
    for (const record of this.#waiting) {
      if (this.#writes.size >= MAX_WRITES || this.#retry !== undefined) return
      if (this.#writes.has(record.key)) continue
      this.#waiting.delete(record)
      this.#writes.set(record.key, this.#run(record))
    }
  }

  /** Tells all nodes of a use. Never rejects. */
  async #run(record: ChannelRecord): Promise<void> {
    const { records, clock, log } = this.#options
    try {
      // Whoever has made the channel goes on first.
      await Promise.resolve()
      if (!record.isAutoCreated || !this.#isThere(record)) return
      const usedMs = this.#usedMs(record)
      const change = (text: string | undefined): string | undefined => {
        const there = text === undefined ? undefined : channelOf(record.key, text)
        const isNews = there === undefined || (there.isAutoCreated && there.lastActivityMs < usedMs)
        return isNews ? textOf({ ...(there ?? record), lastActivityMs: usedMs }) : undefined
      }
      await records.update(record.key, change, { ttlMs: this.#ttlMs })
    } catch (error) {
      log.debug({ err: error }, 'a channel could not be shared yet')
      if (this.#isClosed) return
      if (this.#isThere(record)) this.#waiting.add(record)
      this.#retry ??= clock.after(RETRY_MS, () => this.#start())
    } finally {
      this.#writes.delete(record.key)
      if (!this.#isClosed && this.#retry === undefined) this.#start()
    }
  }
}
