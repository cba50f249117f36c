import type { JsonObject } from '../protocol/json.ts'
import { type BusAddress, toPlace } from './address.ts'
import { BusClientError, type Closure, errorOfClosure } from './error.ts'
import { type BusMessage, isObject, type Welcome } from './frames.ts'
import type { Link } from './link.ts'
import { ItemStream } from './stream.ts'
import type {
  ClientEvents,
  CommandResult,
  HistoryData,
  JoinData,
  JoinOptions,
  Published,
  PublishOptions,
  Sent,
  StreamOptions
} from './types.ts'

const NORMAL = 1000
const DEFAULT_MAX_BUFFERED = 1000

/**
 * One connection to the bus [protocol.md]. It does not reconnect: when it is closed, every pending request rejects with the
 * close code, and `close` listeners are told what to do next. Whatever rejects does so with a {@link BusClientError}.
 */
export class BusClient {
  /** What the server said of itself and of its limits. */
  readonly welcome: Welcome
  readonly #link: Link

  constructor(link: Link, welcome: Welcome) {
    this.#link = link
    this.welcome = welcome
  }

  /** The id by which others reach this connection. */
  get clientId(): string {
    return this.welcome.client_id
  }

  /** Runs a command and resolves with its answer [protocol.md, Built-in commands]. */
  async command(name: string, args: object = {}): Promise<CommandResult> {
    const answer = await this.#link.request({ type: 'command', id: createId(), command: name, args }, `command ${name}`)
    const { message, data } = isObject(answer.payload) ? answer.payload : {}
    return { message: typeof message === 'string' ? message : '', data: isObject(data) ? data : {} }
  }

  /** Joins a channel. With `since` and `epoch` the missed messages follow, if the server still has them (`recovered`). */
  async join(address: BusAddress, options: JoinOptions = {}): Promise<JoinData> {
    const { data } = await this.command('join_channel', { ...toPlace(address), ...options })
    return data as JsonObject & JoinData
  }

  /** Leaves a channel; one that was not joined is left alike. */
  async leave(address: BusAddress): Promise<void> {
    await this.command('leave_channel', toPlace(address))
  }

  /** The stored messages of a channel, oldest first; `limit` is 50 unless told, and at most 500. */
  async history(address: BusAddress, options: { readonly limit?: number | undefined } = {}): Promise<HistoryData> {
    const { data } = await this.command('history', { ...toPlace(address), ...options })
    return data as unknown as HistoryData
  }

  /**
   * Publishes to a channel, or to a whole room when the address has none, and resolves on the acknowledgement
   * [limits.md, P3]. With `ack: false` it resolves at once, without a position; a refusal is then an `error` event.
   * To repeat a publish whose fate is unknown, give it the same `id`: it is delivered once [limits.md, P4].
   */
  async publish(address: BusAddress, payload: object, options: PublishOptions = {}): Promise<Published> {
    const { type = 'message', id = createId(), ack = true, echo } = options
    const metadata = echo === true ? { ...options.metadata, echo } : options.metadata
    const frame = { type, id, ...toPlace(address), payload, metadata, ack }
    if (!ack) {
      this.#link.post(frame)
      return { id, sequence: undefined, epoch: undefined, duplicate: false }
    }
    const { sequence, epoch, duplicate } = await this.#link.request(frame, `publish ${id}`)
    return {
      id,
      sequence: typeof sequence === 'number' ? sequence : undefined,
      epoch: typeof epoch === 'string' ? epoch : undefined,
      duplicate: duplicate === true
    }
  }

  /** Sends a private message to one client or several; rejects with TARGET_NOT_FOUND when none of them is connected. */
  async send(to: string | readonly string[], payload: object): Promise<Sent> {
    const id = createId()
    const answer = await this.#link.request({ type: 'private', id, to, payload, ack: true }, `private message ${id}`)
    const missing = isObject(answer.payload) ? answer.payload.missing : undefined
    return { id, missing: Array.isArray(missing) ? missing.filter(target => typeof target === 'string') : [] }
  }

  /** Resolves with the time to the server and back, in milliseconds. */
  async ping(): Promise<number> {
    const startMs = performance.now()
    await this.#link.request({ type: 'ping', id: createId() }, 'ping')
    return performance.now() - startMs
  }

  /** Adds a listener and returns what removes it. See {@link ClientEvents} for the events. */
  on<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#link.on(event, listener)
  }

  /**
   * The messages from this call on, for `for await`. It ends when this side closes or the server ends normally; any other
   * close makes it throw CLOSED, and more unread messages than `maxBuffered` make it throw OVERFLOW.
   */
  messages(options: StreamOptions = {}): AsyncIterableIterator<BusMessage, undefined> {
    const end = (closure: Closure) => {
      const isExpected = closure.code === NORMAL || this.#link.isEnding
      stream.end(isExpected ? undefined : errorOfClosure(closure))
    }
    const removers: (() => void)[] = []
    const stream = new ItemStream<BusMessage>(options.maxBuffered ?? DEFAULT_MAX_BUFFERED, () => {
      for (const remove of removers) remove()
    })
    removers.push(
      this.on('message', message => stream.push(message)),
      this.on('close', end)
    )
    if (this.#link.closure) end(this.#link.closure)
    return stream
  }

  /**
   * Closes the connection and resolves when it is closed, at the latest after the time-out. Safe to call more than once.
   * @param code 1000, or 3000 to 4999 for a meaning of your own
   */
  async close(code: number = NORMAL): Promise<void> {
    if (code !== NORMAL && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
      throw new BusClientError('VALIDATION_ERROR', `close code ${code} is not 1000, or 3000 to 4999`)
    }
    await this.#link.close(code)
  }
}

function createId(): string {
  return `arq_${crypto.randomUUID()}`
}
