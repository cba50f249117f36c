import type { JsonObject } from '../protocol/json.ts'
import type { BusAddress } from './address.ts'
import { BusChannel } from './channel.ts'
import { BusClientError, toClientError } from './error.ts'
import type { RequestHandler } from './exchange.ts'
import type { BusMessage, Welcome } from './frames.ts'
import type { ClientState } from './lifeline.ts'
import { BusCron, BusWebhooks } from './operators.ts'
import { encodeFrame } from './outgoing.ts'
import { fieldsOf, placeOf } from './place.ts'
import { createId } from './runtime.ts'
import type { Session } from './session.ts'
import type { BusStore, Run } from './store.ts'
import { ItemStream } from './stream.ts'
import type {
  ArgsOf,
  ClientEvents,
  HistoryData,
  HistoryOptions,
  JoinData,
  JoinOptions,
  Published,
  PublishOptions,
  RequestOptions,
  ResultOf,
  Sent,
  StreamOptions
} from './types.ts'

const NORMAL = 1000
const DEFAULT_MAX_BUFFERED = 1000
/**
 * A client of the bus [protocol.md]. It stays connected: after a loss it comes back, joins its channels again from where it was, and
 * sends again what was not acknowledged. Whatever rejects does so with a {@link BusClientError}.
 */
export class BusClient {
  /** The key-value store of the tenant. */
  readonly store: BusStore
  /** Messages that are published later. */
  readonly cron: BusCron
  /** Messages that are posted to URLs. */
  readonly webhooks: BusWebhooks
  readonly #session: Session
  readonly #timeoutMs: number

  /**
   * @param session one that is open
   * @param timeoutMs how long a reply of another client may take unless told, in milliseconds
   */
  constructor(session: Session, timeoutMs: number) {
    const run: Run = async (name, args) => (await session.command(name, args)).data as never
    this.#session = session
    this.#timeoutMs = timeoutMs
    this.store = session.store
    this.cron = new BusCron(run)
    this.webhooks = new BusWebhooks(run)
  }

  /** What the server said of itself and of its limits, on the last connection. */
  get welcome(): Welcome {
    return this.#session.welcome
  }

  /** The id by which others reach this connection; the next one has another. */
  get clientId(): string {
    return this.welcome.client_id
  }

  /** Where the client is. */
  get state(): ClientState {
    return this.#session.state
  }

  /** Messages that wait to be sent, or to be acknowledged. */
  get pendingCount(): number {
    return this.#session.outbox.size
  }

  /** A handle of one channel. @throws BusClientError VALIDATION_ERROR for a room without a channel */
  channel(address: BusAddress): BusChannel {
    const place = placeOf(address)
    if (place.channel === undefined) throw new BusClientError('VALIDATION_ERROR', 'channel: is required')
    return new BusChannel(this, place, this.#session.memberships)
  }

  /** Runs a command and resolves with its answer [protocol.md, Built-in commands]. It is sent once: with the connection it rejects. */
  command<Name extends string>(name: Name, ...[args]: ArgsOf<Name>): Promise<ResultOf<Name>> {
    return this.#session.command(name, args ?? {}) as Promise<ResultOf<Name>>
  }

  /** Joins a channel; see {@link BusChannel.join}. */
  async join(address: BusAddress, options: JoinOptions = {}): Promise<JoinData> {
    return this.#session.memberships.join(
      placeOf(address),
      options,
      async (name, args) => (await this.#session.command(name, args)).data
    )
  }

  /** Leaves a channel; one that was not joined is left alike. Where there is no connection, there is nothing to tell the server. */
  async leave(address: BusAddress): Promise<void> {
    const place = placeOf(address)
    this.#session.memberships.leave(place)
    if (this.state !== 'open' && this.state !== 'recovering') return
    try {
      await this.#session.command('leave_channel', fieldsOf(place))
    } catch (error) {
      if (toClientError(error).code !== 'CLOSED') throw error
    }
  }

  /** The stored messages of a channel, or of a room with all its channels, oldest first. */
  async history(address: BusAddress, options: HistoryOptions = {}): Promise<HistoryData> {
    const { data } = await this.#session.command('history', { ...fieldsOf(placeOf(address)), ...options })
    return data as unknown as HistoryData
  }

  /**
   * Publishes to a channel, or to a whole room when the address has none, and resolves on the acknowledgement
   * [limits.md, P3]. When the connection breaks before, it is sent again under the same id over the next one; where it cannot be
   * found out what became of it, it rejects with UNCERTAIN. With `ack: false` it resolves at once, without a position, and is lost
   * with the connection; a refusal is then an `error` event.
   */
  async publish(address: BusAddress, payload: object, options: PublishOptions = {}): Promise<Published> {
    const { type = 'message', id = createId(), ack = true, echo } = options
    const metadata = echo === true ? { ...options.metadata, echo } : options.metadata
    const place = placeOf(address)
    const text = encodeFrame({ type, id, ...fieldsOf(place), payload, metadata, ack })
    return this.#session.outbox.publish({ id, place, text, isEchoed: metadata?.echo === true, isAcknowledged: ack })
  }

  /** Sends a private message to one client or several; rejects with TARGET_NOT_FOUND when none of them is connected. It is sent once. */
  async send(to: string | readonly string[], payload: object): Promise<Sent> {
    return this.#session.send(to, payload, undefined)
  }

  /** Asks one client, which {@link serve}s, and resolves with the payload of its reply; rejects with TIMEOUT, or with its refusal. */
  async request(to: string, payload: object, options: RequestOptions = {}): Promise<JsonObject> {
    return this.#session.exchange.request(to, payload, options.timeoutMs ?? this.#timeoutMs)
  }

  /** Answers the requests of others; returns what ends it. @throws BusClientError CONFLICT when they are answered already */
  serve(handler: RequestHandler): () => void {
    return this.#session.exchange.serve(handler)
  }

  /** Resolves with the time to the server and back, in milliseconds. */
  async ping(): Promise<number> {
    const startMs = performance.now()
    await this.#session.ask({ type: 'ping', id: createId() }, 'ping')
    return performance.now() - startMs
  }

  /** Adds a listener and returns what removes it. See {@link ClientEvents} for the events. */
  on<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#session.listeners.add(event, listener)
  }

  /**
   * All messages from this call on, for `for await`. It ends when this side closes or the server ends normally; any other end makes
   * it throw the reason, and more unread messages than `maxBuffered` make it throw OVERFLOW.
   */
  messages(options: StreamOptions = {}): AsyncIterableIterator<BusMessage, undefined> {
    const removers: (() => void)[] = []
    const stream = new ItemStream<BusMessage>(options.maxBuffered ?? DEFAULT_MAX_BUFFERED, () => {
      for (const remove of removers) remove()
    })
    const end = (): void => {
      const { failure } = this.#session
      stream.end(failure?.closeCode === NORMAL ? undefined : failure)
    }
    removers.push(
      this.on('message', message => stream.push(message)),
      this.on('close', end)
    )
    if (this.state === 'closed') end()
    return stream
  }

  /**
   * Closes for good and resolves when the connection is closed, at the latest after the time-out. What is not acknowledged yet
   * rejects. Safe to call more than once.
   * @param code 1000, or 3000 to 4999 for a meaning of your own
   */
  async close(code: number = NORMAL): Promise<void> {
    if (code !== NORMAL && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
      throw new BusClientError('VALIDATION_ERROR', `close code ${code} is not 1000, or 3000 to 4999`)
    }
    await this.#session.close(code)
  }
}
