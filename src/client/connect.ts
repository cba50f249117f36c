import { BusClient } from './client.ts'
import { BusClientError, closureOf, describeClosure, NO_CLOSING_HANDSHAKE } from './error.ts'
import { parseFrame, readWelcome } from './frames.ts'
import { Link } from './link.ts'
import { readRefusal } from './refusal.ts'
import {
  type ClientSocket,
  dropSocket,
  onRefusal,
  openSocket,
  placeOf,
  type SocketEvent,
  type SocketOptions
} from './socket.ts'

/** How to connect, and as whom [protocol.md, Connect]. Claims of the token win over the client fields. */
export interface ConnectOptions extends SocketOptions {
  readonly clientType?: string | undefined
  readonly screenName?: string | undefined
  readonly avatar?: string | undefined
  readonly personality?: string | undefined
  /** With `channel`, the address that is joined at once and is the fallback for messages without one. */
  readonly room?: string | undefined
  readonly channel?: string | undefined
  /** How long the welcome, and later every answer, may take, in milliseconds; 10 s unless told. */
  readonly timeoutMs?: number | undefined
}

const DEFAULT_TIMEOUT_MS = 10_000
/** Longest delay that a timer takes; beyond it, it would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Connects to the bus at `ws://host:port` and resolves after the welcome [protocol.md, Connect]. Rejects with a
 * {@link BusClientError}: the server's code, or REFUSED, when it answered with an HTTP status; UNREACHABLE when it did not
 * answer; CLOSED, PROTOCOL or TIMEOUT when no welcome came. Browsers tell no reason: there it is UNREACHABLE in every case.
 * Add listeners in the same turn in which the promise resolves: until then nothing that arrives is lost.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<BusClient> {
  const target = toUrl(url, options)
  const socket = await openSocket(target, options)
  return welcomed(socket, placeOf(target), Math.min(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS))
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
    personality: options.personality,
    room: options.room,
    channel: options.channel
  }
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

/** Waits for the first frame. Whatever else happens first ends the socket, and rejects with the most exact reason known. */
function welcomed(socket: ClientSocket, place: string, timeoutMs: number): Promise<BusClient> {
  return new Promise((resolve, reject) => {
    let isSettled = false
    let failure: string | undefined
    const timer = setTimeout(() => {
      fail(new BusClientError('TIMEOUT', `no welcome from ${place} within ${timeoutMs} ms`, { retry: true }))
    }, timeoutMs)

    socket.addEventListener('message', ({ data }) => {
      if (isSettled) return
      const welcome = readWelcome(parseFrame(data))
      if (welcome === undefined) {
        fail(new BusClientError('PROTOCOL', `${place} does not welcome as ArqonBus does`))
        return
      }
      settle()
      resolve(new BusClient(new Link(socket, timeoutMs), welcome))
    })
    socket.addEventListener('error', event => {
      failure = sentenceOf(event)
    })
    socket.addEventListener('close', event => fail(errorOfEarlyClose(place, event, failure)))
    onRefusal(socket, answer => readRefusal(place, answer).then(fail))

    function settle(): void {
      isSettled = true
      clearTimeout(timer)
    }

    function fail(error: BusClientError): void {
      if (isSettled) return
      settle()
      dropSocket(socket)
      reject(error)
    }
  })
}

function errorOfEarlyClose(place: string, event: SocketEvent, failure: string | undefined): BusClientError {
  const closure = closureOf(event.code ?? NO_CLOSING_HANDSHAKE, event.reason ?? '')
  const options = { retry: closure.verdict === 'retry', retryAfterMs: closure.retryAfterMs }
  if (closure.code === NO_CLOSING_HANDSHAKE) {
    return new BusClientError('UNREACHABLE', `cannot connect to ${place}: ${failure ?? 'no reason given'}`, options)
  }
  return new BusClientError('CLOSED', `${place}: no welcome; ${describeClosure(closure)}`, {
    ...options,
    closeCode: closure.code,
    verdict: closure.verdict
  })
}

/** A refused connection to a name with several addresses has a code only, no message. */
function sentenceOf({ message, error }: SocketEvent): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return message || code
}
