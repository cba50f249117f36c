import { type RawData, WebSocket } from 'ws'
import { closureOf, describeClosure } from '../client/error.ts'
import { readRefusal } from '../client/refusal.ts'
import { placeOf } from '../client/socket.ts'
import { failureOf } from './endpoint.ts'
import { TOKEN_ADVICE } from './refusals.ts'
import { Failure } from './terminal.ts'

/** What to read from a socket. */
export interface FollowOptions {
  readonly headers: Readonly<Record<string, string>>
  /** How many frames to read, the welcome included; 0 for all that come. */
  readonly limit: number
  /** How long the wanted frames may take; without a limit, how long the first one may take. */
  readonly timeoutSeconds: number
  /** Text to send once the socket is open. */
  readonly send?: string | undefined
  /** Aborting it ends the reading; the returned promise rejects. */
  readonly signal: AbortSignal
  /** Called with the text of every frame. */
  onFrame(text: string): void
}

const NORMAL = 1000
const HANG_UP_MS = 1000

/**
 * Opens a socket and hands over its frames as they come. Resolves, with the socket closed, once the limit is reached.
 * @throws Failure when the connection is refused, ends before the limit is reached, or takes too long
 */
export async function followFrames(url: URL, options: FollowOptions): Promise<void> {
  options.signal.throwIfAborted()
  const socket = new WebSocket(url, { headers: options.headers })
  try {
    await readFrames(socket, url, options)
  } finally {
    await hangUp(socket)
  }
}

function readFrames(socket: WebSocket, url: URL, options: FollowOptions): Promise<void> {
  const { limit, signal, timeoutSeconds } = options
  const place = placeOf(url)
  return new Promise((resolve, reject) => {
    let received = 0
    const timer = setTimeout(() => {
      fail(new Failure(`${describeProgress()} within ${timeoutSeconds} seconds`))
    }, timeoutSeconds * 1000)

    socket.on('open', () => {
      if (options.send !== undefined) socket.send(options.send)
    })
    socket.on('message', onMessage)
    socket.on('unexpected-response', (_request, response) => {
      readRefusal(place, response).then(({ message, status }) => {
        fail(new Failure(status === 401 ? `${message}; ${TOKEN_ADVICE}` : message))
      })
    })
    socket.on('error', error => fail(failureOf(error, url)))
    socket.on('close', (code, reason) => {
      fail(new Failure(`${describeProgress()}, then ${describeClosure(closureOf(code, reason.toString()))}`))
    })
    signal.addEventListener('abort', onAbort)

    function onMessage(data: RawData): void {
      received++
      if (limit === 0) clearTimeout(timer)
      try {
        options.onFrame(data.toString())
      } catch (error) {
        fail(error)
      }
      if (received === limit) {
        release()
        resolve()
      }
    }

    function describeProgress(): string {
      return `received ${received}${limit === 0 ? '' : ` of ${limit}`} frames from ${place}`
    }

    function onAbort(): void {
      fail(signal.reason)
    }

    function fail(error: unknown): void {
      release()
      reject(error)
    }

    function release(): void {
      clearTimeout(timer)
      socket.off('message', onMessage)
      signal.removeEventListener('abort', onAbort)
    }
  })
}

/** Closes properly, but does not wait long for a peer that does not answer. */
async function hangUp(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  const timer = setTimeout(() => socket.terminate(), HANG_UP_MS)
  await new Promise(resolve => {
    socket.once('close', resolve)
    socket.close(NORMAL)
  })
  clearTimeout(timer)
}
