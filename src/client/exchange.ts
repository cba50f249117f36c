import type { Json, JsonObject } from '../protocol/json.ts'
import { BusClientError, toClientError } from './error.ts'
import { type BusMessage, isObject } from './frames.ts'
import { createId } from './runtime.ts'

/** What a server of requests is given beside the payload. */
export interface RequestContext {
  /** Client id of whoever asks. */
  readonly sender: string
  /** The private message that carries the request. */
  readonly message: BusMessage
  /** Aborted when whoever asks has given up. */
  readonly signal: AbortSignal
}

/** Answers a request with an object; what it throws as a {@link BusClientError} is what whoever asks gets. */
export type RequestHandler = (payload: JsonObject, context: RequestContext) => object | Promise<object>

/** Sends a private message; rejects with what the server says. */
export type SendPrivate = (to: string, payload: object, metadata: JsonObject) => Promise<unknown>

/** Where a request and a reply stand in the metadata of private messages. */
const REQUEST = 'request'
const REPLY = 'reply'

/** Requests that may wait for a reply, and that may be worked on, at a time. */
const MAX_REQUESTS = 10_000
const MAX_SERVED = 1_000

interface Waiting {
  readonly to: string
  readonly timer: ReturnType<typeof setTimeout>
  resolve(payload: JsonObject): void
  reject(error: BusClientError): void
}

/** Requests and replies over private messages. Each request ends: by its reply, its deadline, or with the connection. */
export class Exchange {
  readonly #send: SendPrivate
  readonly #onError: (error: BusClientError) => void
  /** Map( id of the request -> who waits for the reply ) */
  readonly #waiting = new Map<string, Waiting>()
  #handler: RequestHandler | undefined
  #served = 0

  /** @param onError told of replies that could not be sent */
  constructor(send: SendPrivate, onError: (error: BusClientError) => void) {
    this.#send = send
    this.#onError = onError
  }

  /** Asks one client and resolves with the payload of its reply; rejects with TIMEOUT when there is none in time. */
  request(to: string, payload: object, timeoutMs: number): Promise<JsonObject> {
    if (this.#waiting.size >= MAX_REQUESTS) {
      throw new BusClientError('OVERFLOW', `${MAX_REQUESTS} requests wait for a reply`, { retry: true })
    }
    const id = createId()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(id, new BusClientError('TIMEOUT', `no reply of ${to} within ${timeoutMs} ms`, { retry: true }))
      }, timeoutMs)
      this.#waiting.set(id, { to, timer, resolve, reject })
      this.#send(to, payload, { [REQUEST]: { id, timeout_ms: timeoutMs } }).catch((cause: unknown) =>
        this.#fail(id, toClientError(cause))
      )
    })
  }

  /** Answers requests from now on; returns what ends it. @throws BusClientError CONFLICT when somebody does already */
  serve(handler: RequestHandler): () => void {
    if (this.#handler) throw new BusClientError('CONFLICT', 'requests are served already')
    this.#handler = handler
    return () => {
      if (this.#handler === handler) this.#handler = undefined
    }
  }

  /** Takes a message if it is a reply, or a request that is served; false when it is something else. */
  take(message: BusMessage): boolean {
    if (message.to === undefined) return false
    const { [REPLY]: reply, [REQUEST]: request } = message.metadata ?? {}
    if (isObject(reply) && typeof reply.id === 'string') {
      this.#settle(message, reply.id, reply.error)
      return true
    }
    if (!this.#handler || !isObject(request) || typeof request.id !== 'string') return false
    void this.#serve(this.#handler, message, request.id, Number(request.timeout_ms))
    return true
  }

  /** Ends every request: a reply would not find the way any more. */
  fail(error: BusClientError): void {
    for (const id of [...this.#waiting.keys()]) this.#fail(id, error)
  }

  #settle({ sender, payload }: BusMessage, id: string, error: Json | undefined): void {
    const waiting = this.#waiting.get(id)
    if (!waiting || waiting.to !== sender) return
    if (error === undefined) {
      this.#take(id)
      waiting.resolve(payload)
    } else this.#fail(id, errorOfReply(error))
  }

  async #serve(handler: RequestHandler, message: BusMessage, id: string, timeoutMs: number): Promise<void> {
    const abort = new AbortController()
    const isBounded = timeoutMs > 0 && timeoutMs < 2 ** 31
    const timer = isBounded ? setTimeout(() => abort.abort(), timeoutMs) : undefined
    const { sender } = message
    const { error, payload = {} } = await this.#answer(handler, message, abort.signal)
    clearTimeout(timer)
    if (abort.signal.aborted) return
    try {
      await this.#send(sender, payload, { [REPLY]: error === undefined ? { id } : { id, error } })
    } catch (cause) {
      this.#onError(toClientError(cause))
    }
  }

  async #answer(
    handler: RequestHandler,
    message: BusMessage,
    signal: AbortSignal
  ): Promise<{ readonly payload?: object; readonly error?: JsonObject }> {
    if (this.#served >= MAX_SERVED) return { error: errorFields('RATE_LIMITED', 'Too many requests at a time', true) }
    this.#served++
    try {
      return { payload: await handler(message.payload, { sender: message.sender, message, signal }) }
    } catch (cause) {
      if (cause instanceof BusClientError) return { error: errorFields(cause.code, cause.message, cause.retry) }
      this.#onError(toClientError(cause))
      return { error: errorFields('EXECUTION_ERROR', 'The request could not be carried out', false) }
    } finally {
      this.#served--
    }
  }

  #fail(id: string, error: BusClientError): void {
    this.#take(id)?.reject(error)
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    return waiting
  }
}

function errorFields(code: string, message: string, retry: boolean): JsonObject {
  return { code, message, retry }
}

function errorOfReply(error: Json): BusClientError {
  const { code, message, retry } = isObject(error) ? error : {}
  return new BusClientError(typeof code === 'string' ? code : 'INTERNAL_ERROR', String(message ?? 'refused'), {
    retry: retry === true
  })
}
