import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Json } from '../protocol/json.ts'
import type { Records } from '../structures/records.ts'
import type { MayRead, Reader, Rule, RuleFacts } from './rule.ts'
import { readRuleText, textOfRule } from './rule-text.ts'

/** What the nodes of a cluster share their webhooks by. */
export interface SharedWebhooks {
  readonly records: Records
  /** Makes of what {@link Reader} wrote down what it went by; undefined when that cannot be read. */
  readonly readRights: (rights: Json) => MayRead | undefined
  readonly log: Pick<Log, 'error'>
}

/** What a shelf is made of. */
export interface ShelfOptions extends SharedWebhooks {
  readonly clock: Clock
  /** Begins to match and post for a rule that some node has written. */
  readonly adopt: (facts: RuleFacts, mayRead: MayRead) => Rule
  /** Ends that. */
  readonly forget: (rule: Rule) => void
}

/** A rule of a connection to a node that has died is gone after this time. */
const TTL_MS = 30_000
const RENEW_MS = 10_000
/** A record that has not been renewed for this time may have ended by itself. */
const STALE_MS = TTL_MS - RENEW_MS
/** How many records are renewed at the same time. */
const RENEWALS = 64
/** Time for what is being removed when the shelf closes; the rest ends by itself. */
const CLOSE_GRACE_MS = 2_000

/** A rule of a connection to this node. */
interface Own {
  readonly facts: RuleFacts
  readonly reader: Reader
  /** When its record was written last, by the monotonic clock. */
  renewedMs: number
}

/** A rule that is in the records. */
interface Found {
  readonly rule: Rule
  /** Undefined: it belongs to the tenant, or to a connection to another node. */
  readonly own: Own | undefined
  text: string
  /** As the record says; a connection to this node is asked itself. */
  mayRead: MayRead
}

/**
 * The webhooks that all nodes of a cluster have in common, in records [cluster.md, The port]: a rule exists once it is written, and
 * every node adopts what is written, whoever wrote it.
 *
 * A rule of a connection is written with an end, which the node of the connection puts off again and again, with what its owner may
 * read by then. So it goes with its owner, and when that node dies, soon after.
 */
export class Shelf {
  readonly #options: ShelfOptions
  /** Map( rule id -> the rule ) */
  readonly #found = new Map<string, Found>()
  /** Map( owner -> Map( rule id -> the rule ) ) */
  readonly #own = new Map<string, Map<string, Own>>()
  /** Rules that are here no more, until their records are gone: a renewal under way is not to bring them back. */
  readonly #leaving = new Set<string>()
  readonly #removals = new Set<Promise<unknown>>()
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  /** Adopts all that is written, and from then on what is. @throws {BusError} ENGINE_UNAVAILABLE */
  follow(): Promise<void> {
    return this.#options.records.follow((id, text) => {
      if (!this.#isClosed) this.#take(id, text)
    })
  }

  /**
   * Writes a rule, and so adopts it.
   * @throws {BusError} ENGINE_UNAVAILABLE; LIMIT_EXCEEDED when it is too long for a record; CONFLICT when its id is taken
   */
  async add(facts: RuleFacts, reader: Reader): Promise<void> {
    const { records } = this.#options
    const text = textOfRule(facts, reader.rights())
    const isOwn = facts.lifetime === 'connection'
    if (isOwn) this.#keep({ facts, reader, renewedMs: this.#nowMs() })
    const isNew = await records.create(facts.id, text, isOwn ? { ttlMs: TTL_MS } : {}).catch((error: unknown) => {
      if (isOwn) this.#abandon(facts)
      throw error
    })
    if (!isNew) {
      this.#release(facts.ownerId, facts.id)
      throw new BusError('CONFLICT', { message: `${facts.id} exists` })
    }
    // Its owner may have left meanwhile.
    if (isOwn && !this.#own.get(facts.ownerId)?.has(facts.id)) this.#abandon(facts)
  }

  /** Removes a rule of any node. @throws {BusError} ENGINE_UNAVAILABLE */
  async remove({ id, ownerId }: RuleFacts): Promise<void> {
    await this.#options.records.delete(id)
    this.#release(ownerId, id)
    this.#forget(id)
  }

  /** A connection to this node is gone, and with it its rules: here at once, elsewhere when that is told. */
  ownerLeft(ownerId: string): void {
    for (const { facts } of [...(this.#own.get(ownerId)?.values() ?? [])]) this.#abandon(facts)
  }

  /** Takes nothing more, and gives what is being removed a moment. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    await new Promise<void>(resolve => {
      const grace = this.#options.clock.after(CLOSE_GRACE_MS, resolve)
      void Promise.all(this.#removals).then(() => {
        grace.cancel()
        resolve()
      })
    })
  }

  #take(id: string, text: string | undefined): void {
    const found = this.#found.get(id)
    if (text === undefined) this.#lose(id, found)
    else if (text !== found?.text && !this.#leaving.has(id)) this.#read(id, text, found)
  }

  #read(id: string, text: string, found: Found | undefined): void {
    const { adopt, readRights, log } = this.#options
    const facts = readRuleText(text)
    const mayRead = facts && readRights(facts.rights)
    if (!mayRead || facts.id !== id) {
      log.error({ rule: id }, 'the record of a webhook cannot be read and is ignored')
      return
    }
    if (found) {
      found.text = text
      found.mayRead = mayRead
      return
    }
    const own = this.#own.get(facts.ownerId)?.get(id)
    const rule = adopt(facts, own?.reader.mayRead ?? ((room, channel) => entry.mayRead(room, channel)))
    const entry: Found = { rule, own, text, mayRead }
    this.#found.set(id, entry)
  }

  /** Its record is gone: somebody has removed it, or it has ended since this node could not renew it, and then it is written again. */
  #lose(id: string, found: Found | undefined): void {
    this.#leaving.delete(id)
    if (!found || (found.own && this.#isStale(found.own))) return
    this.#release(found.rule.ownerId, id)
    this.#forget(id)
  }

  /** False when it is not known here. */
  #forget(id: string): boolean {
    const found = this.#found.get(id)
    if (!found) return false
    this.#found.delete(id)
    this.#options.forget(found.rule)
    return true
  }

  #keep(own: Own): void {
    const { id, ownerId } = own.facts
    const rules = this.#own.get(ownerId) ?? new Map<string, Own>()
    this.#own.set(ownerId, rules.set(id, own))
    this.#timer ??= this.#options.clock.after(RENEW_MS, () => void this.#renew())
  }

  #release(ownerId: string, id: string): void {
    const rules = this.#own.get(ownerId)
    if (rules?.delete(id) && rules.size === 0) this.#own.delete(ownerId)
  }

  /** Removes a rule of a connection that is not wanted any more; if its record cannot be reached, it ends by itself. */
  #abandon({ ownerId, id }: RuleFacts): void {
    this.#release(ownerId, id)
    if (this.#forget(id)) this.#leaving.add(id)
    const removal = this.#options.records.delete(id).then(
      () => this.#leaving.delete(id),
      () => undefined
    )
    this.#removals.add(removal)
    void removal.then(() => this.#removals.delete(removal))
  }

  async #renew(): Promise<void> {
    const all = [...this.#own.values()].flatMap(rules => [...rules.values()])
    for (let start = 0; start < all.length && !this.#isClosed; start += RENEWALS)
      await Promise.all(all.slice(start, start + RENEWALS).map(own => this.#renewOne(own)))
    this.#timer = undefined
    if (this.#own.size > 0 && !this.#isClosed)
      this.#timer = this.#options.clock.after(RENEW_MS, () => void this.#renew())
  }

  /** A failure is made good by the next time. */
  async #renewOne(own: Own): Promise<void> {
    const { facts, reader } = own
    const nowMs = this.#nowMs()
    const isStale = this.#isStale(own)
    const text = textOfRule(facts, reader.rights())
    const isWanted = () => this.#own.get(facts.ownerId)?.has(facts.id) === true
    const change = (present: string | undefined) =>
      isWanted() && (present !== undefined || isStale) ? text : undefined
    const isWritten = await this.#options.records.update(facts.id, change, { ttlMs: TTL_MS }).catch(() => false)
    if (isWritten) own.renewedMs = nowMs
  }

  #isStale({ renewedMs }: Own): boolean {
    return this.#nowMs() - renewedMs >= STALE_MS
  }

  #nowMs(): number {
    return this.#options.clock.monotonic()
  }
}
