import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  errors,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Payload,
  type Subscription
} from '@nats-io/transport-node'
import type { Clock } from '../../clock.ts'
import { BusError } from '../../errors.ts'
import { Sampled } from '../../log/sampled.ts'
import type { Log } from '../../log.ts'
import { type Incarnation, identified, identityOf } from './identity.ts'

/** How the servers are reached. */
export interface LinkOptions {
  /** `nats://` or `tls://` URLs; the first that names a user counts for all. A user without a password is a token. */
  readonly servers: readonly string[]
  /** Path of a credentials file. */
  readonly creds: string | undefined
  /** How this node is called in the servers' lists. */
  readonly name: string
  /** How long the first connection may take, in milliseconds. */
  readonly connectTimeoutMs: number
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  readonly log: Log
}

const PING_INTERVAL_MS = 2_000
const MAX_PINGS_OUT = 2
const RETRY_MS = 250
const DIAL_TIMEOUT_MS = 4_000
/** How long the end may wait for what is not yet sent. */
const MAX_FLUSH_MS = 1_000
/** Most that waits unstored on its way to the server; beyond it nothing more is taken [cluster.md, Rules that bite]. */
const MAX_UNFLUSHED_BYTES = 16 * 1024 * 1024
/** The server is asked what it has got each time so much has been sent. */
const FLUSH_BYTES = 256 * 1024
/** What the servers refuse is one line of each kind in this time. */
const COMPLAINTS_MS = 10_000
const MAX_COMPLAINTS = 100

/** The connection to the servers. It comes back by itself; while it is down nothing is taken, since it would wait without a bound. */
export class Link {
  readonly connection: NatsConnection
  /** Grows with each connection, so that whoever waited knows whether it was one and the same. */
  generation = 1
  reconnects = 0
  #isUp = true
  #unflushedBytes = 0
  #unaskedBytes = 0
  readonly #onDown: (() => void)[] = []
  readonly #onUp: (() => void)[] = []
  readonly #clock: LinkOptions['clock']
  readonly #log: Log
  readonly #complaints: Sampled<Error>
  readonly #watching: Promise<void>
  #maxPayloadBytes: number

  private constructor(connection: NatsConnection, { clock, log }: LinkOptions) {
    this.connection = connection
    this.#clock = clock
    this.#log = log
    this.#complaints = new Sampled({
      clock,
      windowMs: COMPLAINTS_MS,
      maxKeys: MAX_COMPLAINTS,
      tell: (err, repeated) => log.error(repeated > 0 ? { err, repeated } : { err }, 'NATS refuses something')
    })
    this.#maxPayloadBytes = connection.info?.max_payload ?? 0
    this.#watching = this.#watch()
  }

  /** Connects, and tries again until the time is up. @throws {BusError} ENGINE_UNAVAILABLE, which says why */
  static async open(options: LinkOptions): Promise<Link> {
    const { clock, connectTimeoutMs, log } = options
    const deadlineMs = clock.monotonic() + connectTimeoutMs
    const asked = await optionsOf(options)
    const { servers } = asked
    for (let isFirst = true; ; isFirst = false) {
      try {
        return new Link(await connect(asked), options)
      } catch (cause) {
        if (cause instanceof errors.AuthorizationError || clock.monotonic() > deadlineMs) {
          const message = `NATS cannot be reached at ${servers}: ${wordsOf(cause)}`
          throw new BusError('ENGINE_UNAVAILABLE', { message, cause })
        }
        if (isFirst) log.warn({ err: cause, servers, seconds: connectTimeoutMs / 1_000 }, 'NATS cannot be reached yet')
        // A timer of the clock does not keep the process alive, and there is nothing else yet that does.
        await pause(RETRY_MS)
      }
    }
  }

  get isUp(): boolean {
    return this.#isUp && !this.connection.isClosed()
  }

  /** Version of the server at the other end. */
  get version(): string {
    return this.connection.info?.version ?? ''
  }

  /** The configuration of a stream that is to be made there, with what tells it from any other that ever has its name. */
  identified<T extends object>(config: T): T {
    return identified(config, this.version)
  }

  /** Which stream it is, of all that ever had its name. */
  identityOf(stream: Incarnation): string {
    return identityOf(stream)
  }

  /** Most bytes of one message with its headers, as the server has it; while there is none, as the last one had it. */
  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes
  }

  /** @throws {BusError} ENGINE_UNAVAILABLE while there is no connection */
  assertUp(): void {
    if (!this.isUp) throw new BusError('ENGINE_UNAVAILABLE')
  }

  /** Calls `run` each time that the connection is lost. */
  onDown(run: () => void): void {
    this.#onDown.push(run)
  }

  /** Calls `run` each time that the connection is there again, with all subscriptions. */
  onUp(run: () => void): void {
    this.#onUp.push(run)
  }

  subscribe(subject: string, take: (message: Msg) => void): Subscription {
    return this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) take(message)
      }
    })
  }

  /** Sends a message that nothing confirms. False, and nothing sent, while it would have to wait. */
  publish(subject: string, data: Payload, options: { reply?: string; headers?: MsgHdrs } = {}): boolean {
    if (!this.isUp || this.#unflushedBytes > MAX_UNFLUSHED_BYTES) return false
    this.connection.publish(subject, data, options)
    this.#unflushedBytes += data.length
    this.#unaskedBytes += data.length
    if (this.#unaskedBytes >= FLUSH_BYTES) this.#askFlushed()
    return true
  }

  /** Ends the connection. What is not yet sent is sent first, if there is a server. */
  async close(): Promise<void> {
    if (this.isUp) await within(this.#clock, MAX_FLUSH_MS, this.connection.flush())
    await this.connection.close()
    await this.#watching
    this.#complaints.close()
  }

  #askFlushed(): void {
    const bytes = this.#unaskedBytes
    const { generation } = this
    this.#unaskedBytes = 0
    const settle = (): void => {
      if (generation === this.generation) this.#unflushedBytes -= bytes
    }
    this.connection.flush().then(settle, () => {})
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      const { type } = status
      if (type === 'error') this.#complaints.add(status.error.name, status.error)
      else if (type === 'disconnect' && this.#isUp) {
        this.#isUp = false
        this.#log.warn({}, 'NATS is not connected')
        for (const run of this.#onDown) run()
      } else if (type === 'reconnect' && !this.#isUp) {
        // After servers that refused the user, the client says so once for each attempt.
        this.#isUp = true
        this.generation++
        this.reconnects++
        this.#maxPayloadBytes = this.connection.info?.max_payload ?? this.#maxPayloadBytes
        this.#unflushedBytes = 0
        this.#unaskedBytes = 0
        this.#log.info({ server: this.connection.info?.server_name }, 'NATS is connected again')
        for (const run of this.#onUp) run()
      }
    }
  }
}

/** Resolves when the work is done or has failed, or when the time is up. */
export async function within(clock: Pick<Clock, 'after'>, delayMs: number, work: Promise<void>): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = clock.after(delayMs, resolve)
    const end = (): void => {
      timer.cancel()
      resolve()
    }
    work.then(end, end)
  })
}

async function optionsOf({ servers, creds, name }: LinkOptions): Promise<ConnectionOptions> {
  const urls = servers.map(server => new URL(server))
  const [user] = urls.filter(url => url.username !== '')
  return {
    name,
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? '4222' : port}`),
    ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
    ...(user ? loginOf(user) : {}),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(await readCreds(creds)) }),
    ignoreAuthErrorAbort: true,
    maxPingOut: MAX_PINGS_OUT,
    maxReconnectAttempts: -1,
    noAsyncTraces: true,
    pingInterval: PING_INTERVAL_MS,
    reconnectJitter: RETRY_MS,
    reconnectJitterTLS: RETRY_MS,
    reconnectTimeWait: RETRY_MS,
    timeout: DIAL_TIMEOUT_MS
  }
}

async function readCreds(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new BusError('ENGINE_UNAVAILABLE', {
      message: `The credentials for NATS cannot be read: ${wordsOf(cause)}`,
      cause
    })
  }
}

function loginOf({ username, password }: URL): ConnectionOptions {
  const name = decodeURIComponent(username)
  return password === '' ? { token: name } : { user: name, pass: decodeURIComponent(password) }
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown reason'
}
