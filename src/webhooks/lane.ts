import type { Clock } from '../clock.ts'
import { Chain } from './chain.ts'
import { type DeadLetterLimits, DeadLetters } from './dead-letters.ts'
import type { Delivery } from './delivery.ts'
import type { Rule } from './rule.ts'
import { type Pace, paces, Slots } from './slots.ts'

/** Bounds on one tenant [limits.md, Limits]. */
export interface LaneLimits extends DeadLetterLimits {
  readonly webhookQueueSize: number
  readonly webhookConcurrencyPerTenant: number
}

/**
 * What waits of one tenant, for its turn or for the time of another attempt, bounded together; and which delivery is next. Rules
 * take turns, and each has one delivery under way at most.
 */
export class Lane {
  readonly tenant: string
  readonly slots: Slots
  readonly deadLetters: DeadLetters
  /** Rules of the tenant. */
  readonly rules = new Set<Rule>()
  readonly #limits: LaneLimits
  readonly #clock: Clock
  /** Everything that waits, the longest first. */
  readonly #waiting = new Chain<Delivery>()
  #bytes = 0
  /** Rules that can go on, by their pace, the one first that waits longest. */
  readonly #ready: Readonly<Record<Pace, Chain<Rule>>> = { quick: new Chain(), new: new Chain(), slow: new Chain() }
  #turns = 0

  constructor(tenant: string, limits: LaneLimits, clock: Clock) {
    this.tenant = tenant
    this.#limits = limits
    this.#clock = clock
    this.slots = new Slots(limits.webhookConcurrencyPerTenant)
    this.deadLetters = new DeadLetters(limits)
  }

  /** Deliveries that wait. */
  get queued(): number {
    return this.#waiting.length
  }

  /** Whether there is a delivery for which there is a slot here. */
  get canGoOn(): boolean {
    return paces.some(pace => this.#ready[pace].length > 0 && this.slots.admits(pace))
  }

  /** Puts a delivery at the end of its rule's line. Returns what had to go for it: that which has waited longest. */
  add(delivery: Delivery): Delivery[] {
    delivery.turn = delivery.rule.line.fresh.push(delivery)
    this.#refresh(delivery.rule)
    return this.#hold(delivery)
  }

  /** Lets a delivery wait for another attempt, which does not keep those behind it. `wake` is called when its time has come. */
  postpone(delivery: Delivery, delayMs: number, wake: () => void): Delivery[] {
    delivery.timer = this.#clock.after(delayMs, () => {
      delivery.timer = undefined
      delivery.turn = delivery.rule.line.due.push(delivery)
      this.#refresh(delivery.rule)
      wake()
    })
    return this.#hold(delivery)
  }

  /** Takes out the next delivery for which there is a slot here and among `others`, and takes the slots. Undefined: there is none. */
  take(others: Slots): { readonly delivery: Delivery; readonly pace: Pace } | undefined {
    let next: { readonly rule: Rule; readonly pace: Pace } | undefined
    for (const pace of paces) {
      const rule = this.#ready[pace].first
      if (!rule || !this.slots.admits(pace) || !others.admits(pace)) continue
      if (!next || rule.line.readySince < next.rule.line.readySince) next = { rule, pace }
    }
    const { line } = next?.rule ?? {}
    const delivery = line?.due.first ?? line?.fresh.first
    if (!next || !delivery) return undefined
    const { rule, pace } = next
    this.remove(delivery)
    rule.line.isBusy = true
    this.#refresh(rule)
    this.slots.take(pace)
    others.take(pace)
    return { delivery, pace }
  }

  /** Ends what {@link take} began. */
  finish(rule: Rule, pace: Pace, others: Slots): void {
    this.slots.release(pace)
    others.release(pace)
    rule.line.isBusy = false
    this.#refresh(rule)
  }

  /** Takes out everything that waits for a rule. */
  clear(rule: Rule): Delivery[] {
    const cleared = [...this.#waiting].filter(delivery => delivery.rule === rule)
    for (const delivery of cleared) this.remove(delivery)
    return cleared
  }

  /** Takes out one that waits. */
  remove(delivery: Delivery): void {
    const { rule, letter, place, turn, timer } = delivery
    if (!place) return
    this.#waiting.remove(place)
    this.#bytes -= letter.bytes
    timer?.cancel()
    if (turn) (delivery.attempts > 0 ? rule.line.due : rule.line.fresh).remove(turn)
    delivery.place = delivery.turn = delivery.timer = undefined
    this.#refresh(rule)
  }

  #hold(delivery: Delivery): Delivery[] {
    delivery.place = this.#waiting.push(delivery)
    this.#bytes += delivery.letter.bytes
    const { webhookQueueSize, webhookQueueBytes } = this.#limits
    const dropped: Delivery[] = []
    while (this.#waiting.length > webhookQueueSize || this.#bytes > webhookQueueBytes) {
      // What does not fit by itself is not to empty the queue first.
      const oldest = delivery.letter.bytes > webhookQueueBytes ? delivery : this.#waiting.first
      if (!oldest) break
      this.remove(oldest)
      dropped.push(oldest)
    }
    return dropped
  }

  /** Keeps a rule among those that can go on exactly while it can. */
  #refresh(rule: Rule): void {
    const { line, health } = rule
    const isReady = !line.isBusy && line.fresh.length + line.due.length > 0
    if (isReady === (line.ready !== undefined)) return
    if (line.ready) {
      this.#ready[line.readyPace].remove(line.ready)
      line.ready = undefined
    } else {
      line.readyPace = health.pace
      line.ready = this.#ready[line.readyPace].push(rule)
      line.readySince = ++this.#turns
    }
  }
}
