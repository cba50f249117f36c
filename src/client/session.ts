import type { JsonObject } from '../protocol/json.ts'
import type { BackoffLimits } from './backoff.ts'
import { type BusClientError, type Closure, errorOfClosure, errorOfFrame, toClientError } from './error.ts'
import { Exchange } from './exchange.ts'
import { type Frame, isObject, messageOf, type Welcome } from './frames.ts'
import type { Welcomed } from './handshake.ts'
import { type ClientState, Lifeline } from './lifeline.ts'
import { Listeners } from './listeners.ts'
import { Memberships } from './memberships.ts'
import { Outbox } from './outbox.ts'
import { encodeFrame, type Outgoing } from './outgoing.ts'
import type { Place } from './place.ts'
import { Pulse } from './pulse.ts'
import { Readiness } from './readiness.ts'
import { Renewal } from './renewal.ts'
import { restore } from './restoration.ts'
import { createId, type Runtime } from './runtime.ts'
import { BusStore } from './store.ts'
import type { TokenSource } from './token.ts'
import type { ClientEvents, CommandResult, Sent } from './types.ts'

/** What a session is made with; `ConnectOptions` says what it means. */
export interface SessionSettings {
  readonly runtime: Runtime
  readonly timeoutMs: number
  readonly pingIntervalMs: number
  readonly isQueueing: boolean
  readonly maxQueued: number
  /** Undefined: a lost connection is the end. */
  readonly backoff: BackoffLimits | undefined
  /** The channel that the first connection is a member of from the start. */
  readonly initial: Place | undefined
  /** Gets a new token; undefined where there is only one. */
  readonly getToken: TokenSource | undefined
  /** Opens a link. */
  readonly dial: (signal: AbortSignal) => Promise<Dialled>
}

/** A link with the token that it presented. */
export interface Dialled extends Welcomed {
  readonly token: string | undefined
}

/** Longest time for a sign of life. */
const MAX_PROBE_MS = 5_000

/** What a client is across its connections: the parts, and what they tell each other. */
export class Session {
  readonly listeners = new Listeners<ClientEvents>()
  readonly memberships: Memberships
  readonly outbox: Outbox
  readonly exchange: Exchange
  readonly store: BusStore
  readonly #settings: SessionSettings
  readonly #lifeline: Lifeline
  readonly #readiness: Readiness
  #dialled: Dialled | undefined
  #pulse: Pulse | undefined
  #renewal: Renewal | undefined
  #cancelNetwork: () => void = () => {}

  constructor(settings: SessionSettings) {
    const { backoff, dial, getToken, isQueueing, maxQueued, runtime, timeoutMs } = settings
    const report = (error: BusClientError) => this.listeners.emit('error', error)
    this.#settings = settings
    this.#readiness = new Readiness(isQueueing ? maxQueued : 0, timeoutMs)
    this.store = new BusStore(async (name, args) => (await this.command(name, args)).data as never, report)
    this.exchange = new Exchange((to, payload, metadata) => this.send(to, payload, metadata), report)
    this.memberships = new Memberships({
      onMessage: message => this.listeners.emit('message', message),
      onRecovered: recovery => this.listeners.emit('recovered', recovery)
    })
    this.outbox = new Outbox({
      runtime,
      isQueueing,
      maxQueued,
      onRefused: report,
      onPublished: ({ isEchoed, place }, { sequence, epoch }) => {
        if (isEchoed || sequence === undefined || epoch === undefined) return
        this.memberships.noteOwn(place, { sequence, epoch })
      }
    })
    this.#lifeline = new Lifeline({
      runtime,
      backoff,
      hasFreshTokens: getToken !== undefined,
      dial: async signal => {
        this.#dialled = await dial(signal)
        return this.#dialled
      },
      restore: welcomed => this.#restore(welcomed)
    })
    this.#lifeline.on('link', welcomed => this.#begin(welcomed))
    this.#lifeline.on('lost', closure => this.#pause(closure))
    this.#lifeline.on('end', ({ closure, error }) => this.#finish(closure, error))
    this.#lifeline.on('state', change => this.listeners.emit('state', change))
  }

  get state(): ClientState {
    return this.#lifeline.state
  }

  /** Why nothing is tried any more; undefined as long as something is, and after an end that this side asked for. */
  get failure(): BusClientError | undefined {
    return this.#lifeline.isEnding ? undefined : this.#readiness.failure
  }

  /** What the server said when the last connection began. */
  get welcome(): Welcome {
    return (this.#dialled as Dialled).welcome
  }

  /** Makes the first connection; rejects when that fails. */
  async open(): Promise<void> {
    const { initial, runtime } = this.#settings
    const { link, welcome } = await this.#lifeline.start()
    this.#cancelNetwork = runtime.onNetwork(isOnline => this.#feel(isOnline))
    this.outbox.open(link, welcome.client_id)
    this.#readiness.open(link)
    if (!initial) return
    this.memberships.adopt(initial)
    this.memberships
      .join(initial, {}, async (name, args) => (await this.command(name, args)).data)
      .catch(cause => this.listeners.emit('error', toClientError(cause)))
  }

  /** Sends a frame once and resolves with its answer. Without a connection it waits for one, or is refused. */
  async ask(frame: Outgoing, name: string): Promise<Frame> {
    const text = encodeFrame(frame)
    const link = this.#readiness.link ?? (await this.#readiness.wait(name))
    return link.request(frame.id, text, name)
  }

  /** Runs a command. */
  async command(name: string, args: object): Promise<CommandResult> {
    const { payload } = await this.ask({ type: 'command', id: createId(), command: name, args }, `command ${name}`)
    const { message, data } = isObject(payload) ? payload : {}
    return { message: typeof message === 'string' ? message : '', data: isObject(data) ? data : {} }
  }

  /** Sends a private message. */
  async send(to: string | readonly string[], payload: object, metadata: JsonObject | undefined): Promise<Sent> {
    const id = createId()
    const answer = await this.ask({ type: 'private', id, to, payload, metadata, ack: true }, `private message ${id}`)
    const missing = isObject(answer.payload) ? answer.payload.missing : undefined
    return { id, missing: Array.isArray(missing) ? missing.filter(target => typeof target === 'string') : [] }
  }

  /** Closes for good. */
  close(code: number): Promise<void> {
    return this.#lifeline.close(code)
  }

  #begin({ link }: Welcomed): void {
    const { getToken, pingIntervalMs, runtime, timeoutMs } = this.#settings
    const token = this.#dialled?.token
    const pulse = new Pulse({
      runtime,
      intervalMs: pingIntervalMs,
      timeoutMs: Math.min(timeoutMs / 2, MAX_PROBE_MS),
      isAwaiting: () => link.isAwaiting,
      ping: () => link.tryPost(encodeFrame({ type: 'ping', id: createId() })),
      onSilence: () => link.drop()
    })
    this.#pulse = pulse
    link.on('frame', ({ frame, isAnswer }) => {
      pulse.hear()
      this.#receive(frame, isAnswer)
    })
    link.on('error', error => this.listeners.emit('error', error))
    if (getToken === undefined || token === undefined) return
    const renew = async (signal: AbortSignal) => {
      const renewed = await getToken(signal)
      const id = createId()
      await link.request(
        id,
        encodeFrame({ type: 'command', id, command: 'refresh', args: { token: renewed } }),
        'refresh'
      )
      return renewed
    }
    const onFailure = (cause: unknown) => this.listeners.emit('error', toClientError(cause))
    this.#renewal = new Renewal({ runtime, renew, onFailure }, token)
  }

  async #restore(welcomed: Welcomed): Promise<void> {
    const { memberships, outbox, store } = this
    const { runtime } = this.#settings
    await restore(welcomed, { runtime, memberships, outbox, restoreMore: ask => store.restore(ask) })
    this.#readiness.open(welcomed.link)
  }

  #receive(frame: Frame, isAnswer: boolean): void {
    this.listeners.emit('frame', frame)
    if (frame.type === 'error' && !isAnswer) this.listeners.emit('error', errorOfFrame(frame))
    const message = messageOf(frame)
    if (message && !this.exchange.take(message) && !this.store.take(message)) this.memberships.receive(message)
  }

  /** The network came or went: what that means for the connection is found out by asking. */
  #feel(isOnline: boolean): void {
    if (isOnline) this.#lifeline.hurry()
    this.#pulse?.probe()
  }

  #pause(closure: Closure): void {
    this.#pulse?.stop()
    this.#pulse = undefined
    this.#renewal?.stop()
    this.#renewal = undefined
    this.#readiness.pause()
    this.outbox.pause()
    this.memberships.addFormerId(this.welcome.client_id)
    this.exchange.fail(errorOfClosure(closure))
  }

  #finish(closure: Closure, error: BusClientError): void {
    const reason = this.#lifeline.isEnding || closure.code === 1000 ? undefined : error
    this.#cancelNetwork()
    this.#readiness.fail(error)
    this.outbox.fail(error)
    this.exchange.fail(error)
    this.memberships.close(reason)
    this.store.close()
    this.listeners.emit('close', closure)
    this.listeners.clear()
  }
}
