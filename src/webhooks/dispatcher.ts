import { isoOf } from '../clock.ts'
import { type AttemptTools, attempt } from './attempt.ts'
import type { DeadLetter, GiveUpReason } from './dead-letters.ts'
import { Delivery, isPassing, type Letter, retryDelay } from './delivery.ts'
import { Lane, type LaneLimits } from './lane.ts'
import type { Ledger } from './ledger.ts'
import type { PostResult } from './post.ts'
import type { Rule } from './rule.ts'
import { type Pace, Slots } from './slots.ts'

/** Bounds on all deliveries [limits.md, Limits]. */
export interface DispatcherLimits extends LaneLimits {
  readonly webhookConcurrency: number
}

/** What a dispatcher is made of. */
export interface DispatcherOptions extends AttemptTools {
  readonly ledger: Ledger
  readonly limits: DispatcherLimits
  readonly makeId: () => string
  /** A number in [0, 1). */
  readonly random: () => number
  /** Runs something at the end of the turn of the event loop. */
  readonly defer: (run: () => void) => void
}

/**
 * Carries deliveries to their sinks, in the background: of one rule in order and one at a time, of several rules and tenants in turns,
 * and never more at once than the slots allow. What fails for a while is tried again, what is given up is kept as a dead letter.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #slots: Slots
  /** Map( tenant -> its lane ), while it has rules or something under way */
  readonly #lanes = new Map<string, Lane>()
  /** Lanes that may have something to begin, in turns. */
  readonly #awake = new Set<Lane>()
  readonly #underWay = new Set<Promise<void>>()
  #isPumping = false
  #isClosed = false

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#slots = new Slots(options.limits.webhookConcurrency)
  }

  /** Deliveries that wait. */
  get queued(): number {
    let queued = 0
    for (const lane of this.#lanes.values()) queued += lane.queued
    return queued
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#slots.taken
  }

  /** Begins to deliver for a rule. */
  adopt(rule: Rule): void {
    const { limits, clock } = this.#options
    const lane = this.#lanes.get(rule.tenant) ?? new Lane(rule.tenant, limits, clock)
    this.#lanes.set(rule.tenant, lane)
    lane.rules.add(rule)
  }

  /** Ends it: what waits and what was given up is discarded, what is under way ends by itself. */
  forget(rule: Rule): void {
    const lane = this.#lanes.get(rule.tenant)
    if (!lane?.rules.delete(rule)) return
    rule.line.isGone = true
    this.#options.ledger.count('discarded', lane.clear(rule).length)
    lane.deadLetters.forget(rule)
    this.#release(lane)
  }

  /** Queues a letter for a rule that was adopted. If the rule rests, it is a dead letter at once. */
  enqueue(rule: Rule, letter: Letter): void {
    const lane = this.#lanes.get(rule.tenant)
    if (!lane || this.#isClosed) return
    const delivery = new Delivery(rule, letter, this.#options.makeId)
    const state = rule.health.stateAt(this.#options.clock.monotonic())
    if (state === 'active') this.#add(lane, delivery)
    else this.#giveUp(lane, delivery, state)
  }

  /** The dead letters of a tenant, the newest first. */
  deadLetters(tenant: string): DeadLetter[] {
    return this.#lanes.get(tenant)?.deadLetters.list() ?? []
  }

  findDeadLetter(tenant: string, deliveryId: string): DeadLetter | undefined {
    return this.#lanes.get(tenant)?.deadLetters.find(deliveryId)
  }

  /** Queues a dead letter once more, under its id, as if it had never been tried. */
  replay({ id, rule, letter }: DeadLetter): void {
    const lane = this.#lanes.get(rule.tenant)
    if (lane?.deadLetters.take(id)) this.#add(lane, new Delivery(rule, letter, () => id))
  }

  /** Begins nothing more, discards what waits, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const lane of this.#lanes.values()) {
      for (const rule of lane.rules) this.#options.ledger.count('discarded', lane.clear(rule).length)
    }
    await Promise.all(this.#underWay)
  }

  #add(lane: Lane, delivery: Delivery): void {
    this.#drop(lane.add(delivery))
    this.#wake(lane)
  }

  #drop(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#options.ledger.dropped(delivery)
  }

  /** Whatever is to begin begins at the end of the turn: who publishes does not wait for it. */
  #wake(lane: Lane): void {
    this.#awake.add(lane)
    if (this.#isPumping) return
    this.#isPumping = true
    this.#options.defer(() => this.#pump())
  }

  #pump(): void {
    this.#isPumping = false
    if (this.#isClosed) return
    for (const lane of this.#awake) {
      if (this.#slots.isFull) return
      const next = lane.take(this.#slots)
      // A lane that only waits for the slots of others stays; the rest wakes up when something changes.
      if (next || !lane.canGoOn) this.#awake.delete(lane)
      if (!next) continue
      this.#begin(lane, next.delivery, next.pace)
      // It goes to the end, and this loop comes by there once more.
      this.#awake.add(lane)
    }
  }

  #begin(lane: Lane, delivery: Delivery, pace: Pace): void {
    const { rule, letter } = delivery
    if (!rule.mayRead(letter.room, letter.channel)) {
      this.#options.ledger.count('discarded')
      lane.finish(rule, pace, this.#slots)
      return
    }
    delivery.attempts++
    const { traces } = this.#options
    const span = traces?.isOn ? traces.startAttempt(letter, rule.id, delivery.attempts) : undefined
    const trace = span?.trace ?? letter.trace
    const work = attempt(this.#options, rule, delivery.id, letter.body, trace).then(result => {
      span?.end(result)
      this.#underWay.delete(work)
      this.#settle(lane, delivery, pace, result)
    })
    this.#underWay.add(work)
  }

  #settle(lane: Lane, delivery: Delivery, pace: Pace, result: PostResult): void {
    const { clock, ledger, random } = this.#options
    const { rule, attempts } = delivery
    const nowMs = clock.monotonic()
    rule.health.note(result, nowMs)
    const state = rule.health.stateAt(nowMs)
    const delayMs = retryDelay(attempts, result, random())
    const isOver = rule.line.isGone || this.#isClosed
    const retryMs = isOver || state !== 'active' ? undefined : delayMs
    this.#record(delivery, result, retryMs)
    ledger.attempted(delivery, result, retryMs === undefined)
    lane.finish(rule, pace, this.#slots)
    if (isOver) ledger.count('discarded', result.outcome === 'ok' ? 0 : 1)
    else if (retryMs !== undefined) this.#postpone(lane, delivery, retryMs)
    else if (result.outcome !== 'ok') {
      const isTired = delayMs !== undefined && state !== 'active'
      this.#giveUp(lane, delivery, isTired ? state : isPassing(result) ? 'exhausted' : 'refused')
      if (state !== 'active') for (const waiting of lane.clear(rule)) this.#giveUp(lane, waiting, state)
    }
    this.#release(lane)
    this.#wake(lane)
  }

  #postpone(lane: Lane, delivery: Delivery, delayMs: number): void {
    this.#options.ledger.count('retried')
    this.#drop(lane.postpone(delivery, delayMs, () => this.#wake(lane)))
  }

  #giveUp(lane: Lane, delivery: Delivery, reason: GiveUpReason): void {
    const { clock, ledger } = this.#options
    const forgotten = lane.deadLetters.add(delivery, reason, clock.iso())
    ledger.deadLettered(delivery, reason, forgotten)
  }

  #record({ id, rule, letter, attempts }: Delivery, result: PostResult, retryMs: number | undefined): void {
    const { clock } = this.#options
    rule.journal.add({
      deliveryId: id,
      messageId: letter.messageId,
      attempt: attempts,
      outcome: result.outcome,
      status: result.status,
      durationMs: Math.round(result.durationMs),
      at: clock.iso(),
      nextAttemptAt: retryMs === undefined ? undefined : isoOf(clock.now() + retryMs)
    })
  }

  /** Lets go of a lane that nobody uses any more. */
  #release(lane: Lane): void {
    if (lane.rules.size > 0 || lane.slots.taken > 0) return
    this.#lanes.delete(lane.tenant)
    this.#awake.delete(lane)
  }
}
