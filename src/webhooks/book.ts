import type { Stamped } from '../protocol/message.ts'
import { compileGlob, type Matcher } from '../structures/glob.ts'
import { type Asker, Holdings } from '../structures/holdings.ts'
import type { Rule, RuleFacts } from './rule.ts'

/** How many rules there may be [limits.md, Limits]. */
export interface BookLimits {
  readonly maxWebhooksPerClient: number
  readonly maxWebhooksPerTenant: number
}

/** Addresses whose rules are remembered; over it all are found anew. */
const MAX_FINDINGS = 4_096

const anything: Matcher = () => true

/** All rules, by owner and tenant, and which of them an address fits. */
export class Book {
  readonly #holdings: Holdings<Rule>
  /** Map( rule -> what its room and its channel have to fit ) */
  readonly #patterns = new Map<Rule, readonly [room: Matcher, channel: Matcher]>()
  /** Map( key of an address -> the rules that it fits ): most messages go where others went */
  readonly #findings = new Map<string, readonly Rule[]>()

  constructor({ maxWebhooksPerClient, maxWebhooksPerTenant }: BookLimits) {
    this.#holdings = new Holdings({
      noun: 'webhooks',
      perClient: maxWebhooksPerClient,
      perTenant: maxWebhooksPerTenant,
      perProcess: Number.POSITIVE_INFINITY
    })
  }

  get size(): number {
    return this.#holdings.size
  }

  /** @throws {BusError} LIMIT_EXCEEDED, AUTHORIZATION_ERROR, as {@link Holdings.check} */
  check(asker: Asker, lifetime: Rule['lifetime']): void {
    this.#holdings.check(asker, lifetime)
  }

  /** Keeps room for a rule that {@link check} has let pass until it is added or given up. Returns how to let go of it. */
  reserve(facts: RuleFacts): () => void {
    return this.#holdings.reserve(facts)
  }

  /** Adds a rule that {@link check} has let pass, here or on another node. */
  add(rule: Rule): void {
    this.#holdings.add(rule)
    this.#patterns.set(rule, [matcherOf(rule.room), matcherOf(rule.channel)])
    this.#findings.clear()
  }

  delete(rule: Rule): void {
    this.#holdings.delete(rule)
    this.#patterns.delete(rule)
    this.#findings.clear()
  }

  /** Removes the rules that live as long as their owner is connected, and returns them. */
  dropOwner(ownerId: string): Rule[] {
    const rules = this.#holdings.dropOwner(ownerId)
    for (const rule of rules) this.delete(rule)
    return rules
  }

  list(asker: Asker): Rule[] {
    return this.#holdings.list(asker)
  }

  /** @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR, as {@link Holdings.require} */
  require(asker: Asker, ruleId: string): Rule {
    return this.#holdings.require(asker, ruleId)
  }

  /** The rules of the message's tenant that its address fits, in the order in which they were made. */
  match({ key, tenant, room, channel }: Stamped): readonly Rule[] {
    const found = this.#findings.get(key)
    if (found) return found
    const rules = [...this.#holdings.ofTenant(tenant)].filter(rule => {
      const [fitsRoom, fitsChannel] = this.#patterns.get(rule) ?? [anything, anything]
      return fitsRoom(room) && fitsChannel(channel)
    })
    if (this.#findings.size >= MAX_FINDINGS) this.#findings.clear()
    this.#findings.set(key, rules)
    return rules
  }
}

function matcherOf(pattern: string | null): Matcher {
  return pattern === null ? anything : compileGlob(pattern)
}
