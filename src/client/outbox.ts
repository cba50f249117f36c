import { BusClientError, toClientError } from './error.ts'
import type { Link } from './link.ts'
import type { Place, Stored } from './place.ts'
import type { Runtime } from './runtime.ts'
import type { Published } from './types.ts'

/** A message on its way to a channel or room, with everything that is known of its way. */
export interface Letter {
  readonly id: string
  readonly place: Place
  /** The frame, as it is sent each time. */
  readonly text: string
  /** Whether its publisher, as a member, gets a copy. */
  readonly isEchoed: boolean
  /** False: nobody waits for an acknowledgement. */
  readonly isAcknowledged: boolean
}

/** A letter that was sent over a connection which then broke: nobody knows yet whether it arrived. */
export interface Uncertain {
  readonly letter: Letter
  /** The client id of the connection that it was last sent over. */
  readonly sentBy: string
  /** Milliseconds since it was first sent. */
  readonly ageMs: number
  /** The position of the publish before it, where that is known: it has a higher one, if it has any. */
  readonly after: Stored | undefined
}

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly runtime: Runtime
  /** Whether letters are taken while there is no connection. */
  readonly isQueueing: boolean
  /** How many letters may wait to be sent. */
  readonly maxQueued: number
  /** Told of every acknowledgement. */
  readonly onPublished: (letter: Letter, published: Published) => void
  /** Told of letters that were refused, or could not be sent, and that nobody waits for. */
  readonly onRefused: (error: BusClientError) => void
}

interface Entry {
  readonly letter: Letter
  readonly resolve: (published: Published) => void
  readonly reject: (error: BusClientError) => void
  sentBy: string
  sentAtMs: number
  sentAtEpochMs: number
  after: Stored | undefined
  /** Counts the times it was sent, so that the end of an earlier one is not taken for its own. */
  sends: number
}

/** Letters sent and not acknowledged at a time, and their text. */
const MAX_UNACKNOWLEDGED = 1_000
const MAX_UNACKNOWLEDGED_CHARS = 4 * 1024 * 1024
/** Text of all letters held. */
const MAX_HELD_CHARS = 64 * 1024 * 1024
/** Channels whose last position is remembered. */
const MAX_KNOWN = 1_000

/**
 * What is published, until it is acknowledged: in order, under one id however often it is sent. A letter whose connection broke
 * is kept until somebody finds out what became of it, see {@link Outbox.uncertain}.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting: Entry[] = []
  /** Map( id -> entry ), in the order of sending */
  readonly #sent = new Map<string, Entry>()
  /** Ids of all letters that are held. */
  readonly #ids = new Set<string>()
  /** Map( key of the place -> position of the last acknowledged publish ), the latest last */
  readonly #known = new Map<string, Stored>()
  #link: Link | undefined
  #clientId = ''
  #failure: BusClientError | undefined
  #heldChars = 0
  #sentChars = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Letters that are not acknowledged yet. */
  get size(): number {
    return this.#ids.size
  }

  /**
   * Takes a letter and resolves on its acknowledgement; one that is not to be acknowledged, at once.
   * Rejects with OFFLINE, OVERFLOW, CONFLICT, with what the server says, or with TIMEOUT when it says nothing.
   */
  async publish(letter: Letter): Promise<Published> {
    this.#check(letter)
    if (!letter.isAcknowledged) {
      if (this.#link && this.#waiting.length === 0) this.#link.post(letter.text)
      else this.#push(letter, { resolve: () => {}, reject: this.#options.onRefused })
      return { id: letter.id, sequence: undefined, epoch: undefined, duplicate: false }
    }
    return new Promise((resolve, reject) => this.#push(letter, { resolve, reject }))
  }

  /** Sends over this link from now on: first what waits. Uncertain letters have to be {@link settle}d before, or are sent again. */
  open(link: Link, clientId: string): void {
    this.#waiting.unshift(...this.#sent.values())
    this.#sent.clear()
    this.#sentChars = 0
    this.#link = link
    this.#clientId = clientId
    this.#pump()
  }

  /** Sends nothing until the next {@link open}. */
  pause(): void {
    this.#link = undefined
  }

  /** The letters of which nobody knows whether they arrived, in the order in which they were sent. */
  uncertain(): Uncertain[] {
    const { runtime } = this.#options
    return [...this.#sent.values()].map(({ letter, sentBy, sentAtMs, sentAtEpochMs, after }) => ({
      letter,
      sentBy,
      ageMs: Math.max(runtime.now() - sentAtMs, runtime.epoch() - sentAtEpochMs),
      after
    }))
  }

  /** Ends an uncertain letter: with the position that was found for it, or with an error. */
  settle(id: string, outcome: Stored | BusClientError): void {
    const entry = this.#sent.get(id)
    if (!entry) return
    this.#release(entry)
    if (outcome instanceof BusClientError) entry.reject(outcome)
    else {
      const { sequence, epoch, storedAtMs } = outcome
      this.#conclude(entry, { id, sequence, epoch, duplicate: true }, storedAtMs)
    }
  }

  /** Ends everything with the error, also what comes later. */
  fail(error: BusClientError): void {
    this.#failure = error
    this.#link = undefined
    for (const entry of [...this.#sent.values(), ...this.#waiting.splice(0)]) {
      this.#release(entry)
      entry.reject(error)
    }
  }

  #check({ id, text }: Letter): void {
    const { isQueueing, maxQueued } = this.#options
    if (this.#failure) throw this.#failure
    if (this.#ids.has(id)) throw new BusClientError('CONFLICT', `the answer to ${id} is awaited already`)
    if (!this.#link && !isQueueing) {
      throw new BusClientError('OFFLINE', 'there is no connection at present', { retry: true })
    }
    if (this.#waiting.length >= maxQueued) {
      throw new BusClientError('OVERFLOW', `${maxQueued} messages wait to be sent`, { retry: true })
    }
    if (this.#heldChars + text.length > MAX_HELD_CHARS) {
      throw new BusClientError('OVERFLOW', `messages of more than ${MAX_HELD_CHARS} characters wait`, { retry: true })
    }
  }

  #push(letter: Letter, ends: Pick<Entry, 'resolve' | 'reject'>): void {
    this.#ids.add(letter.id)
    this.#heldChars += letter.text.length
    this.#waiting.push({ letter, ...ends, sentBy: '', sentAtMs: 0, sentAtEpochMs: 0, after: undefined, sends: 0 })
    this.#pump()
  }

  #pump(): void {
    while (this.#link && this.#sent.size < MAX_UNACKNOWLEDGED && this.#sentChars < MAX_UNACKNOWLEDGED_CHARS) {
      const entry = this.#waiting.shift()
      if (!entry) return
      if (entry.letter.isAcknowledged) void this.#send(entry, this.#link)
      else this.#post(entry, this.#link)
    }
  }

  #post(entry: Entry, link: Link): void {
    this.#release(entry)
    try {
      link.post(entry.letter.text)
    } catch (error) {
      entry.reject(toClientError(error))
    }
  }

  async #send(entry: Entry, link: Link): Promise<void> {
    const { letter } = entry
    const { runtime } = this.#options
    if (entry.sends++ === 0) {
      entry.sentAtMs = runtime.now()
      entry.sentAtEpochMs = runtime.epoch()
      entry.after = this.#known.get(letter.place.key)
    }
    const { sends } = entry
    entry.sentBy = this.#clientId
    this.#sent.set(letter.id, entry)
    this.#sentChars += letter.text.length
    try {
      const answer = await link.request(letter.id, letter.text, `publish ${letter.id}`)
      const { sequence, epoch, duplicate, timestamp } = answer
      if (!this.#isCurrent(entry, sends)) return
      this.#release(entry)
      const published = {
        id: letter.id,
        sequence: typeof sequence === 'number' ? sequence : undefined,
        epoch: typeof epoch === 'string' ? epoch : undefined,
        duplicate: duplicate === true
      }
      this.#conclude(entry, published, Date.parse(String(timestamp)) || 0)
    } catch (cause) {
      const error = toClientError(cause)
      if (isOpenEnded(error) || !this.#isCurrent(entry, sends)) return
      this.#release(entry)
      entry.reject(error)
    }
    this.#pump()
  }

  #isCurrent(entry: Entry, sends: number): boolean {
    return entry.sends === sends && this.#sent.get(entry.letter.id) === entry
  }

  #conclude({ letter, resolve }: Entry, published: Published, storedAtMs: number): void {
    const { sequence, epoch } = published
    if (sequence !== undefined && epoch !== undefined) this.#remember(letter.place.key, { sequence, epoch, storedAtMs })
    this.#options.onPublished(letter, published)
    resolve(published)
  }

  #remember(key: string, position: Stored): void {
    this.#known.delete(key)
    this.#known.set(key, position)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
  }

  #release({ letter }: Entry): void {
    if (this.#sent.delete(letter.id)) this.#sentChars -= letter.text.length
    this.#ids.delete(letter.id)
    this.#heldChars -= letter.text.length
  }
}

/** Errors after which the next connection goes on with the letter: the link broke, or the server is about to break it. */
function isOpenEnded({ code }: BusClientError): boolean {
  return code === 'CLOSED' || code === 'DRAINING'
}
