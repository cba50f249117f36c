import type { Clock } from '../clock.ts'
import { BlockError, BusError, type CloseCode } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { type Frame, frameOf } from '../protocol/frame.ts'
import type { JsonObject } from '../protocol/json.ts'
import { TokenBucket } from '../structures/token-bucket.ts'
import type { Feed } from './feed.ts'
import type { DecodeInput, Input } from './input.ts'
import { eventKinds } from './kinds.ts'
import type { Subscription } from './subscription.ts'

/** What a peer tells its session. */
export interface PeerListener {
  text(message: string): void
  binary(): void
  control(isPing: boolean): void
  drained(): void
  failed(): void
  closed(code: number): void
}

/** The way to one telemetry client; a transport of the bus is one. */
export interface Peer {
  readonly bufferedBytes: number
  write(frames: readonly Frame[], bytes: number): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
  listen(listener: PeerListener): void
}

/** Decides when a client is pinged and when it is given up. */
export interface Pulse {
  hear(): void
  check(nowMs: number, isMuted: boolean): 'wait' | 'ping' | 'dead'
}

/** Who is at the other end. */
export interface Viewer {
  readonly tenant: string
  /** Milliseconds since the epoch; undefined without a token. */
  readonly expiresAtMs: number | undefined
}

/** What a client reports of itself: its name for it, and its content. */
export interface Reported {
  readonly eventType: string
  readonly payload: JsonObject
}

/** Bounds on one telemetry client [limits.md, Limits]; the names are those of the configuration. */
export interface SessionLimits {
  readonly telemetryQueueBytes: number
  readonly maxTelemetryMessageBytes: number
  readonly telemetryMessagesPerSecond: number
  readonly maxViolationsPerMinute: number
  readonly maxControlFramesPerSecond: number
}

/** What all sessions share. */
export interface SessionContext<Who extends Viewer> {
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly feed: Feed
  readonly limits: SessionLimits
  readonly decode: DecodeInput
  /** The first frame of a session that begins now. */
  readonly welcome: () => string
  readonly makePulse: (nowMs: number) => Pulse
  /** Whether somebody sees the events of all tenants. */
  readonly seesAll: (who: Who) => boolean
  /**
   * Publishes a report on the bus. Resolves with what its members got, which may have been redacted.
   * @throws {BusError} or rejects with one when it is refused
   */
  readonly publish: (who: Who, report: Reported) => Promise<Reported>
  /** The transport is gone. Called once. */
  readonly ended: (session: Session<Who>) => void
}

/** With this much in its socket a client is not handed more. */
const SOCKET_BYTES = 65_536
const CLOSE_GRACE_MS = 2_000

/** One client of the telemetry socket [protocol.md, Telemetry socket]. Whatever it does, nobody waits for it. */
export class Session<Who extends Viewer> {
  readonly id: string
  readonly #context: SessionContext<Who>
  readonly #who: Who
  readonly #peer: Peer
  readonly #pulse: Pulse
  readonly #subscription: Subscription
  readonly #messages: TokenBucket
  readonly #violations: TokenBucket
  readonly #control: TokenBucket
  #state: 'open' | 'closing' | 'closed' = 'open'
  #closeAtMs = Number.POSITIVE_INFINITY

  constructor(who: Who, peer: Peer, context: SessionContext<Who>) {
    const { clock, ids, limits, feed } = context
    const now = clock.monotonic()
    const perSecond = (rate: number) => new TokenBucket({ ratePerSecond: rate, burst: rate }, now)
    this.id = ids.client()
    this.#context = context
    this.#who = who
    this.#peer = peer
    this.#pulse = context.makePulse(now)
    this.#messages = perSecond(limits.telemetryMessagesPerSecond)
    this.#control = perSecond(limits.maxControlFramesPerSecond)
    const { maxViolationsPerMinute } = limits
    this.#violations = new TokenBucket(
      { ratePerSecond: maxViolationsPerMinute / 60, burst: maxViolationsPerMinute },
      now
    )
    peer.listen({
      text: message => this.#receive(message),
      binary: () => this.#refuse(new BusError('INFRA_PROTOCOL_ERROR'), 4400),
      control: () => this.#hearControl(),
      drained: () => this.#subscription.drained(),
      failed: () => this.#leave(),
      closed: () => this.#end()
    })
    this.#write([context.welcome()])
    this.#subscription = feed.subscribe({
      tenant: context.seesAll(who) ? undefined : who.tenant,
      maxBytes: limits.telemetryQueueBytes,
      write: texts => this.#write(texts)
    })
  }

  /** Ends it: what waits goes first, unless the client does not read. */
  close(code: CloseCode, reason = ''): void {
    if (this.#state !== 'open') return
    this.#subscription.flush()
    this.#leave()
    this.#peer.close(code, reason)
  }

  /** Ends it without a handshake. */
  terminate(): void {
    this.#peer.terminate()
  }

  /** Looks after everything that depends on time; called about twice a second. */
  tick(monotonicMs: number, epochMs: number): void {
    const { expiresAtMs } = this.#who
    if (this.#state !== 'open') {
      if (monotonicMs >= this.#closeAtMs) this.terminate()
    } else if (expiresAtMs !== undefined && epochMs >= expiresAtMs) this.close(4410)
    else {
      if (this.#subscription.isBlocked && this.#hasRoom()) this.#subscription.drained()
      const verdict = this.#pulse.check(monotonicMs, false)
      if (verdict === 'ping') this.#peer.ping()
      else if (verdict === 'dead') this.close(4408)
    }
  }

  #receive(message: string): void {
    if (this.#state !== 'open') return
    this.#pulse.hear()
    const { clock, limits } = this.#context
    if (Buffer.byteLength(message) > limits.maxTelemetryMessageBytes) this.close(1009)
    else if (this.#messages.tryTake(clock.monotonic())) this.#read(message)
    else this.#refuse(new BusError('RATE_LIMITED', { retryAfterMs: 1000 }), 4429)
  }

  #read(message: string): void {
    try {
      this.#act(this.#context.decode(message))
    } catch (error) {
      this.#refuse(error, 4400)
    }
  }

  #act(input: Input): void {
    if (input.kind === 'ping') this.#answer({ type: 'pong', timestamp: this.#context.clock.iso() })
    else if (input.kind === 'report') this.#report(input).catch((error: unknown) => this.#refuse(error))
    else if (input.kind !== 'pong') this.#choose(input.kind, input.events)
  }

  /** No names stand for all of them. */
  #choose(kind: 'subscribe' | 'unsubscribe', names: readonly string[]): void {
    const { events } = this.#subscription
    const isAll = names.length === 0
    const left = (events === undefined ? eventKinds : [...events]).filter(name => !isAll && !names.includes(name))
    if (kind === 'unsubscribe') this.#subscription.setFilter(new Set(left))
    else this.#subscription.setFilter(isAll ? undefined : new Set([...(events ?? []), ...names]))
    this.#answer({ type: `${kind}d`, events: [...(this.#subscription.events ?? eventKinds)].sort() })
  }

  async #report({ eventType, payload }: Reported): Promise<void> {
    const told = await this.#context.publish(this.#who, { eventType, payload })
    const { tenant } = this.#who
    const report = { name: told.eventType, tenant, clientId: this.id, payload: told.payload }
    this.#context.feed.relay(report, this.#subscription)
  }

  #hearControl(): void {
    this.#pulse.hear()
    if (!this.#control.tryTake(this.#context.clock.monotonic())) this.close(1008, 'too many control frames')
  }

  /** Answers with an error. @param code closes the session when it happens too often; undefined when it is not the client's fault */
  #refuse(error: unknown, code?: CloseCode): void {
    if (this.#state !== 'open') return
    const known = error instanceof BusError ? error : this.#explain(error)
    const facts = known instanceof BlockError ? { reason: known.code } : { errors: faultsOf(known) }
    const retry = known.retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(known.retryAfterMs) }
    this.#answer({
      type: 'error',
      error: known.message,
      error_code: known.code,
      retry: known.retry,
      ...retry,
      payload: facts
    })
    if (code !== undefined && !this.#violations.tryTake(this.#context.clock.monotonic())) this.close(code)
  }

  #explain(error: unknown): BusError {
    const reference = this.#context.ids.short()
    this.#context.log.error({ err: error, reference }, 'a telemetry frame could not be handled')
    return new BusError('INTERNAL_ERROR', { message: `Internal error (error ${reference})`, cause: error })
  }

  /** Answers behind what waits; whoever asks without reading the answers is sent away. */
  #answer(answer: object): void {
    if (this.#state !== 'open') return
    this.#subscription.flush()
    this.#write([JSON.stringify(answer)])
    if (this.#peer.bufferedBytes > 2 * this.#context.limits.telemetryQueueBytes + SOCKET_BYTES) this.close(4428)
  }

  #write(texts: readonly string[]): boolean {
    const frames = texts.map(frameOf)
    this.#peer.write(
      frames,
      frames.reduce((sum, frame) => sum + frame.length, 0)
    )
    return this.#hasRoom()
  }

  #hasRoom(): boolean {
    return this.#peer.bufferedBytes < SOCKET_BYTES
  }

  /** Takes part no more; the transport may stay for a moment. */
  #leave(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#closeAtMs = this.#context.clock.monotonic() + CLOSE_GRACE_MS
    this.#subscription.close()
  }

  #end(): void {
    this.#leave()
    this.#state = 'closed'
    this.#context.ended(this)
  }
}

function faultsOf(error: BusError): readonly string[] {
  return error.faults.length > 0 ? error.faults : [error.message]
}
