import type { Msg, MsgHdrs, Subscription } from '@nats-io/transport-node'
import { createInbox } from '@nats-io/transport-node'
import type { Clock, Timer } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import { Sampled } from '../../log/sampled.ts'
import type { Log } from '../../log.ts'
import { Ring } from '../../structures/ring.ts'
import type { Link } from './link.ts'

/** Where a message was stored. */
export interface Placed {
  readonly sequence: number
  /** It had been stored before; the sequence is the first one's. */
  readonly isDuplicate: boolean
}

/** Called exactly once: with an error, or with the place. */
export type Placing = (error: BusError | undefined, placed: Placed | undefined) => void

/** The stream refused because the subject has moved on: error code of the server. */
const WRONG_LAST_SEQUENCE = 10071
/** Messages that wait for the stream at a time; those after them wait here. */
const MAX_IN_FLIGHT = 1_000
/** All that waits, in messages and in bytes [cluster.md, Rules that bite]. */
const MAX_WAITING = 10_000
const MAX_WAITING_BYTES = 16 * 1024 * 1024
/** How long a publish may take [cluster.md, N3]. */
const MAX_WAIT_MS = 4_000
const SWEEP_MS = 250
/** Why messages are not stored is one line of each reason in this time. */
const REASONS_MS = 10_000
const MAX_REASONS = 100
/** What the server counts beside our bytes: headers that it adds when it hands a message on. */
const RESERVED_BYTES = 4_096

/** One message for the stream. */
export interface Parcelled {
  /** From {@link Window.nextNumber}. */
  readonly number: number
  readonly subject: string
  readonly headers: MsgHdrs
  readonly body: string
  readonly sinceMs: number
}

interface Pending {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs
  readonly placing: Placing
  readonly sinceMs: number
}

/** The message found another end of its subject than it asked for. */
export class MovedOn extends BusError {
  constructor() {
    super('CONFLICT')
  }
}

/**
 * Publishes to the stream in the order of the calls, without waiting for each answer, and keeps count of what is under way: each
 * message is answered within a bound of time, and only so much may wait.
 */
export class Window {
  /** Milliseconds that the latest answer took. */
  roundTripMs = 0
  /** Whether a message was not stored, or got no answer in time, and none was stored since. */
  isStalled = false
  readonly #link: Link
  readonly #clock: Pick<Clock, 'monotonic' | 'every' | 'after'>
  readonly #inbox = createInbox()
  readonly #answers: Subscription
  readonly #sweep: Timer
  readonly #reasons: Sampled<string>
  /** Map( number -> message under way ), oldest first */
  readonly #inFlight = new Map<number, Pending>()
  readonly #queue = new Ring<{ readonly number: number; readonly pending: Pending }>()
  #bytes = 0
  #last = 0
  #isClosed = false
  /** Whoever waits until nothing is under way. */
  #emptied: () => void = () => {}

  constructor(link: Link, clock: Pick<Clock, 'monotonic' | 'every' | 'after'>, log: Log) {
    this.#link = link
    this.#clock = clock
    this.#reasons = new Sampled({
      clock,
      windowMs: REASONS_MS,
      maxKeys: MAX_REASONS,
      tell: (reason, repeated) =>
        log.warn(repeated > 0 ? { reason, repeated } : { reason }, 'NATS did not store a message')
    })
    this.#answers = link.subscribe(`${this.#inbox}.*`, message => this.#answer(message))
    this.#sweep = clock.every(SWEEP_MS, () => this.#expire())
    link.onDown(() => this.failAll())
  }

  /** Messages that have no answer yet. */
  get size(): number {
    return this.#inFlight.size + this.#queue.length
  }

  /** A number for the next message, by which its own copy is known. */
  nextNumber(): number {
    return ++this.#last
  }

  /**
   * Sends one message to the stream. Errors: LIMIT_EXCEEDED for what the server would not take, ENGINE_UNAVAILABLE when there is no
   * room or no answer in time, {@link MovedOn}. The time runs from `sinceMs`, monotonic.
   */
  publish({ number, subject, headers, body, sinceMs }: Parcelled, placing: Placing): void {
    const data = Buffer.from(body)
    const fault = this.#refuse(data)
    if (fault !== undefined) {
      placing(fault, undefined)
      return
    }
    this.#bytes += data.length
    const pending = { subject, data, headers, placing, sinceMs }
    if (this.#inFlight.size < MAX_IN_FLIGHT) this.#send(number, pending)
    else this.#queue.push({ number, pending })
  }

  /** A message came back from the stream: it is stored, whether or not the stream has said so yet. */
  confirm(number: number, sequence: number): void {
    this.#settle(number, undefined, { sequence, isDuplicate: false })
  }

  /** Answers everything that waits with ENGINE_UNAVAILABLE. */
  failAll(): void {
    for (const number of [...this.#inFlight.keys()]) this.#settle(number, new BusError('ENGINE_UNAVAILABLE'), undefined)
    this.#dropQueue(() => true)
  }

  /** Resolves when nothing waits any more, or after so long; what has no answer then gets ENGINE_UNAVAILABLE. */
  async drain(graceMs: number): Promise<void> {
    if (this.size > 0 && this.#link.isUp) {
      await new Promise<void>(resolve => {
        const timer = this.#clock.after(graceMs, resolve)
        this.#emptied = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.failAll()
  }

  /** From now on everything is refused. */
  close(): void {
    this.#isClosed = true
    this.failAll()
    this.#sweep.cancel()
    this.#reasons.close()
    if (!this.#link.connection.isClosed()) this.#answers.unsubscribe()
  }

  #refuse({ length }: Uint8Array): BusError | undefined {
    if (this.#isClosed || !this.#link.isUp) return new BusError('ENGINE_UNAVAILABLE')
    const most = this.#link.maxPayloadBytes - RESERVED_BYTES
    if (length > most)
      return new BusError('LIMIT_EXCEEDED', {
        message: `Limit exceeded: a message can have ${most} bytes on its way to NATS`
      })
    if (this.size < MAX_WAITING && this.#bytes + length <= MAX_WAITING_BYTES) return undefined
    return new BusError('ENGINE_UNAVAILABLE', { message: 'Too many messages wait for the message engine' })
  }

  #send(number: number, pending: Pending): void {
    const { subject, data, headers } = pending
    this.#inFlight.set(number, pending)
    this.#link.connection.publish(subject, data, { headers, reply: `${this.#inbox}.${number}` })
  }

  #answer(message: Msg): void {
    const number = Number(message.subject.slice(this.#inbox.length + 1))
    const waited = this.#inFlight.get(number)
    if (waited === undefined) return
    this.roundTripMs = this.#clock.monotonic() - waited.sinceMs
    const { error, placed } = readAnswer(message)
    if (error?.cause instanceof Error) this.#stall(error.cause.message)
    this.#settle(number, error, placed)
  }

  #stall(reason: string): void {
    this.isStalled = true
    this.#reasons.add(reason, reason)
  }

  #settle(number: number, error: BusError | undefined, placed: Placed | undefined): void {
    const pending = this.#inFlight.get(number)
    if (pending === undefined) return
    this.#inFlight.delete(number)
    if (placed !== undefined) this.isStalled = false
    this.#bytes -= pending.data.length
    pending.placing(error, placed)
    while (this.#inFlight.size < MAX_IN_FLIGHT && this.#link.isUp) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#send(next.number, next.pending)
    }
    if (this.size === 0) this.#emptied()
  }

  #expire(): void {
    const tooOldMs = this.#clock.monotonic() - MAX_WAIT_MS
    for (const [number, { sinceMs }] of this.#inFlight) {
      if (sinceMs > tooOldMs) continue
      this.#stall(`no answer within ${MAX_WAIT_MS} ms`)
      this.#settle(number, new BusError('ENGINE_UNAVAILABLE'), undefined)
    }
    this.#dropQueue(({ sinceMs }) => sinceMs <= tooOldMs)
  }

  #dropQueue(isDue: (pending: Pending) => boolean): void {
    for (
      let next = this.#queue.peekFront();
      next !== undefined && isDue(next.pending);
      next = this.#queue.peekFront()
    ) {
      this.#queue.shift()
      this.#bytes -= next.pending.data.length
      next.pending.placing(new BusError('ENGINE_UNAVAILABLE'), undefined)
    }
  }
}

interface Answer {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code?: number; readonly description?: string }
}

function readAnswer(message: Msg): { readonly error: BusError | undefined; readonly placed: Placed | undefined } {
  if (message.data.length === 0) return refusal('no stream takes it')
  const { seq = 0, duplicate = false, error } = JSON.parse(message.string()) as Answer
  if (error?.err_code === WRONG_LAST_SEQUENCE) return { error: new MovedOn(), placed: undefined }
  if (error !== undefined) return refusal(error.description ?? 'unknown reason')
  // The first message of this id is still on its way through the cluster, and may yet fail.
  if (seq === 0) return { error: new BusError('ENGINE_UNAVAILABLE'), placed: undefined }
  return { error: undefined, placed: { sequence: seq, isDuplicate: duplicate } }
}

function refusal(reason: string): { readonly error: BusError; readonly placed: undefined } {
  return { error: new BusError('ENGINE_UNAVAILABLE', { cause: new Error(reason) }), placed: undefined }
}
