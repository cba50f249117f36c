import type { GiveUpReason } from './dead-letters.ts'
import type { Delivery } from './delivery.ts'
import type { PostResult } from './post.ts'
import type { Rule } from './rule.ts'

/** What happened to deliveries, in counts. */
export const outcomes = [
  'delivered',
  /** Attempts that failed. */
  'failed',
  /** Further attempts that were scheduled. */
  'retried',
  /** Since the queue was full. */
  'dropped',
  /** Since their rule went, or its owner may no longer read them. */
  'discarded',
  'dead_lettered',
  /** Dead letters for which there was no more room. */
  'forgotten'
] as const
/** One of {@link outcomes}. */
export type Outcome = (typeof outcomes)[number]

/** What whoever watches is told: never a URL, never content. */
export interface WebhookEvent {
  readonly type: 'webhook_delivered' | 'webhook_failed'
  readonly severity: 'info' | 'warning' | 'error'
  readonly tenant: string
  /** Owner of the rule. */
  readonly clientId: string
  readonly payload: object
}

/** What a ledger is made of. */
export interface LedgerOptions {
  /** Milliseconds that never go backwards. */
  readonly monotonic: () => number
  readonly emit: (event: WebhookEvent) => void
}

/** Losses of one rule for one reason within this time are told as one. */
const FOLD_MS = 1_000

interface Loss {
  toldMs: number
  untold: number
}

/** Counts what happens to deliveries and tells whoever watches. */
export class Ledger {
  readonly #options: LedgerOptions
  readonly #counts = new Map<Outcome, number>(outcomes.map(outcome => [outcome, 0]))
  /** Map( rule -> Map( reason -> what was told of it ) ) */
  readonly #losses = new WeakMap<Rule, Map<string, Loss>>()

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  count(outcome: Outcome, number = 1): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + number)
  }

  /** All of them, those that never happened too. */
  counts(): readonly { readonly outcome: Outcome; readonly count: number }[] {
    return [...this.#counts].map(([outcome, count]) => ({ outcome, count }))
  }

  /** Counts and tells an attempt. `isFinal`: there will be no other. */
  attempted(delivery: Delivery, { outcome, status, durationMs }: PostResult, isFinal: boolean): void {
    const isDelivered = outcome === 'ok'
    this.count(isDelivered ? 'delivered' : 'failed')
    delivery.rule.journal.stats[isDelivered ? 'delivered' : 'failed']++
    this.#tell(isDelivered ? 'info' : isFinal ? 'error' : 'warning', delivery, {
      outcome,
      status: status ?? null,
      duration_ms: Math.round(durationMs),
      final: isFinal
    })
  }

  /** Counts and tells a delivery that was dropped since the queue was full. */
  dropped(delivery: Delivery): void {
    this.count('dropped')
    delivery.rule.journal.stats.dropped++
    this.#lose(delivery, 'dropped', 'queue_full')
  }

  /** Counts a delivery that was given up; tells it when no attempt has. */
  deadLettered(delivery: Delivery, reason: GiveUpReason, forgotten: number): void {
    this.count('dead_lettered')
    this.count('forgotten', forgotten)
    delivery.rule.journal.stats.deadLettered++
    if (reason === 'resting' || reason === 'disabled') this.#lose(delivery, 'dead_lettered', reason)
  }

  /** There can be thousands of them in a second: one is told for all. */
  #lose(delivery: Delivery, outcome: Outcome, reason: string): void {
    const losses = this.#losses.get(delivery.rule) ?? new Map<string, Loss>()
    this.#losses.set(delivery.rule, losses)
    const loss = losses.get(reason) ?? { toldMs: Number.NEGATIVE_INFINITY, untold: 0 }
    losses.set(reason, loss)
    loss.untold++
    const nowMs = this.#options.monotonic()
    if (nowMs - loss.toldMs < FOLD_MS) return
    this.#tell('error', delivery, { outcome, reason, status: null, duration_ms: 0, final: true, count: loss.untold })
    loss.toldMs = nowMs
    loss.untold = 0
  }

  #tell(severity: WebhookEvent['severity'], { id, rule, attempts }: Delivery, facts: object): void {
    this.#options.emit({
      type: severity === 'info' ? 'webhook_delivered' : 'webhook_failed',
      severity,
      tenant: rule.tenant,
      clientId: rule.ownerId,
      payload: { rule_id: rule.id, delivery_id: id, attempt: attempts, ...facts }
    })
  }
}
