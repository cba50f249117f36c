import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Asker } from '../structures/holdings.ts'
import type { Records } from '../structures/records.ts'
import { Entry } from './entry.ts'
import { type JobRecord, readRecord, writeRecord } from './record.ts'

/** How an author is written down for other nodes. */
export interface AuthorForm<Author> {
  /** As JSON; the same for the same author. */
  readonly write: (author: Author) => unknown
  /** @throws {Error} when no author was written */
  readonly read: (written: unknown) => Author
}

/** What a scheduler shares with those of other nodes, and how. */
export interface Shares<Author> {
  readonly records: Records
  readonly authors: AuthorForm<Author>
}

/** Told synchronously of jobs, whichever node has changed them. */
export interface SharedJobs<Author> {
  began(job: Entry<Author>): void
  /** It has got further, and is perhaps due at another time. */
  moved(job: Entry<Author>): void
  /** It is finished or cancelled. */
  ended(job: Entry<Author>): void
}

/** A firing that is this node's alone. */
export interface Claim {
  /** The how manieth it is, from 1. */
  readonly iteration: number
  readonly isLast: boolean
  /** How long it took to get it. */
  readonly tookMs: number
}

/** What sharing is made of. */
export interface SharingOptions<Author> extends Shares<Author> {
  readonly clock: Clock
  readonly log: Log
  readonly jobs: SharedJobs<Author>
}

interface Shared<Author> {
  readonly job: Entry<Author>
  /** The author as the record has it. */
  authorText: string
  /** Whether its author is known here first-hand, so that the record follows what is here, and not the other way round. */
  isAuthorHere: boolean
}

/** Claims under way; others wait. */
const MAX_CLAIMS = 128

/**
 * Jobs that all nodes of a cluster have in common, and the firings that each of them may make [cluster.md N6].
 *
 * There is one record for each job, which is written before the job exists anywhere; all nodes follow it. A firing is claimed in one
 * step that moves the record's next due time forward. Nothing due before that time can be claimed any more: of several nodes one
 * wins, and one that wakes late wins nothing that was passed over.
 */
export class Sharing<Author> {
  readonly #options: SharingOptions<Author>
  /** Map( id -> a job that the records hold ) */
  readonly #shared = new Map<string, Shared<Author>>()
  /** Map( id -> a job that is being written ) */
  readonly #joining = new Map<string, Entry<Author>>()
  /** Claims that wait, at most one for each job. */
  readonly #queue: (() => void)[] = []
  #claiming = 0
  #won = 0
  #lost = 0
  #isReading = true

  constructor(options: SharingOptions<Author>) {
    this.#options = options
  }

  /** Claims won and lost since the start. Those that failed are neither. */
  get claims(): { readonly won: number; readonly lost: number } {
    return { won: this.#won, lost: this.#lost }
  }

  /** Takes over the jobs that are there, and follows them from then on. To be called once. */
  async follow(): Promise<void> {
    await this.#options.records.follow((id, text) => this.#take(id, text))
    this.#isReading = false
  }

  /** Writes a job; it has begun everywhere, here first, when this resolves. @throws {BusError} ENGINE_UNAVAILABLE */
  async add(job: Entry<Author>): Promise<void> {
    const { records, authors } = this.#options
    const { id, tenant, ownerId, terms, payloadText, createdAtMs, dueMs } = job
    const record = {
      tenant,
      ownerId,
      order: { ...terms, payload: JSON.parse(payloadText) },
      author: authors.write(job.author),
      createdAtMs,
      fired: 0,
      lastRunAtMs: null,
      nextDueMs: dueMs
    }
    this.#joining.set(id, job)
    try {
      await records.create(id, writeRecord(record))
    } finally {
      this.#joining.delete(id)
    }
  }

  /** Takes a job from all nodes. False when it was not there any more. @throws {BusError} ENGINE_UNAVAILABLE */
  remove(id: string): Promise<boolean> {
    return this.#options.records.delete(id)
  }

  /** The same for a job that is finished, after which nothing depends on it. */
  forget(id: string): void {
    this.remove(id).catch(err => this.#options.log.warn({ job: id, err }, 'a finished cron job could not be removed'))
  }

  /** Hands the jobs of an owner, who is connected here no more, over to the author that counts from now on. */
  leave({ id, tenant }: Pick<Asker, 'id' | 'tenant'>, author: Author): void {
    const isOwn = (job: Entry<Author>) => job.ownerId === id && job.tenant === tenant
    for (const job of this.#joining.values()) if (isOwn(job)) job.author = author
    for (const shared of this.#shared.values()) {
      if (!isOwn(shared.job)) continue
      shared.job.author = author
      this.#correct(shared)
      shared.isAuthorHere = false
    }
  }

  /**
   * Claims the firing that a job is due for; undefined when it is another node's, or the job has gone on meanwhile. A claim that
   * rejects may have been made all the same: then nobody fires. The same holds for a node that dies between its claim and the
   * publication: a firing comes at most once.
   * @param nextDueMs when it is due after that; undefined: never
   * @throws {BusError} ENGINE_UNAVAILABLE
   */
  async claim(job: Entry<Author>, nextDueMs: number | undefined): Promise<Claim | undefined> {
    const { dueMs } = job
    while (this.#claiming >= MAX_CLAIMS) await new Promise<void>(resolve => this.#queue.push(resolve))
    if (job.isOver || job.dueMs !== dueMs) {
      this.#lost++
      return undefined
    }
    this.#claiming++
    try {
      return await this.#advance(job, nextDueMs)
    } finally {
      this.#claiming--
      this.#queue.shift()?.()
    }
  }

  async #advance(job: Entry<Author>, nextDueMs: number | undefined): Promise<Claim | undefined> {
    const { clock, records } = this.#options
    const { dueMs } = job
    const startMs = clock.monotonic()
    let iteration = 0
    let isLast = false
    const hasWon = await records.update(job.id, text => {
      const record = this.#read(job.id, text)
      if (record === undefined || record.nextDueMs === null || dueMs < record.nextDueMs) return undefined
      iteration = record.fired + 1
      isLast = nextDueMs === undefined || iteration === job.repeatCount
      const lastRunAtMs = clock.now()
      return writeRecord({ ...record, fired: iteration, lastRunAtMs, nextDueMs: isLast ? null : (nextDueMs ?? null) })
    })
    if (!hasWon) {
      this.#lost++
      return undefined
    }
    this.#won++
    return { iteration, isLast, tookMs: clock.monotonic() - startMs }
  }

  #take(id: string, text: string | undefined): void {
    const record = this.#read(id, text)
    if (text !== undefined && record === undefined) return
    const known = this.#shared.get(id)
    if (record === undefined || record.nextDueMs === null) {
      this.#shared.delete(id)
      if (known) this.#options.jobs.ended(known.job)
      // Whoever fired it last did not get to removing it, or does so now.
      if (record && this.#isReading) this.forget(id)
    } else if (known) this.#update(known, record, record.nextDueMs)
    else this.#adopt(id, record, record.nextDueMs)
  }

  #update(shared: Shared<Author>, record: JobRecord, dueMs: number): void {
    const { job } = shared
    job.goOn({ fired: record.fired, lastRunAtMs: record.lastRunAtMs ?? undefined, dueMs })
    const authorText = JSON.stringify(record.author)
    const isAuthorNew = authorText !== shared.authorText
    shared.authorText = authorText
    if (shared.isAuthorHere) this.#correct(shared)
    else if (isAuthorNew) job.author = this.#readAuthor(job.id, record) ?? job.author
    this.#options.jobs.moved(job)
  }

  #adopt(id: string, record: JobRecord, dueMs: number): void {
    const { clock, jobs } = this.#options
    const own = this.#joining.get(id)
    const author = own ? own.author : this.#readAuthor(id, record)
    if (author === undefined) return
    const { order, tenant, ownerId, createdAtMs } = record
    const job =
      own ?? new Entry({ id, order, tenant, ownerId, lifetime: 'tenant', author, createdAtMs, isShared: true }, clock)
    job.goOn({ fired: record.fired, lastRunAtMs: record.lastRunAtMs ?? undefined, dueMs })
    const shared = { job, authorText: JSON.stringify(record.author), isAuthorHere: own !== undefined }
    this.#shared.set(id, shared)
    jobs.began(job)
    if (own) this.#correct(shared)
  }

  /** Writes the author anew if it has changed here: its permissions are others, or it has been told while it left. */
  #correct({ job, authorText }: Shared<Author>): void {
    const { authors, log, records } = this.#options
    const author = authors.write(job.author)
    if (JSON.stringify(author) === authorText) return
    const change = (text: string | undefined) => {
      const record = this.#read(job.id, text)
      return record && writeRecord({ ...record, author })
    }
    records.update(job.id, change).catch(err => {
      log.warn({ job: job.id, tenant: job.tenant, err }, 'the author of a cron job could not be written anew')
    })
  }

  #read(id: string, text: string | undefined): JobRecord | undefined {
    if (text === undefined) return undefined
    try {
      return readRecord(text)
    } catch (err) {
      this.#options.log.warn({ job: id, err }, 'a shared cron job cannot be read')
      return undefined
    }
  }

  #readAuthor(id: string, { author }: JobRecord): Author | undefined {
    try {
      return this.#options.authors.read(author)
    } catch (err) {
      this.#options.log.warn({ job: id, err }, 'the author of a shared cron job cannot be read')
      return undefined
    }
  }
}
