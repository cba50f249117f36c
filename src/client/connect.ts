import type { BackoffLimits } from './backoff.ts'
import { BusClient } from './client.ts'
import { BusClientError } from './error.ts'
import { openLink } from './handshake.ts'
import { type Place, placeOf } from './place.ts'
import { MAX_DELAY_MS, type Runtime, systemRuntime } from './runtime.ts'
import { Session } from './session.ts'
import type { SocketOptions } from './socket.ts'
import { boundTokenSource } from './token.ts'

/** How to connect, and as whom [protocol.md, Connect]. Claims of the token win over the client fields. */
export interface ConnectOptions extends SocketOptions {
  /** Gets a token: before each connection, before the present one expires, and when it was refused. It wins over `token`. */
  readonly getToken?: (() => string | Promise<string>) | undefined
  readonly clientType?: string | undefined
  readonly screenName?: string | undefined
  readonly avatar?: string | undefined
  readonly personality?: string | undefined
  /** With `channel`, the address that is joined at once. Alone, the whole room is, which cannot be recovered. */
  readonly room?: string | undefined
  readonly channel?: string | undefined
  /** How long a token, the welcome, and later every answer, may take, in milliseconds; 10 s unless told. */
  readonly timeoutMs?: number | undefined
  /** What becomes of requests while there is no connection: they wait for the next one (`queue`, unless told), or reject with OFFLINE. */
  readonly offline?: 'queue' | 'refuse' | undefined
  /** How many messages, and as many other requests, may wait; 1,000 unless told. One more rejects with OVERFLOW. */
  readonly maxQueued?: number | undefined
  /** How long to wait before coming back: from 250 ms to 20 s unless told. `false`: a lost connection is the end. */
  readonly reconnect?: Partial<BackoffLimits> | false | undefined
  /** How long the server may be silent before it is asked for a sign of life, in milliseconds; 20 s unless told. */
  readonly pingIntervalMs?: number | undefined
}

const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_PING_INTERVAL_MS = 20_000
const DEFAULT_MAX_QUEUED = 1_000
const defaultBackoff: BackoffLimits = { baseMs: 250, maxMs: 20_000 }

/**
 * Connects to the bus at `ws://host:port` and resolves after the welcome [protocol.md, Connect]. Rejects with a
 * {@link BusClientError}: the server's code, or REFUSED, when it answered with an HTTP status; UNREACHABLE when it did not
 * answer; CLOSED, PROTOCOL or TIMEOUT when no welcome came; TOKEN when `getToken` failed. Browsers tell no reason: there it is
 * UNREACHABLE in every case. Only the first attempt rejects: a connection that is lost later is replaced by the client itself.
 * Add listeners in the same turn in which the promise resolves: until then nothing that arrives is lost.
 * @param runtime time and chance; tests bring their own
 */
export async function connect(
  url: string,
  options: ConnectOptions = {},
  runtime: Runtime = systemRuntime
): Promise<BusClient> {
  const base = toUrl(url, options)
  const initial = initialOf(options)
  const timeoutMs = Math.min(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_DELAY_MS)
  const getToken = options.getToken && boundTokenSource(options.getToken, timeoutMs)
  let hasConnected = false
  const session = new Session({
    runtime,
    timeoutMs,
    initial,
    getToken,
    pingIntervalMs: options.pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS,
    isQueueing: options.offline !== 'refuse',
    maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
    backoff: options.reconnect === false ? undefined : { ...defaultBackoff, ...options.reconnect },
    dial: async signal => {
      const token = getToken ? await getToken(signal) : options.token
      const welcomed = await openLink(addressOf(base, options, hasConnected ? initial : undefined), {
        ...options,
        token,
        timeoutMs,
        signal
      })
      hasConnected = true
      return { ...welcomed, token }
    }
  })
  await session.open()
  return new BusClient(session, timeoutMs)
}

function toUrl(text: string, options: ConnectOptions): URL {
  if (!URL.canParse(text)) throw new BusClientError('VALIDATION_ERROR', 'the URL of the bus is not a URL')
  const url = new URL(text)
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new BusClientError('VALIDATION_ERROR', `the URL of the bus begins with ws: or wss:, not ${url.protocol}`)
  }
  const fields = {
    client_type: options.clientType,
    screen_name: options.screenName,
    avatar: options.avatar,
    personality: options.personality
  }
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

/** @param rejoined the initial channel, where it is joined again from its position instead of by the address */
function addressOf(base: URL, { room, channel }: ConnectOptions, rejoined: Place | undefined): URL {
  const url = new URL(base)
  if (rejoined === undefined && room !== undefined) url.searchParams.set('room', room)
  if (rejoined === undefined && channel !== undefined) url.searchParams.set('channel', channel)
  return url
}

function initialOf({ room, channel }: ConnectOptions): Place | undefined {
  if (room === undefined) return undefined
  const place = placeOf(channel === undefined ? room : { room, channel })
  return place.channel === undefined ? undefined : place
}
