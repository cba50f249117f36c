import { BusClientError } from './error.ts'
import type { Link } from './link.ts'

interface Waiting {
  readonly timer: ReturnType<typeof setTimeout>
  resolve(link: Link): void
  reject(error: BusClientError): void
}

/** What is asked while there is no connection waits here for the next one. */
export class Readiness {
  readonly #maxWaiting: number
  readonly #timeoutMs: number
  readonly #waiting = new Set<Waiting>()
  #link: Link | undefined
  #failure: BusClientError | undefined

  /**
   * @param maxWaiting how many may wait; 0: nobody, who asks is refused with OFFLINE
   * @param timeoutMs how long each of them waits, in milliseconds
   */
  constructor(maxWaiting: number, timeoutMs: number) {
    this.#maxWaiting = maxWaiting
    this.#timeoutMs = timeoutMs
  }

  /** The link, if everything works; what comes in the same turn keeps its order. */
  get link(): Link | undefined {
    return this.#link
  }

  /** Why there will be no link any more. */
  get failure(): BusClientError | undefined {
    return this.#failure
  }

  /** Waits for the next link; rejects with OFFLINE, OVERFLOW, TIMEOUT, or with the reason of the end. */
  wait(name: string): Promise<Link> {
    if (this.#failure) throw this.#failure
    if (this.#maxWaiting === 0) {
      throw new BusClientError('OFFLINE', 'there is no connection at present', { retry: true })
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new BusClientError('OVERFLOW', `${this.#maxWaiting} requests wait for a connection`, { retry: true })
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting)
        reject(new BusClientError('TIMEOUT', `no connection for ${name} within ${this.#timeoutMs} ms`, { retry: true }))
      }, this.#timeoutMs)
      const waiting: Waiting = { timer, resolve, reject }
      this.#waiting.add(waiting)
    })
  }

  /** There is a link: whoever waits goes on. */
  open(link: Link): void {
    this.#link = link
    this.#settle(waiting => waiting.resolve(link))
  }

  /** The link is gone; another one may come. */
  pause(): void {
    this.#link = undefined
  }

  /** There will be none any more. */
  fail(error: BusClientError): void {
    this.#link = undefined
    this.#failure = error
    this.#settle(waiting => waiting.reject(error))
  }

  #settle(conclude: (waiting: Waiting) => void): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const one of waiting) {
      clearTimeout(one.timer)
      conclude(one)
    }
  }
}
