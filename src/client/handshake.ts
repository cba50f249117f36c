import { BusClientError, closureOf, describeClosure, NO_CLOSING_HANDSHAKE } from './error.ts'
import { parseFrame, readWelcome, type Welcome } from './frames.ts'
import { Link } from './link.ts'
import { readRefusal } from './refusal.ts'
import { dropSocket, onRefusal, openSocket, placeOf, type SocketEvent, type SocketOptions } from './socket.ts'

/** How a link is opened. */
export interface HandshakeOptions extends SocketOptions {
  /** How long the welcome, and later every answer, may take, in milliseconds. */
  readonly timeoutMs: number
  /** Ends the attempt; the promise then rejects with CLOSED. */
  readonly signal: AbortSignal
}

/** A link with what the server said when it began. */
export interface Welcomed {
  readonly link: Link
  readonly welcome: Welcome
}

/** Opens a socket and waits for the first frame. Whatever else happens first ends it, and rejects with the most exact reason known. */
export async function openLink(url: URL, options: HandshakeOptions): Promise<Welcomed> {
  const { signal, timeoutMs } = options
  const place = placeOf(url)
  const socket = await openSocket(url, options)
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
      resolve({ link: new Link(socket, timeoutMs, maxFrameBytesOf(welcome)), welcome })
    })
    socket.addEventListener('error', event => {
      failure = sentenceOf(event)
    })
    socket.addEventListener('close', event => fail(errorOfEarlyClose(place, event, failure)))
    onRefusal(socket, answer => readRefusal(place, answer).then(fail))
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()

    function onAbort(): void {
      fail(new BusClientError('CLOSED', 'the client was closed'))
    }

    function settle(): void {
      isSettled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
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

/** A server that does not tell takes any length. */
function maxFrameBytesOf({ limits }: Welcome): number {
  const maxBytes = limits?.max_message_bytes
  return typeof maxBytes === 'number' ? maxBytes : Number.POSITIVE_INFINITY
}
