import type { Json } from '../protocol/json.ts'
import type { Held, Lifetime } from '../structures/holdings.ts'
import { Chain, type Link } from './chain.ts'
import type { Delivery } from './delivery.ts'
import { type BreakerLimits, Health } from './health.ts'
import { Journal } from './journal.ts'
import type { Pace } from './slots.ts'

/** Types of message that a webhook can ask for; others never reach one. */
export const ruleTypes = ['message', 'event'] as const
/** One of {@link ruleTypes}. */
export type RuleType = (typeof ruleTypes)[number]

/** Whether somebody may read what is published in a channel, now. */
export type MayRead = (room: string, channel: string) => boolean

/** What is asked for when a webhook is registered, checked. */
export interface RuleRequest {
  readonly url: string
  /** A name or a glob; null: any. */
  readonly room: string | null
  /** A name or a glob; null: any. */
  readonly channel: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly secret: string | undefined
  readonly types: readonly RuleType[]
  readonly lifetime: Lifetime
}

/** What a webhook is, wherever it is known. */
export interface RuleFacts extends Held, RuleRequest {
  /** RFC 3339. */
  readonly createdAt: string
}

/** What the owner of a webhook may read. */
export interface Reader {
  readonly mayRead: MayRead
  /** What `mayRead` goes by at present, as plain data from which another node can make the same. */
  readonly rights: () => Json
}

/** A webhook: what it matches, where it posts, and how that has gone. */
export interface Rule extends RuleFacts {
  /** Asked at every match and before every attempt. */
  readonly mayRead: MayRead
  readonly health: Health
  readonly journal: Journal
  readonly line: Line
}

/** What waits for a rule, one at a time on its way. */
export interface Line {
  /** Deliveries that have not been tried, in the order of their messages. */
  readonly fresh: Chain<Delivery>
  /** Deliveries whose time for another attempt has come; they go first. */
  readonly due: Chain<Delivery>
  /** Whether a delivery is under way. */
  isBusy: boolean
  /** Whether the rule was removed: what is still under way ends by itself. */
  isGone: boolean
  /** Its place among the rules that can go on; undefined when it cannot. */
  ready: Link<Rule> | undefined
  /** The pace of the rules among which that place is. */
  readyPace: Pace
  /** When it became ready, by the count of its lane. */
  readySince: number
}

/** Bounds on one rule [limits.md, Limits]. */
export interface RuleLimits extends BreakerLimits {
  readonly webhookLogSize: number
}

/** A rule that has done nothing yet. */
export function createRule(
  held: Pick<Rule, 'id' | 'tenant' | 'ownerId' | 'createdAt' | 'mayRead'>,
  request: RuleRequest,
  limits: RuleLimits
): Rule {
  return {
    ...held,
    ...request,
    health: new Health(limits),
    journal: new Journal(limits.webhookLogSize),
    line: {
      fresh: new Chain(),
      due: new Chain(),
      isBusy: false,
      isGone: false,
      ready: undefined,
      readyPace: 'new',
      readySince: 0
    }
  }
}
