import type { Identity } from '../auth/identity.ts'
import type { Clock } from '../clock.ts'
import type { CloseCode } from '../errors.ts'
import { type Frame, frameOf } from '../protocol/frame.ts'
import type { Publication } from '../protocol/publication.ts'
import { TokenBucket, type TokenRate } from '../structures/token-bucket.ts'
import { Inbox } from './inbox.ts'
import { Liveness, type LivenessLimits, Unfinished } from './liveness.ts'
import { type Flusher, type OutboundLedger, Outbox, Stall } from './outbox.ts'
import type { Transport } from './transport.ts'

/** Bounds on one connection [limits.md, Limits]; the names are those of the configuration. */
export interface ConnectionLimits extends LivenessLimits {
  readonly publishPerSecond: number
  readonly publishBurst: number
  readonly rateAbuseMs: number
  readonly commandsPerSecond: number
  readonly commandBurst: number
  readonly heavyCommandsPerSecond: number
  readonly heavyCommandBurst: number
  readonly maxControlFramesPerSecond: number
  readonly maxViolationsPerMinute: number
  readonly maxOutboundBytes: number
  readonly maxOutboundAgeMs: number
}

/** The limits that are rates, as token buckets take them. */
export interface ConnectionRates {
  readonly frames: TokenRate
  readonly commands: TokenRate
  readonly heavyCommands: TokenRate
  readonly violations: TokenRate
  readonly control: TokenRate
}

/** Derives the rates, once for all connections. */
export function ratesOf(limits: ConnectionLimits): ConnectionRates {
  const control = limits.maxControlFramesPerSecond
  return {
    frames: { ratePerSecond: limits.publishPerSecond, burst: limits.publishBurst },
    commands: { ratePerSecond: limits.commandsPerSecond, burst: limits.commandBurst },
    heavyCommands: { ratePerSecond: limits.heavyCommandsPerSecond, burst: limits.heavyCommandBurst },
    violations: { ratePerSecond: limits.maxViolationsPerMinute / 60, burst: limits.maxViolationsPerMinute },
    control: { ratePerSecond: control, burst: control }
  }
}

/** What a connection tells the bus. */
export interface ConnectionEvents {
  /** One text frame to work on, see {@link Inbox}. */
  frame(connection: Connection, text: string): void | Promise<void>
  /** One text frame to answer with RATE_LIMITED. */
  refused(connection: Connection, text: string): void
  binary(connection: Connection): void
  /** The connection takes part no more; nothing can be written to it. Called once. */
  left(connection: Connection, code: number): void
  /** The transport is gone too. Called once, after {@link ConnectionEvents.left}. */
  ended(connection: Connection): void
}

/** What all connections share. */
export interface ConnectionContext {
  readonly clock: Clock
  readonly limits: ConnectionLimits
  readonly rates: ConnectionRates
  readonly flusher: Flusher
  readonly ledger: OutboundLedger
  readonly events: ConnectionEvents
  /** A number in [0, 1). */
  readonly random: () => number
}

/** A connection with this much waiting is flushed at once, so that a burst fills the system's buffer and not ours. */
const EARLY_FLUSH_BYTES = 65_536
/** How long a peer may take to answer a close frame, after the last sign that it takes what was sent. */
const CLOSE_GRACE_MS = 2_000
/** The same for one that has shown that it does not read. */
const DEAD_GRACE_MS = 1_000

/** One client: who it is, what it may do, and the bounded ways in and out. */
export class Connection {
  readonly id: string
  readonly connectedAtMs: number
  identity: Identity
  /** Channels whose publications are kept back while a join reads history: Map( key -> publications ) */
  held: Map<string, Publication[]> | undefined
  /** Frames received and sent, for people. */
  receivedCount = 0
  sentCount = 0
  readonly commands: TokenBucket
  readonly heavyCommands: TokenBucket

  readonly #context: ConnectionContext
  readonly #transport: Transport
  readonly #inbox: Inbox
  readonly #outbox = new Outbox()
  readonly #stall = new Stall()
  readonly #violations: TokenBucket
  readonly #control: TokenBucket
  readonly #liveness: Liveness
  readonly #unfinished = new Unfinished()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closeAtMs = Number.POSITIVE_INFINITY
  #isDead = false
  #isDirty = false
  #writtenBytes = 0
  #bufferedBytes = 0

  constructor(id: string, identity: Identity, transport: Transport, context: ConnectionContext) {
    const { clock, limits } = context
    const now = clock.monotonic()
    this.id = id
    this.identity = identity
    this.connectedAtMs = clock.now()
    this.#context = context
    this.#transport = transport
    this.#liveness = new Liveness(limits, context.random, now)
    this.commands = new TokenBucket(context.rates.commands, now)
    this.heavyCommands = new TokenBucket(context.rates.heavyCommands, now)
    this.#violations = new TokenBucket(context.rates.violations, now)
    this.#control = new TokenBucket(context.rates.control, now)
    this.#inbox = new Inbox({
      clock,
      bucket: new TokenBucket(context.rates.frames, now),
      restTokens: Math.min(limits.publishPerSecond, limits.publishBurst),
      abuseMs: limits.rateAbuseMs,
      handle: text => context.events.frame(this, text),
      refuse: text => context.events.refused(this, text),
      abused: () => this.close(4429),
      pause: () => transport.pause(),
      resume: () => transport.resume()
    })
    transport.listen({
      text: message => this.#receive(message),
      binary: () => this.#isOpen && context.events.binary(this),
      control: () => this.#hearControl(),
      drained: () => this.#account(),
      failed: () => this.#fail(),
      closed: code => this.#end(code)
    })
  }

  get #isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Whether frames can still be written. */
  get isOpen(): boolean {
    return this.#isOpen && this.#transport.isOpen
  }

  /** Whether everything received has been worked on. */
  get isIdle(): boolean {
    return this.#inbox.isIdle
  }

  /** Bytes that wait here or in the socket. */
  get unsentBytes(): number {
    return this.#outbox.bytes + this.#bufferedBytes
  }

  /** Queues a text message for the end of the turn. */
  send(text: string): void {
    this.write(frameOf(text))
  }

  /** Queues a frame for the end of the turn; over the outbound bound the connection is closed instead. */
  write(frame: Frame): void {
    if (!this.#isOpen) return
    this.#outbox.push(frame)
    this.sentCount++
    if (this.#outbox.bytes >= EARLY_FLUSH_BYTES) this.flush()
    else if (!this.#isDirty) {
      this.#isDirty = true
      this.#context.flusher.add(this)
    }
  }

  /** Writes what is queued. */
  flush(): void {
    this.#isDirty = false
    const { bytes } = this.#outbox
    if (bytes === 0 || !this.#isOpen) return
    this.#transport.write(this.#outbox.take(), bytes)
    this.#writtenBytes += bytes
    this.#liveness.send()
    this.#account()
    if (this.#bufferedBytes > this.#context.limits.maxOutboundBytes) this.close(4428)
  }

  /** Frames wait until the work is done. It must not reject. */
  busyWith(work: Promise<void>): void {
    this.#inbox.busyWith(work)
  }

  /** Counts a frame that broke the protocol; too many of them end the connection with 4400. */
  violate(): void {
    if (!this.#violations.tryTake(this.#context.clock.monotonic())) this.close(4400)
  }

  /** Stops reading and works through what was read, unpaced. */
  drain(): void {
    this.#transport.pause()
    this.#inbox.hurry()
  }

  /** Ends the connection: what is queued goes first, unless the peer does not read. */
  close(code: CloseCode, reason = ''): void {
    if (!this.#isOpen) return
    this.#isDead = code === 4428 || code === 4408
    if (this.#isDead) this.#outbox.take()
    else this.flush()
    if (!this.#isOpen) return
    this.#state = 'closing'
    this.#closeAtMs = this.#context.clock.monotonic() + (this.#isDead ? DEAD_GRACE_MS : CLOSE_GRACE_MS)
    this.#inbox.close()
    this.#transport.close(code, reason)
    this.#transport.resume()
    this.#context.events.left(this, code)
  }

  /** Ends the connection without a handshake. */
  terminate(): void {
    this.#transport.terminate()
  }

  /** Looks after everything that depends on time; called about twice a second. */
  tick(monotonicMs: number, epochMs: number): void {
    const { expiresAtMs } = this.identity
    if (!this.#isOpen) this.#linger(monotonicMs)
    else if (expiresAtMs !== undefined && epochMs >= expiresAtMs) this.close(4410)
    else this.#watch(monotonicMs)
  }

  #watch(monotonicMs: number): void {
    if (this.#bufferedBytes > 0) this.#account()
    const stalledMs = this.#stall.ageMs(this.#writtenBytes, this.#bufferedBytes, monotonicMs)
    if (stalledMs > this.#context.limits.maxOutboundAgeMs) {
      this.close(4428)
      return
    }
    if (
      this.#unfinished.ageMs(this.#transport.isReceiving && !this.#inbox.isPaused, this.receivedCount, monotonicMs) >
      this.#context.limits.maxMessageMs
    ) {
      this.close(4408)
      return
    }
    const verdict = this.#liveness.check(monotonicMs, this.#inbox.isPaused)
    if (verdict === 'ping') this.#transport.ping()
    else if (verdict === 'dead') this.close(this.#liveness.wasSentTo ? 4428 : 4408)
  }

  /** A peer that still takes what was sent before the close gets the time for it. */
  #linger(monotonicMs: number): void {
    const before = this.#bufferedBytes
    this.#account()
    if (this.#bufferedBytes < before && !this.#isDead) this.#closeAtMs = monotonicMs + CLOSE_GRACE_MS
    if (monotonicMs >= this.#closeAtMs) this.terminate()
  }

  #receive(message: string): void {
    if (!this.#isOpen) return
    this.#liveness.hear()
    this.receivedCount++
    this.#inbox.receive(message)
  }

  #hearControl(): void {
    this.#liveness.hear()
    if (!this.#control.tryTake(this.#context.clock.monotonic())) this.close(1008, 'too many control frames')
  }

  #account(): void {
    const buffered = this.#transport.bufferedBytes
    const change = buffered - this.#bufferedBytes
    this.#bufferedBytes = buffered
    if (change !== 0) this.#context.ledger.add(change)
  }

  #fail(): void {
    if (!this.#isOpen) return
    this.#state = 'closing'
    this.#closeAtMs = this.#context.clock.monotonic() + CLOSE_GRACE_MS
    this.#inbox.close()
    this.#context.events.left(this, 1002)
  }

  #end(code: number): void {
    const wasOpen = this.#isOpen
    this.#state = 'closed'
    this.#inbox.close()
    this.#outbox.take()
    this.#context.ledger.add(-this.#bufferedBytes)
    this.#bufferedBytes = 0
    if (wasOpen) this.#context.events.left(this, code)
    this.#context.events.ended(this)
  }
}
