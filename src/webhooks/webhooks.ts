import type { Static } from '@sinclair/typebox'
import { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Position, Stamped } from '../protocol/message.ts'
import type { Asker } from '../structures/holdings.ts'
import type { Signal } from '../structures/signal.ts'
import { attempt } from './attempt.ts'
import { Book, type BookLimits } from './book.ts'
import { type Letter, letterOf } from './delivery.ts'
import { Dispatcher, type DispatcherLimits, type DispatcherOptions } from './dispatcher.ts'
import type { AddressGuard } from './guard.ts'
import { Ledger, type WebhookEvent } from './ledger.ts'
import {
  type AttemptSchema,
  attemptOf,
  type DeadLetterSchema,
  deadLetterOf,
  type RuleEntrySchema,
  type RuleSchema,
  ruleEntryOf,
  ruleOf,
  type TestSchema,
  testOf
} from './records.ts'
import { readRequest } from './request.ts'
import { createRule, type MayRead, type Reader, type Rule, type RuleFacts, type RuleLimits } from './rule.ts'
import { sampleOf } from './sample.ts'
import { type SharedWebhooks, Shelf } from './shelf.ts'

/** Bounds on webhooks [limits.md, Limits]; the names are those of the configuration. */
export interface WebhookLimits extends BookLimits, RuleLimits, DispatcherLimits {}

/** What webhooks are made of. */
export interface WebhooksOptions extends Omit<DispatcherOptions, 'ledger' | 'limits' | 'makeId'> {
  readonly guard: AddressGuard
  readonly ids: Ids
  readonly limits: WebhookLimits
  /** Every stored message, once its sender was answered. It is listened to only while there are webhooks. */
  readonly published: Pick<Signal<[message: Stamped, position: Position]>, 'on'>
  readonly emit: (event: WebhookEvent) => void
  /** Undefined: this node has its webhooks for itself. */
  readonly shared?: SharedWebhooks | undefined
}

/** Time for what is under way when webhooks close; the rest is broken off. */
const CLOSE_GRACE_MS = 2_000

/**
 * Webhooks: what is published goes to other servers by HTTP, in the background [operators.md, op.webhook.*; limits.md, P15]. Whoever
 * asks sees its own rules, an admin those of its tenant, and nobody those of another.
 *
 * With `shared` all nodes of a cluster have the same webhooks, and each can show and remove all of them. A message is posted by the
 * node that has accepted it and by no other: only there is it published, so nothing has to be agreed upon, whatever nodes sleep or
 * die. What came of deliveries (states, statistics, attempts, dead letters) is known to the node that posted, and so each node tells
 * its own; a dead letter is replayed where it is. The bounds on the number of webhooks are those of the cluster, but nodes that
 * register in the same moment may pass them by a few.
 */
export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #book: Book
  readonly #ledger: Ledger
  readonly #dispatcher: Dispatcher
  readonly #shelf: Shelf | undefined
  /** Rules that a sample is on its way to. */
  readonly #testing = new Set<Rule>()
  #stopListening: (() => void) | undefined

  constructor(options: WebhooksOptions) {
    const { clock, limits, emit, shared } = options
    this.#options = options
    this.#book = new Book(limits)
    this.#ledger = new Ledger({ monotonic: () => clock.monotonic(), emit })
    this.#dispatcher = new Dispatcher({ ...options, ledger: this.#ledger, makeId: () => this.#makeId() })
    this.#shelf =
      shared &&
      new Shelf({
        ...shared,
        clock,
        adopt: (facts, mayRead) => this.#adopt(facts, mayRead),
        forget: rule => this.#drop(rule)
      })
  }

  /** Learns of the webhooks of the cluster, if there is one. To be called once. @throws {BusError} ENGINE_UNAVAILABLE */
  async follow(): Promise<void> {
    await this.#shelf?.follow()
  }

  /** Deliveries that wait. */
  get queued(): number {
    return this.#dispatcher.queued
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#dispatcher.inFlight + this.#testing.size
  }

  /** What happened to deliveries since the start. */
  counts(): ReturnType<Ledger['counts']> {
    return this.#ledger.counts()
  }

  /**
   * Registers a webhook. The reader says what the owner may subscribe to; no other message is posted. Other nodes learn of a change
   * of what it may read within ten seconds.
   * @param args as `RegisterSchema` has them, not checked yet
   * @throws {BusError} VALIDATION_ERROR with every fault; AUTHORIZATION_ERROR for a lifetime that needs an admin, or for one channel
   * that the owner may not subscribe to; LIMIT_EXCEEDED; ENGINE_UNAVAILABLE
   */
  async register(
    asker: Asker,
    args: Readonly<Record<string, unknown>>,
    reader: Reader
  ): Promise<Static<typeof RuleSchema>> {
    const { guard, ids, clock } = this.#options
    const request = readRequest(args, guard)
    requireReadable(request, reader.mayRead)
    this.#book.check(asker, request.lifetime)
    const held = { id: `wh_${ids.short()}`, tenant: asker.tenant, ownerId: asker.id, createdAt: clock.iso() }
    const facts = { ...held, ...request }
    if (this.#shelf) await this.#share(this.#shelf, facts, reader)
    else this.#adopt(facts, reader.mayRead)
    return ruleOf(facts)
  }

  /** The webhooks that the asker may see, in the order in which they were registered. */
  list(asker: Asker): Static<typeof RuleEntrySchema>[] {
    const nowMs = this.#options.clock.monotonic()
    const rules = this.#book.list(asker)
    // Those of other nodes became known here in any order.
    if (this.#shelf) rules.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
    return rules.map(rule => ruleEntryOf(rule, rule.health.stateAt(nowMs)))
  }

  /** One webhook. @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR */
  get(asker: Asker, ruleId: string): Static<typeof RuleEntrySchema> {
    const rule = this.#book.require(asker, ruleId)
    return ruleEntryOf(rule, rule.health.stateAt(this.#options.clock.monotonic()))
  }

  /** Removes a webhook with all that waits for it. @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR, ENGINE_UNAVAILABLE */
  async unregister(asker: Asker, ruleId: string): Promise<void> {
    const rule = this.#book.require(asker, ruleId)
    if (this.#shelf) await this.#shelf.remove(rule)
    else this.#drop(rule)
  }

  /** A connection to this node is gone, and the webhooks that live as long with it. */
  ownerLeft(ownerId: string): void {
    if (this.#shelf) this.#shelf.ownerLeft(ownerId)
    else for (const rule of this.#book.dropOwner(ownerId)) this.#forget(rule)
  }

  /**
   * Posts a sample at once, past the queue, even to a rule that rests, and once only. It counts in no statistics.
   * @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR; RATE_LIMITED while another sample is on its way to the same rule
   */
  async test(asker: Asker, ruleId: string): Promise<Static<typeof TestSchema>> {
    const rule = this.#book.require(asker, ruleId)
    if (this.#testing.has(rule))
      throw new BusError('RATE_LIMITED', {
        message: 'A test of this webhook is under way',
        retryAfterMs: rule.timeoutMs
      })
    const { ids, clock } = this.#options
    const deliveryId = this.#makeId()
    this.#testing.add(rule)
    try {
      const result = await attempt(this.#options, rule, deliveryId, sampleOf(rule, ids.message(), clock.iso()))
      return testOf(rule.id, deliveryId, result)
    } finally {
      this.#testing.delete(rule)
    }
  }

  /** The last attempts of a webhook, the newest first. @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR */
  deliveries(asker: Asker, ruleId: string): Static<typeof AttemptSchema>[] {
    return this.#book.require(asker, ruleId).journal.attempts().map(attemptOf)
  }

  /**
   * What was given up of the webhooks that the asker may see, or of one of them, the newest first.
   * @throws {BusError} NOT_FOUND, AUTHORIZATION_ERROR
   */
  deadLetters(asker: Asker, ruleId?: string): Static<typeof DeadLetterSchema>[] {
    const visible = ruleId === undefined ? this.#book.list(asker) : [this.#book.require(asker, ruleId)]
    const rules = new Set(visible)
    return this.#dispatcher
      .deadLetters(asker.tenant)
      .filter(({ rule }) => rules.has(rule))
      .map(deadLetterOf)
  }

  /**
   * Queues a dead letter once more. Returns the id of its rule.
   * @throws {BusError} NOT_FOUND; AUTHORIZATION_ERROR; CONFLICT while the rule is not active
   */
  replay(asker: Asker, deliveryId: string): string {
    const letter = this.#dispatcher.findDeadLetter(asker.tenant, deliveryId)
    if (!letter) throw new BusError('NOT_FOUND', { message: `Not found: ${deliveryId.slice(0, 64)}` })
    const { id, health } = this.#book.require(asker, letter.rule.id)
    const state = health.stateAt(this.#options.clock.monotonic())
    if (state !== 'active') throw new BusError('CONFLICT', { message: `${id} is ${state}` })
    this.#dispatcher.replay(letter)
    return id
  }

  /** Takes nothing more, gives what is under way a moment to end, and breaks off the rest. */
  async close(): Promise<void> {
    const { poster, clock } = this.#options
    this.#stopListening?.()
    const ended = this.#dispatcher.close()
    const grace = clock.after(CLOSE_GRACE_MS, () => void poster.close())
    await ended
    grace.cancel()
    await Promise.all([poster.close(), this.#shelf?.close()])
  }

  /** Rules that are on their way to the records count already. */
  async #share(shelf: Shelf, facts: RuleFacts, reader: Reader): Promise<void> {
    const letGo = this.#book.reserve(facts)
    try {
      await shelf.add(facts, reader)
    } finally {
      letGo()
    }
  }

  #adopt(facts: RuleFacts, mayRead: MayRead): Rule {
    const rule = createRule({ ...facts, mayRead }, facts, this.#options.limits)
    this.#book.add(rule)
    this.#dispatcher.adopt(rule)
    this.#stopListening ??= this.#options.published.on((message, position) => this.#take(message, position))
    return rule
  }

  /** Called while a message is published: finds its rules and queues it, and no more. */
  #take(message: Stamped, position: Position): void {
    const { type, room, channel } = message
    if (channel === '' || (type !== 'message' && type !== 'event')) return
    let letter: Letter | undefined
    for (const rule of this.#book.match(message)) {
      if (rule.health.isDisabled || !rule.types.includes(type) || !rule.mayRead(room, channel)) continue
      letter ??= letterOf(message, position)
      this.#dispatcher.enqueue(rule, letter)
    }
  }

  #drop(rule: Rule): void {
    this.#book.delete(rule)
    this.#forget(rule)
  }

  #forget(rule: Rule): void {
    this.#dispatcher.forget(rule)
    if (this.#book.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #makeId(): string {
    return `whd_${this.#options.ids.message().slice(4)}`
  }
}

const ONE_NAME = /^[^*?]+$/

/** A rule for one channel that its owner may not read would never post anything. */
function requireReadable({ room, channel }: Pick<Rule, 'room' | 'channel'>, mayRead: MayRead): void {
  if (room === null || channel === null || !ONE_NAME.test(room) || !ONE_NAME.test(channel)) return
  if (!mayRead(room, channel))
    throw new BusError('AUTHORIZATION_ERROR', { message: `Not allowed to subscribe to ${room}:${channel}` })
}
