import { BusClientError, errorOfFrame } from './error.ts'
import { type Frame, requestIdOf } from './frames.ts'

/** How many requests may wait for their answers at a time. */
export const MAX_WAITING = 10_000

interface Waiting {
  readonly timer: ReturnType<typeof setTimeout>
  resolve(frame: Frame): void
  reject(error: BusClientError): void
}

/** What was asked and is not answered yet. Every request ends: by its answer, by its time-out or with the connection. */
export class Requests {
  readonly #timeoutMs: number
  readonly #waiting = new Map<string, Waiting>()

  /** @param timeoutMs how long an answer may take, in milliseconds */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  /** How many answers are awaited. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits for the answer to the request, which is to be sent after this call.
   * @param name what is asked, for the error
   * @throws BusClientError CONFLICT when an answer to the id is awaited already, OVERFLOW when too many answers are
   */
  wait(id: string, name: string): Promise<Frame> {
    if (this.#waiting.has(id)) throw new BusClientError('CONFLICT', `the answer to ${id} is awaited already`)
    if (this.#waiting.size >= MAX_WAITING) {
      throw new BusClientError('OVERFLOW', `${MAX_WAITING} requests wait for an answer`, { retry: true })
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new BusClientError('TIMEOUT', `no answer to ${name} within ${this.#timeoutMs} ms`, { retry: true }))
      }, this.#timeoutMs)
      this.#waiting.set(id, { timer, resolve, reject })
    })
  }

  /** Hands an answer to whoever waits for it. False when nobody does. */
  settle(frame: Frame): boolean {
    const id = requestIdOf(frame)
    const waiting = id === undefined ? undefined : this.#take(id)
    if (waiting === undefined) return false
    if (frame.type === 'error' || frame.status === 'error') waiting.reject(errorOfFrame(frame))
    else waiting.resolve(frame)
    return true
  }

  /** Ends every request with the error. */
  failAll(error: BusClientError): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error)
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    return waiting
  }
}
