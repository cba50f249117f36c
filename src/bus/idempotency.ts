import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'

/** Bounds on what is remembered [limits.md, Limits]. */
export interface IdempotencyLimits {
  readonly idempotencyWindowMs: number
  readonly maxIdempotencyKeys: number
  readonly maxIdempotencyBytes: number
}

/** An answer that can be given again. */
export interface KeptAnswer {
  readonly status: number
  readonly body: string
}

interface Attempt {
  /** What the request asked for, so that another request under the same key is found out. */
  readonly fingerprint: string
  readonly startedAtMs: number
  /** Undefined while the first request is being worked on. */
  answer: KeptAnswer | undefined
}

/** The attempts of one tenant, in the order of their first requests. */
interface Attempts {
  /** Map( caller and key -> attempt ) */
  readonly byKey: Map<string, Attempt>
  /** UTF-8 bytes of their answers. */
  bytes: number
}

/** Answers to requests that were given a key, so that the same request sent again is not carried out again. */
export class IdempotentAnswers {
  readonly #clock: Clock
  readonly #limits: IdempotencyLimits
  readonly #tenants = new Map<string, Attempts>()

  constructor(clock: Clock, limits: IdempotencyLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Keys that are remembered. */
  get size(): number {
    return [...this.#tenants.values()].reduce((sum, { byKey }) => sum + byKey.size, 0)
  }

  /**
   * Begins a request. Returns the answer to give again, or undefined when the request is to be carried out and then settled.
   * @throws {BusError} CONFLICT when the key stands for another request, or for one that is not answered yet
   */
  begin(tenant: string, key: string, fingerprint: string): KeptAnswer | undefined {
    const attempts = this.#tenants.get(tenant) ?? { byKey: new Map<string, Attempt>(), bytes: 0 }
    this.#forget(attempts, this.#limits.maxIdempotencyKeys)
    const attempt = attempts.byKey.get(key)
    if (attempt === undefined) {
      this.#forget(attempts, this.#limits.maxIdempotencyKeys - 1)
      attempts.byKey.set(key, { fingerprint, startedAtMs: this.#clock.monotonic(), answer: undefined })
      this.#tenants.set(tenant, attempts)
      return undefined
    }
    if (attempt.fingerprint !== fingerprint)
      throw new BusError('CONFLICT', { message: 'The Idempotency-Key was used for another request' })
    if (attempt.answer === undefined)
      throw new BusError('CONFLICT', { message: 'The first request with this Idempotency-Key is not answered yet' })
    return attempt.answer
  }

  /** Keeps the answer of a request that {@link begin} let pass; without an answer, or with one that is too long, the key is free again. */
  settle(tenant: string, key: string, answer: KeptAnswer | undefined): void {
    const attempts = this.#tenants.get(tenant)
    const attempt = attempts?.byKey.get(key)
    if (attempts === undefined || attempt === undefined) return
    // What does not fit by itself is not to make all others forgotten.
    if (answer === undefined || bytesOf(answer) > this.#limits.maxIdempotencyBytes) attempts.byKey.delete(key)
    else {
      attempts.bytes += bytesOf(answer) - bytesOf(attempt.answer)
      attempt.answer = answer
      this.#forget(attempts, this.#limits.maxIdempotencyKeys)
    }
  }

  /** Forgets what is too old. */
  sweep(): void {
    for (const [tenant, attempts] of this.#tenants) {
      this.#forget(attempts, this.#limits.maxIdempotencyKeys)
      if (attempts.byKey.size === 0) this.#tenants.delete(tenant)
    }
  }

  /** Forgets the oldest attempts, as far as they are too old or too many, or their answers too long. */
  #forget(attempts: Attempts, maxCount: number): void {
    const oldestMs = this.#clock.monotonic() - this.#limits.idempotencyWindowMs
    for (const [key, { startedAtMs, answer }] of attempts.byKey) {
      const isOver = attempts.byKey.size > maxCount || attempts.bytes > this.#limits.maxIdempotencyBytes
      if (startedAtMs > oldestMs && !isOver) break
      attempts.byKey.delete(key)
      attempts.bytes -= bytesOf(answer)
    }
  }
}

function bytesOf(answer: KeptAnswer | undefined): number {
  return answer === undefined ? 0 : Buffer.byteLength(answer.body)
}
