import { Chain, type Link } from './chain.ts'
import type { Delivery, Letter } from './delivery.ts'
import type { Rule } from './rule.ts'

/** Why a delivery was given up: no attempt is left, the sink does not want it, or the rule rests or is disabled. */
export type GiveUpReason = 'exhausted' | 'refused' | 'resting' | 'disabled'

/** A delivery that was given up, and can be replayed. */
export interface DeadLetter {
  /** That of the delivery. */
  readonly id: string
  readonly rule: Rule
  readonly letter: Letter
  readonly attempts: number
  readonly reason: GiveUpReason
  /** When it was given up, RFC 3339. */
  readonly at: string
}

/** Bounds on the dead letters of one tenant [limits.md, Limits]. */
export interface DeadLetterLimits {
  readonly webhookDeadLetters: number
  /** Bounds their bodies too. */
  readonly webhookQueueBytes: number
}

/** The dead letters of one tenant: bounded, the oldest is forgotten. */
export class DeadLetters {
  readonly #limits: DeadLetterLimits
  readonly #chain = new Chain<DeadLetter>()
  /** Map( delivery id -> its place ) */
  readonly #places = new Map<string, Link<DeadLetter>>()
  #bytes = 0

  constructor(limits: DeadLetterLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#chain.length
  }

  /** Adds one. Returns how many were forgotten for it. */
  add({ id, rule, letter, attempts }: Delivery, reason: GiveUpReason, at: string): number {
    this.#places.set(id, this.#chain.push({ id, rule, letter, attempts, reason, at }))
    this.#bytes += letter.bytes
    const { webhookDeadLetters, webhookQueueBytes } = this.#limits
    const before = this.#chain.length
    while (this.#chain.length > webhookDeadLetters || this.#bytes > webhookQueueBytes) {
      this.take(this.#chain.first?.id ?? '')
    }
    return before - this.#chain.length
  }

  find(id: string): DeadLetter | undefined {
    return this.#places.get(id)?.value
  }

  /** Removes one; undefined when it is not here. */
  take(id: string): DeadLetter | undefined {
    const place = this.#places.get(id)
    if (!place) return undefined
    this.#places.delete(id)
    this.#chain.remove(place)
    this.#bytes -= place.value.letter.bytes
    return place.value
  }

  /** Removes those of a rule. Returns how many. */
  forget(rule: Rule): number {
    const before = this.#chain.length
    for (const letter of this.#chain) if (letter.rule === rule) this.take(letter.id)
    return before - this.#chain.length
  }

  /** The newest first. */
  list(): DeadLetter[] {
    return [...this.#chain].reverse()
  }
}
