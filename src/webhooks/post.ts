import { lookup as lookUp } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, errors } from 'undici'
import type { Clock } from '../clock.ts'
import { createConnector } from './connector.ts'
import type { AddressGuard } from './guard.ts'
import { readRetryAfterMs } from './retry-after.ts'

/** Open connections from which on a further one is closed after its answer instead of being kept. */
const MAX_KEPT_SOCKETS = 64
const IDLE_MS = 4000

/** One attempt to deliver. */
export interface PostRequest {
  readonly url: string
  /** Sent as they stand, so `content-type` belongs here; `host`, `content-length` and `connection` are added. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For the whole attempt, from the name lookup to the end of what is read of the answer. */
  readonly timeoutMs: number
}

/** How one attempt ended. Never carries more than these words. */
export interface PostResult {
  /** HTTP status; undefined when there was no whole answer. */
  readonly status: number | undefined
  /**
   * `ok` 2xx, `refused` other statuses, `redirect` 3xx, `timeout`, or `network`: no answer, a broken one, a bad
   * certificate or a forbidden address, so that a closed port cannot be told from a forbidden one.
   */
  readonly outcome: 'ok' | 'refused' | 'redirect' | 'timeout' | 'network'
  readonly durationMs: number
  /** From `Retry-After` (seconds or HTTP date), capped at one hour. */
  readonly retryAfterMs: number | undefined
}

/** Sends webhooks [operators.md, op.webhook; P15]. */
export interface Poster {
  /**
   * Sends one request and says how it ended, at the latest after `timeoutMs`. Never throws or rejects. Redirects are not
   * followed. A 2xx whose body breaks off or is not over in time counts as no answer; of every other status the head
   * alone decides.
   */
  post(request: PostRequest): Promise<PostResult>
  /** Breaks off what is under way, which then ends as `network`, and resolves when no socket is left. */
  close(): Promise<void>
}

/** What a {@link Poster} is made of. */
export interface PosterOptions {
  readonly guard: AddressGuard
  readonly clock: Clock
  /** From the name lookup to the end of the TLS handshake. */
  readonly connectTimeoutMs: number
  /** Bytes that are read of the body of an answer; a longer one is broken off and counts as whole. */
  readonly maxResponseBytes: number
  /** The name service; that of the system when absent. */
  readonly lookup?: LookupFunction
}

type Answer = Omit<PostResult, 'durationMs'>

/**
 * Makes a poster. It reaches only what the guard allows, checked at the moment a connection is made; it looks at no
 * proxy in the environment. A connection is kept for 4 seconds for the next request to its origin, unless 64 are open.
 */
export function createPoster(options: PosterOptions): Poster {
  const { guard, clock, connectTimeoutMs, maxResponseBytes } = options
  const connector = createConnector({ guard, clock, connectTimeoutMs, lookup: options.lookup ?? lookUp })
  const agent = new Agent({
    bodyTimeout: 0,
    connect: connector.connect,
    headersTimeout: 0,
    keepAliveMaxTimeout: IDLE_MS,
    keepAliveTimeout: IDLE_MS
  })

  async function send({ url, headers, body }: PostRequest, signal: AbortSignal): Promise<Answer> {
    if (guard.findUrlFaults(url).length > 0) return noAnswer('network')
    const { origin, pathname, search } = new URL(url)
    const isLast = connector.openSockets >= MAX_KEPT_SOCKETS
    const response = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: 'POST',
      headers,
      body,
      signal,
      ...(isLast && { reset: true })
    })
    const status = response.statusCode
    const outcome = outcomeOf(status)
    if (outcome === 'ok') await readBody(response.body, maxResponseBytes)
    else response.body.on('error', () => {}).destroy()
    return { status, outcome, retryAfterMs: readRetryAfterMs(response.headers['retry-after'], clock.now()) }
  }

  return {
    post(request) {
      const startMs = clock.monotonic()
      const abort = new AbortController()
      return new Promise(resolve => {
        const finish = (answer: Answer): void => {
          timer.cancel()
          resolve({ ...answer, durationMs: Math.round(clock.monotonic() - startMs) })
        }
        const timer = clock.after(request.timeoutMs, () => {
          abort.abort()
          finish(noAnswer('timeout'))
        })
        send(request, abort.signal).then(finish, error =>
          finish(noAnswer(error instanceof errors.ConnectTimeoutError ? 'timeout' : 'network'))
        )
      })
    },
    async close() {
      await Promise.all([agent.destroy(), connector.close()])
    }
  }
}

function outcomeOf(status: number): PostResult['outcome'] {
  if (status >= 200 && status < 300) return 'ok'
  return status >= 300 && status < 400 ? 'redirect' : 'refused'
}

function noAnswer(outcome: 'timeout' | 'network'): Answer {
  return { status: undefined, outcome, retryAfterMs: undefined }
}

/** Reads to the end, so that the connection can be kept, or breaks the connection off after `maxBytes`. */
async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<void> {
  let leftBytes = maxBytes
  for await (const chunk of body) {
    leftBytes -= (chunk as Buffer).length
    if (leftBytes < 0) return
  }
}
