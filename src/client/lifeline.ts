import { type BackoffLimits, backoffMs } from './backoff.ts'
import {
  BusClientError,
  type Closure,
  describeClosure,
  errorOfClosure,
  isOverload,
  NO_CLOSING_HANDSHAKE,
  toClientError
} from './error.ts'
import type { Welcomed } from './handshake.ts'
import type { Link } from './link.ts'
import { Listeners } from './listeners.ts'
import type { Runtime } from './runtime.ts'

/**
 * Where a client is. `connecting`: a socket is being opened. `recovering`: it is open, and what the last one had is being restored.
 * `open`: everything works. `waiting`: for the next attempt. `closed`: for good.
 */
export type ClientState = 'connecting' | 'recovering' | 'open' | 'waiting' | 'closed'

/** A step from one state to another. */
export interface StateChange {
  readonly state: ClientState
  readonly previous: ClientState
  /** Why, where something went wrong. */
  readonly error?: BusClientError
  /** In `waiting`: when the next attempt is made, in milliseconds from now. */
  readonly delayMs?: number
}

/** What a lifeline tells. */
export interface LifelineEvents {
  readonly state: StateChange
  /** A new link, before anything of it is heard. */
  readonly link: Welcomed
  /** A link is gone; what it left unanswered has been rejected. */
  readonly lost: Closure
  /** The end of everything, once. */
  readonly end: { readonly closure: Closure; readonly error: BusClientError }
}

/** What a lifeline is made of. */
export interface LifelineOptions {
  readonly runtime: Runtime
  /** Undefined: a lost connection is the end. */
  readonly backoff: BackoffLimits | undefined
  /** Whether a new token can be had when the present one is refused. */
  readonly hasFreshTokens: boolean
  /** Opens a link. */
  readonly dial: (signal: AbortSignal) => Promise<Welcomed>
  /** Restores on a new link what the last one had; while it works, the state is `recovering`. */
  readonly restore: (welcomed: Welcomed) => Promise<void>
}

/** A refused token, fetched anew so many times in a row, will not get better. */
const MAX_REFUSED_TOKENS = 3
/** The server asked to back off: the next wait is as long as after so many failures. */
const OVERLOAD_ATTEMPTS = 3
/** A connection that held so long was a good one: the next wait is short again. */
const STABLE_MS = 5_000

/** Keeps one connection alive: opens it, notices its end, and opens the next one when that makes sense. */
export class Lifeline {
  readonly #options: LifelineOptions
  readonly #listeners = new Listeners<LifelineEvents>()
  readonly #abort = new AbortController()
  #state: ClientState = 'connecting'
  #link: Link | undefined
  #isEnding = false
  #ending: Promise<void> | undefined
  #attempt = 0
  #refusedTokens = 0
  #openedAtMs = 0
  #cancelWait: () => void = () => {}

  constructor(options: LifelineOptions) {
    this.#options = options
  }

  get state(): ClientState {
    return this.#state
  }

  /** The open link; undefined while there is none. */
  get link(): Link | undefined {
    return this.#link
  }

  /** Whether this side asked for the end. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  on<Name extends keyof LifelineEvents>(event: Name, listener: (value: LifelineEvents[Name]) => void): () => void {
    return this.#listeners.add(event, listener)
  }

  /** Makes the first attempt; rejects when it fails, and then nothing goes on. */
  async start(): Promise<Welcomed> {
    const welcomed = await this.#options.dial(this.#abort.signal)
    this.#adopt(welcomed)
    this.#enter('open')
    return welcomed
  }

  /** Makes the next attempt now, if one is waited for. */
  hurry(): void {
    if (this.#state === 'waiting') void this.#retry()
  }

  /** Closes for good; resolves when the socket is closed. */
  close(code: number): Promise<void> {
    this.#isEnding = true
    this.#ending ??= this.#finish(code)
    return this.#ending
  }

  async #finish(code: number): Promise<void> {
    if (this.#link) return this.#link.close(code)
    const closure: Closure = { code, reason: '', verdict: 'stop', retryAfterMs: undefined }
    this.#end(closure, new BusClientError('CLOSED', describeClosure(closure), { closeCode: code, verdict: 'stop' }))
  }

  #adopt(welcomed: Welcomed): void {
    const { link } = welcomed
    this.#link = link
    this.#openedAtMs = this.#options.runtime.now()
    this.#refusedTokens = 0
    link.on('close', closure => this.#lose(closure))
    this.#listeners.emit('link', welcomed)
  }

  #lose(closure: Closure): void {
    const { backoff, hasFreshTokens, runtime } = this.#options
    const error = errorOfClosure(closure)
    this.#link = undefined
    this.#listeners.emit('lost', closure)
    const isFinal = closure.verdict === 'stop' || (closure.verdict === 'new token' && !hasFreshTokens)
    if (this.isEnding || isFinal || backoff === undefined) {
      this.#end(closure, error)
      return
    }
    if (runtime.now() - this.#openedAtMs >= STABLE_MS) this.#attempt = 0
    if (isOverload(closure.code)) this.#attempt = Math.max(this.#attempt, OVERLOAD_ATTEMPTS)
    this.#wait(error)
  }

  #wait(error: BusClientError): void {
    const { backoff, runtime } = this.#options
    if (this.#state === 'closed' || backoff === undefined) return
    const delayMs = error.retryAfterMs ?? backoffMs(this.#attempt, backoff, () => runtime.random())
    this.#attempt++
    this.#cancelWait = runtime.after(delayMs, () => void this.#retry())
    this.#enter('waiting', { error, delayMs })
  }

  async #retry(): Promise<void> {
    this.#cancelWait()
    this.#enter('connecting')
    try {
      const welcomed = await this.#options.dial(this.#abort.signal)
      if (this.isEnding) return welcomed.link.drop()
      this.#adopt(welcomed)
      this.#enter('recovering')
      await this.#restore(welcomed)
    } catch (cause) {
      this.#judge(toClientError(cause))
    }
  }

  /** A link on which nothing can be restored is of no use. */
  async #restore(welcomed: Welcomed): Promise<void> {
    const { link } = welcomed
    try {
      await this.#options.restore(welcomed)
    } catch {
      if (!link.closure) link.drop()
      return
    }
    if (link === this.#link) this.#enter('open')
  }

  /** Decides what follows a failed attempt. */
  #judge(error: BusClientError): void {
    if (this.#state === 'closed' || this.isEnding) return
    const isTokenRefused = error.status === 401 || error.verdict === 'new token'
    if (isTokenRefused) this.#refusedTokens++
    const maySucceed = isTokenRefused
      ? this.#options.hasFreshTokens && this.#refusedTokens < MAX_REFUSED_TOKENS
      : error.retry
    if (maySucceed) this.#wait(error)
    else
      this.#end({ code: NO_CLOSING_HANDSHAKE, reason: error.message, verdict: 'stop', retryAfterMs: undefined }, error)
  }

  #end(closure: Closure, error: BusClientError): void {
    if (this.#state === 'closed') return
    this.#cancelWait()
    this.#abort.abort()
    this.#enter('closed', this.isEnding ? {} : { error })
    this.#listeners.emit('end', { closure, error })
    this.#listeners.clear()
  }

  #enter(state: ClientState, more: Pick<StateChange, 'error' | 'delayMs'> = {}): void {
    const previous = this.#state
    this.#state = state
    if (previous !== state) this.#listeners.emit('state', { state, previous, ...more })
  }
}
