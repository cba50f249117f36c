import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Sink } from '../broker.ts'
import type { Archive, Kept } from './archive.ts'
import { type Arrival, Backlog } from './backlog.ts'
import type { Link } from './link.ts'
import { liveSubject, storedSubject } from './subjects.ts'
import type { Tail } from './tail.ts'
import { type Destination, type Origin, positionOf, readAbout, unwrap, type Wired } from './wire.ts'

/** What following a channel needs. */
export interface LiveParts {
  readonly link: Link
  readonly archive: Pick<Archive, 'lastOf' | 'at' | 'read'>
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'every'>
  readonly log: Log
  readonly sink: Sink
  readonly tail: Tail
  /** Told of each stored message before the sink is: where its numbering began, and which publish it was. */
  readonly seen: (birth: number, sequence: number, origin: Origin | undefined) => void
  /** Told of each gap that was filled, or could not be. */
  readonly mended: (isWhole: boolean) => void
}

/** How long the live copy of a stored message is waited for before the stream is asked. */
const PATIENCE_MS = 100
const MAX_SETTLE_MS = 4_000
const RETRY_MS = 500
/** When a cluster has surely heard that this node listens. */
const INTEREST_MS = 1_000

/**
 * One channel that has members here: takes what the stream hands on, in order, each message once, and fills gaps from the stream. A
 * gap that cannot be filled is told to the sink [cluster.md, Positions].
 */
export class LiveChannel {
  readonly #to: Destination
  readonly #parts: LiveParts
  readonly #stored: string
  readonly #waiting = new Backlog()
  #state: 'starting' | 'live' | 'mending' | 'stopped' = 'starting'
  #subscription: Subscription | undefined
  #settling: { readonly sequence: number; readonly settled: () => void }[] = []
  #timer: Timer | undefined
  /** Grows when what mends is not to go on. */
  #turn = 0
  /** Whether the stream is to be asked once a gap is filled: what was asked before may be out of date by then. */
  #isCheckDue = false
  /** Sequence up to which everything was delivered. */
  #last = 0
  /** The connection over which that was known last. */
  #generation = 0
  /** Monotonic time of the latest arrival. */
  heardMs = 0

  constructor(to: Destination, parts: LiveParts) {
    this.#to = to
    this.#parts = parts
    this.#stored = storedSubject(to)
  }

  /** Whether the tail tells all that this connection has brought. */
  get isCurrent(): boolean {
    return this.#state === 'live' && this.#generation === this.#parts.link.generation && this.#parts.link.isUp
  }

  /** Begins to deliver what is stored from some moment before it resolves. @throws {BusError} ENGINE_UNAVAILABLE */
  async start(): Promise<void> {
    const { link, archive, tail } = this.#parts
    const { generation } = link
    this.#subscription = link.subscribe(liveSubject(this.#to), message => this.#receive(message))
    const end = await archive.lastOf(this.#stored)
    if (this.#isStopped()) return
    this.#last = end?.sequence ?? 0
    this.#generation = generation
    tail.reset(positionOf(end, this.#to))
    this.#resume()
    if (link.connection.info?.cluster !== undefined) this.#later(INTEREST_MS, () => void this.check())
  }

  stop(): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#turn++
    this.#timer?.cancel()
    if (!this.#parts.link.connection.isClosed()) this.#subscription?.unsubscribe()
    this.#waiting.clear()
    this.#parts.tail.reset({ sequence: 0, epoch: '' })
    for (const { settled } of this.#settling.splice(0)) settled()
  }

  /** Resolves when everything up to a stored sequence was delivered. @throws {BusError} ENGINE_UNAVAILABLE */
  async settle(sequence: number): Promise<void> {
    if (this.#last >= sequence || this.#state === 'stopped') return
    const { clock } = this.#parts
    let before = this.#last
    const patience = clock.every(PATIENCE_MS, () => {
      // What comes shows whether something is missing before it; only when nothing comes the stream has to be asked.
      if (this.#last === before && this.#state === 'live') void this.#mend(sequence)
      before = this.#last
    })
    const isSettled = await new Promise<boolean>(resolve => {
      const waiter = {
        sequence,
        settled: () => {
          deadline.cancel()
          resolve(true)
        }
      }
      const deadline = clock.after(MAX_SETTLE_MS, () => {
        this.#settling = this.#settling.filter(other => other !== waiter)
        resolve(false)
      })
      this.#settling.push(waiter)
    })
    patience.cancel()
    if (!isSettled) throw new BusError('ENGINE_UNAVAILABLE')
  }

  /** Compares with the stream, and fetches what did not come. False when that is yet to come, or the stream does not answer. */
  async check(): Promise<boolean> {
    this.#isCheckDue = !this.#isLive()
    if (this.#isCheckDue) return this.#isStopped()
    const { link, archive } = this.#parts
    const { generation } = link
    const before = this.#last
    let sequence: number
    try {
      sequence = (await archive.lastOf(this.#stored))?.sequence ?? 0
    } catch {
      return false
    }
    this.#isCheckDue = !this.#isLive()
    if (this.#isCheckDue) return this.#isStopped()
    if (sequence > this.#last) await this.#mend(sequence)
    else if (sequence < before && this.#last === before && this.#generation !== generation) this.#lose(sequence)
    else this.#generation = generation
    return true
  }

  /** Nothing that was delivered can be relied on any more: the stream is another one. */
  restart(): void {
    if (this.#state === 'stopped') return
    this.#turn++
    this.#waiting.clear()
    this.#lose(0)
    this.#resume()
    void this.check()
  }

  #receive({ headers, data }: Msg): void {
    const sequence = Number(headers?.get('Nats-Sequence'))
    if (headers === undefined || !Number.isSafeInteger(sequence) || sequence < 1) return
    const arrival = { sequence, previous: Number(headers.get('Nats-Last-Sequence')), headers, data }
    if (arrival.sequence <= this.#last && this.#isLive()) return
    if (this.#isLive() && arrival.previous <= this.#last) this.#take(arrival)
    else {
      this.#keep(arrival)
      if (this.#isLive()) void this.#mend(arrival.previous)
    }
  }

  /** Takes a message before which nothing is missing that could be had. */
  #take(arrival: Arrival): void {
    const { generation } = this.#parts.link
    // A subject that was emptied begins anew. While the connection lasted, nothing can have been missed before that.
    if (arrival.previous < this.#last && this.#generation !== generation) this.#lose(arrival.previous)
    this.#generation = generation
    this.#accept(arrival)
  }

  #accept(wired: Wired): void {
    if (this.#state === 'stopped') return
    const { sink, tail, clock, log, seen } = this.#parts
    this.#last = wired.sequence
    this.heardMs = clock.monotonic()
    const about = readAbout(wired)
    if (about === undefined) log.warn({ sequence: wired.sequence }, 'a message in the stream is not of this broker')
    else {
      seen(about.birth, wired.sequence, about.origin)
      if (about.origin === undefined) tail.reset({ sequence: 0, epoch: this.#to.epochOf(about.birth) })
      else {
        const publication = unwrap(wired, about, this.#to)
        tail.push(publication, this.heardMs)
        sink.deliver(publication)
      }
    }
    if (this.#settling.length > 0) this.#wake()
  }

  #keep(arrival: Arrival): void {
    if (!this.#isStopped() && !this.#waiting.push(arrival)) this.#lose(arrival.sequence)
  }

  /** Fills the gap up to a stored sequence, then those that came up meanwhile. */
  async #mend(upTo: number): Promise<void> {
    this.#state = 'mending'
    const turn = ++this.#turn
    const { link, log, mended } = this.#parts
    for (let target = upTo; turn === this.#turn; ) {
      try {
        const { generation } = link
        const missing = await this.#fetch(target)
        if (turn !== this.#turn) return
        if (!this.#isBehind(target)) return this.#resume()
        mended(missing !== undefined)
        if (missing === undefined) this.#lose(target)
        else this.#deliver(missing, target)
        this.#generation = generation
        return this.#resume()
      } catch (error) {
        log.warn({ err: error, target }, 'a gap in a channel could not be filled yet')
        await new Promise<void>(resolve => this.#later(RETRY_MS, resolve))
        target = Math.max(target, this.#last)
      }
    }
  }

  /** Whether there is a gap up to a sequence: not when what waits begins right after the last. */
  #isBehind(target: number): boolean {
    return this.#waiting.firstAfter(this.#last)?.previous !== this.#last && this.#last < target
  }

  /** Delivers what was missing up to a sequence; nothing else is stored up to there. */
  #deliver(missing: readonly Kept[], upTo: number): void {
    for (const kept of missing) if (kept.sequence > this.#last) this.#accept(kept)
    this.#last = Math.max(this.#last, upTo)
    this.#wake()
  }

  /** What lies between the last delivered message and a sequence; undefined when part of it may be gone. */
  async #fetch(target: number): Promise<Kept[] | undefined> {
    const { archive } = this.#parts
    const from = this.#last
    const missing: Kept[] = []
    await archive.read(this.#stored, from, target, kept => {
      missing.push(kept)
      return true
    })
    const [first] = missing
    // The oldest go first: what is still there proves that all after it was there while it was read.
    const isWhole =
      from === 0
        ? first !== undefined && readAbout(first)?.origin === undefined
        : (await archive.at(this.#stored, from)) !== undefined
    return isWhole ? missing : undefined
  }

  /** Goes on with what waits, until there is a gap again. */
  #resume(): void {
    if (this.#state === 'stopped') return
    this.#state = 'live'
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.previous > this.#last) return void this.#mend(next.previous)
      this.#waiting.shift()
      this.#take(next)
    }
    if (this.#isCheckDue) void this.check()
  }

  /** At most one thing is to be done later: a gap that is being filled needs no check. */
  #later(delayMs: number, run: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(delayMs, run)
  }

  #next(): Arrival | undefined {
    return this.#isLive() ? this.#waiting.firstAfter(this.#last) : undefined
  }

  #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  #isLive(): boolean {
    return this.#state === 'live'
  }

  #lose(sequence: number): void {
    const { sink, tail, log } = this.#parts
    log.warn({ sequence }, 'a gap in a channel cannot be filled: its members are sent away')
    this.#last = sequence
    this.#generation = this.#parts.link.generation
    tail.reset({ sequence: 0, epoch: '' })
    sink.lost(this.#to.key)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#settling
    this.#settling = waiting.filter(({ sequence }) => sequence > this.#last)
    for (const { sequence, settled } of waiting) if (sequence <= this.#last) settled()
  }
}
