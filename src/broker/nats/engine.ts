import { headers } from '@nats-io/transport-node'
import type { Timer } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { BrokerStats, EngineStats, Sink } from '../broker.ts'
import { Archive, type Holdings } from './archive.ts'
import { Births } from './births.ts'
import type { NatsBrokerOptions } from './broker.ts'
import { Channels } from './channels.ts'
import { Link, within } from './link.ts'
import { Nodes } from './nodes.ts'
import { persist } from './persist.ts'
import { Publishing } from './publishing.ts'
import { TRIAL_SUBJECT } from './subjects.ts'
import { findAbsences } from './versions.ts'
import { Window } from './window.ts'

const CONNECT_MS = 20_000
/** How often channels are compared with the stream [cluster.md, Positions]. */
const CHECK_MS = 30_000
const EXPIRE_MS = 2_000
const RETRY_MS = 500
/** What is known of a channel without members here holds for at most so long. */
const MAX_HOLD_MS = 60_000

/** The parts of an open NATS broker, put together. */
export class Engine {
  readonly archive: Archive
  readonly births: Births
  readonly channels: Channels
  readonly nodes: Nodes
  readonly publishing: Publishing
  readonly #link: Link
  readonly #window: Window
  readonly #clock: NatsBrokerOptions['clock']
  readonly #log: NatsBrokerOptions['log']
  readonly #timers: readonly Timer[]
  #retry: Timer | undefined
  #holdings: Holdings = { messages: 0, bytes: 0, lastSequence: 0, hasMajority: true }
  /** Latest message of all when the channels were compared last. */
  #checkedSequence = -1
  /** Whether the stream is known to be there, and which one it is. */
  #isReady = true
  /** Settles when it is known whether the stream stores a message that is only for trial. */
  #trial: Promise<void> | undefined
  #gapsMended = 0
  #gapsLost = 0

  private constructor(options: NatsBrokerOptions, sink: Sink, link: Link, archive: Archive) {
    const { clock, log, limits, ids } = options
    const node = ids.short()
    this.#link = link
    this.#clock = clock
    this.#log = log
    this.archive = archive
    this.#window = new Window(link, clock, log)
    const window = this.#window
    this.births = new Births({ archive, window, clock, holdsMs: Math.min(MAX_HOLD_MS, limits.historyAgeMs / 2) })
    this.publishing = new Publishing({
      node,
      births: this.births,
      window,
      clock,
      isUp: () => this.#isReady && link.isUp
    })
    this.channels = new Channels({
      link,
      archive,
      clock,
      log,
      sink,
      epochOf: birth => `${archive.tag}-${birth.toString(36)}`,
      confirm: (origin, number, sequence) => {
        if (origin === node) window.confirm(number, sequence)
      },
      mended: isWhole => {
        if (isWhole) this.#gapsMended++
        else this.#gapsLost++
      },
      limits: {
        maxCount: limits.historyCount,
        maxBytes: limits.historyBytesPerChannel,
        maxAgeMs: limits.historyAgeMs,
        totalBytes: limits.historyTotalBytes
      }
    })
    this.nodes = new Nodes({
      node,
      link,
      clock,
      log,
      sink,
      forgotten: (key, upTo) => this.channels.forget(key, upTo),
      isInUse: key => this.channels.isInUse(key)
    })
    this.#timers = [
      clock.every(CHECK_MS, () => this.#run('channels could not be compared', () => this.#check(false))),
      clock.every(EXPIRE_MS, () => this.channels.expire())
    ]
    link.onDown(() => {
      this.#isReady = false
    })
    link.onUp(() => void this.#comeBack())
  }

  /** Connects, and opens the stream. @throws {BusError} ENGINE_UNAVAILABLE, which says why */
  static async open(options: NatsBrokerOptions, sink: Sink): Promise<Engine> {
    const { connectTimeoutMs = CONNECT_MS, clock, log, limits } = options
    const link = await Link.open({ ...options, connectTimeoutMs })
    try {
      const { fault, absent } = findAbsences(link.version, limits.replicas)
      if (fault !== undefined) throw new BusError('ENGINE_UNAVAILABLE', { message: fault })
      const archive = await persist(clock, connectTimeoutMs, () => Archive.open({ link, clock, log }, limits))
      const engine = new Engine(options, sink, link, archive)
      await engine.nodes.probe()
      log[absent.length > 0 ? 'warn' : 'info'](
        { server: link.version, replicas: limits.replicas, absent },
        `NATS ${link.version} carries the messages${absent.map(sentence => `; ${sentence}`).join('')}`
      )
      return engine
    } catch (error) {
      await link.close()
      throw error
    }
  }

  /**
   * Resolves when the servers answer and nothing says that they do not store. Without a majority the leader of the stream goes on to
   * answer for a while, so when it hears of none, and after a message that was not stored, one is stored for trial.
   * @throws {BusError} ENGINE_UNAVAILABLE
   */
  async probe(): Promise<void> {
    await Promise.all([this.nodes.probe(), this.refresh()])
    if (this.#window.isStalled || !this.#holdings.hasMajority) await this.#tryStoring()
  }

  /** Asks the leader of the stream what it holds. @throws {BusError} ENGINE_UNAVAILABLE */
  async refresh(): Promise<void> {
    const holdings = await this.archive.holdings()
    if (holdings === undefined) {
      this.#reopen()
      throw new BusError('ENGINE_UNAVAILABLE')
    }
    this.#holdings = holdings
  }

  stats(): BrokerStats {
    const { messages, bytes } = this.#holdings
    return { channels: this.channels.size, messages, bytes }
  }

  engineStats(): EngineStats {
    return {
      roundTripMs: this.#window.roundTripMs,
      reconnects: this.#link.reconnects,
      inFlight: this.#window.size,
      gapsMended: this.#gapsMended,
      gapsLost: this.#gapsLost,
      peers: this.nodes.size
    }
  }

  /** Waits so long at most for what is under way, settles the rest, and releases everything. */
  async close(graceMs: number): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#retry?.cancel()
    await within(this.#clock, graceMs, this.publishing.sent())
    await this.#window.drain(graceMs)
    this.nodes.close()
    this.#window.close()
    this.channels.close()
    await this.#link.close()
  }

  /** The stream was removed while there was a connection: nothing is taken until there is another one. */
  #reopen(): void {
    if (!this.#isReady) return
    this.#isReady = false
    this.#log.warn({}, 'the stream of messages is gone and is made anew')
    void this.#comeBack()
  }

  /** The stream may have been made anew while there was no connection; else what did not come is fetched. */
  async #comeBack(): Promise<void> {
    const { generation } = this.#link
    while (this.#link.isUp && this.#link.generation === generation) {
      try {
        if (await this.archive.ensure()) this.channels.restart()
        this.#isReady = true
        this.#checkedSequence = -1
        await this.#check(true)
        return
      } catch (error) {
        this.#log.warn({ err: error }, 'NATS is connected, but the stream cannot be used yet')
        await new Promise<void>(resolve => {
          this.#retry = this.#clock.after(RETRY_MS, resolve)
        })
      }
    }
  }

  /** Compares the channels with the stream, unless nothing was stored since they were. */
  async #check(isForAll: boolean): Promise<void> {
    await this.refresh()
    const { lastSequence } = this.#holdings
    if (lastSequence !== this.#checkedSequence && (await this.channels.check(isForAll)))
      this.#checkedSequence = lastSequence
  }

  #tryStoring(): Promise<void> {
    this.#trial ??= this.#store().finally(() => {
      this.#trial = undefined
    })
    return this.#trial
  }

  #store(): Promise<void> {
    const trial = { subject: TRIAL_SUBJECT, headers: headers(), body: '', sinceMs: this.#clock.monotonic() }
    return new Promise((resolve, reject) => {
      this.#window.publish({ ...trial, number: this.#window.nextNumber() }, error =>
        error === undefined ? resolve() : reject(error)
      )
    })
  }

  #run(what: string, work: () => Promise<void>): void {
    if (!this.#link.isUp) return
    work().catch((error: unknown) => this.#log.warn({ err: error }, what))
  }
}
