import type { Clock } from '../clock.ts'
import { BusError } from '../errors.ts'

/** Bounds on what is remembered [limits.md, Limits]. */
export interface IdempotencyLimits {
  readonly idempotencyWindowMs: number
  readonly maxIdempotencyKeys: number
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

/** Answers to requests that were given a key, so that the same request sent again is not carried out again. */
export class IdempotentAnswers {
  readonly #clock: Clock
  readonly #limits: IdempotencyLimits
  /** Map( tenant -> Map( caller and key -> attempt ) ), each in the order of their first requests */
  readonly #tenants = new Map<string, Map<string, Attempt>>()

  constructor(clock: Clock, limits: IdempotencyLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Keys that are remembered. */
  get size(): number {
    return [...this.#tenants.values()].reduce((sum, attempts) => sum + attempts.size, 0)
  }

  /**
   * Begins a request. Returns the answer to give again, or undefined when the request is to be carried out and then settled.
   * @throws {BusError} CONFLICT when the key stands for another request, or for one that is not answered yet
   */
  begin(tenant: string, key: string, fingerprint: string): KeptAnswer | undefined {
    const attempts = this.#tenants.get(tenant) ?? new Map<string, Attempt>()
    this.#forget(attempts, this.#limits.maxIdempotencyKeys)
    const attempt = attempts.get(key)
    if (attempt === undefined) {
      this.#forget(attempts, this.#limits.maxIdempotencyKeys - 1)
      attempts.set(key, { fingerprint, startedAtMs: this.#clock.monotonic(), answer: undefined })
      this.#tenants.set(tenant, attempts)
      return undefined
    }
    if (attempt.fingerprint !== fingerprint)
      throw new BusError('CONFLICT', { message: 'The Idempotency-Key was used for another request' })
    if (attempt.answer === undefined)
      throw new BusError('CONFLICT', { message: 'The first request with this Idempotency-Key is not answered yet' })
    return attempt.answer
  }

  /** Keeps the answer of a request that {@link begin} let pass; without an answer the key is free again. */
  settle(tenant: string, key: string, answer: KeptAnswer | undefined): void {
    const attempts = this.#tenants.get(tenant)
    const attempt = attempts?.get(key)
    if (attempt !== undefined && answer !== undefined) attempt.answer = answer
    else attempts?.delete(key)
  }

  /** Forgets what is too old. */
  sweep(): void {
    for (const [tenant, attempts] of this.#tenants) {
      this.#forget(attempts, this.#limits.maxIdempotencyKeys)
      if (attempts.size === 0) this.#tenants.delete(tenant)
    }
  }

  /** Forgets the oldest attempts, as far as they are too old or too many. */
  #forget(attempts: Map<string, Attempt>, maxCount: number): void {
    const oldestMs = this.#clock.monotonic() - this.#limits.idempotencyWindowMs
    for (const [key, { startedAtMs }] of attempts) {
      if (startedAtMs > oldestMs && attempts.size <= maxCount) break
      attempts.delete(key)
    }
  }
}
