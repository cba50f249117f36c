import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Bucket, Link, TakeEntry } from './bucket.ts'
import type { Entry } from './entry.ts'

/** What a feed is made of. */
export interface FeedParts {
  readonly bucket: Pick<Bucket, 'ensure' | 'follow' | 'load'>
  readonly link: Pick<Link, 'isUp' | 'onUp' | 'onDown'>
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'every'>
  readonly log: Log
  readonly take: TakeEntry
  /** The bucket has been read as a whole: of what was known up to that revision, the subjects that were not seen may be gone. */
  readonly reread: (seen: ReadonlySet<string>, upTo: number) => Promise<void>
  /** How long after a loss of connection the bucket still holds a mark for each key that is gone, in milliseconds. */
  readonly marksMs: number
}

interface Arrival {
  readonly subject: string
  readonly entry: Entry
}

interface Waiter {
  readonly revision: number
  readonly done: () => void
}

/** Most that is kept while the bucket is read; beyond it, it is read once more. */
const MAX_HELD_BYTES = 16 * 1024 * 1024
const RETRY_MS = 500
/** How often the bucket is asked whether something has not arrived. */
const CHECK_MS = 10_000
/** How long a write waits to be seen here too. It is done by then, so the wait is only for whoever reads it next. */
const ARRIVAL_MS = 500

/** Everything that happens in the bucket, each revision once and in order; what did not come by itself is fetched. */
export class Feed {
  readonly #parts: FeedParts
  #revision = 0
  #created = ''
  /** When all was known for the last time; undefined while there is a connection. */
  #downMs: number | undefined
  #reading: Promise<void> | undefined
  #isReadAgain = false
  #held: Arrival[] = []
  #heldBytes = 0
  readonly #waiters = new Set<Waiter>()
  #retry: Timer | undefined
  #check: Timer | undefined
  #isClosed = false

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  /** Whether what is taken may be older than what is known to have happened elsewhere. */
  get isReading(): boolean {
    return this.#reading !== undefined
  }

  /** Reads the whole bucket, and follows it from then on. @throws {BusError} ENGINE_UNAVAILABLE */
  async open(): Promise<void> {
    const { bucket, link, clock } = this.#parts
    this.#created = (await bucket.ensure()).created
    bucket.follow((subject, entry) => this.#arrive(subject, entry))
    this.#downMs = Number.NEGATIVE_INFINITY
    this.#reading = this.#read()
    await this.#reading
    link.onDown(() => {
      this.#downMs ??= clock.monotonic()
      this.#letGo()
    })
    link.onUp(() => this.refresh())
    this.#check = clock.every(CHECK_MS, () => this.refresh())
  }

  /** Resolves when a revision has been taken, or when that takes too long. */
  async reached(revision: number): Promise<void> {
    if (this.#revision >= revision || this.#isClosed) return
    await new Promise<void>(resolve => {
      const waiter: Waiter = {
        revision,
        done: () => {
          timer.cancel()
          this.#waiters.delete(waiter)
          resolve()
        }
      }
      const timer = this.#parts.clock.after(ARRIVAL_MS, () => {
        waiter.done()
        this.refresh()
      })
      this.#waiters.add(waiter)
    })
  }

  /** Fetches what has not arrived. */
  refresh(): void {
    if (this.#isClosed || !this.#parts.link.isUp) return
    if (this.#reading) {
      this.#isReadAgain = true
      return
    }
    this.#retry?.cancel()
    this.#reading = this.#read().catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, 'The bucket of the store could not be read')
      if (!this.#isClosed) this.#retry = this.#parts.clock.after(RETRY_MS, () => this.refresh())
    })
  }

  close(): void {
    this.#isClosed = true
    this.#check?.cancel()
    this.#retry?.cancel()
    this.#letGo()
    this.#held = []
  }

  #arrive(subject: string, entry: Entry): void {
    if (this.#isClosed) return
    if (!this.isReading && entry.revision <= this.#revision) return
    if (!this.isReading && entry.revision === this.#revision + 1) {
      this.#take(subject, entry)
      return
    }
    this.#heldBytes += entry.data.length
    if (this.#heldBytes > MAX_HELD_BYTES) {
      this.#held = []
      this.#isReadAgain = true
    } else this.#held.push({ subject, entry: { ...entry, data: entry.data.slice() } })
    if (!this.isReading) this.refresh()
  }

  #take(subject: string, entry: Entry): void {
    this.#revision = entry.revision
    this.#parts.take(subject, entry)
    for (const waiter of this.#waiters) if (waiter.revision <= entry.revision) waiter.done()
  }

  async #read(): Promise<void> {
    const { clock, marksMs } = this.#parts
    const sinceMs = clock.monotonic()
    try {
      do {
        this.#isReadAgain = false
        const isLong = this.#downMs !== undefined && sinceMs - this.#downMs > marksMs
        await this.#catchUp(isLong)
        this.#downMs = undefined
        this.#release()
      } while (this.#isReadAgain && !this.#isClosed)
    } finally {
      this.#reading = undefined
    }
  }

  /** Reads what is new, or all if marks of keys that are gone may be missing. */
  async #catchUp(isLong: boolean): Promise<void> {
    const { bucket, reread } = this.#parts
    // What has come before the bucket is asked is read from it.
    this.#held = []
    this.#heldBytes = 0
    const { created, lastRevision } = await bucket.ensure()
    // A server that lost its disk may give out revisions a second time, in a bucket made anew or in one that went back.
    const isAnother = created !== this.#created || lastRevision < this.#revision
    if (!isLong && !isAnother && lastRevision === this.#revision) return
    const isWhole = isLong || isAnother
    const known = isAnother ? 0 : this.#revision
    const seen = new Set<string>()
    let reached = lastRevision
    await bucket.load(isWhole ? 1 : known + 1, (subject, entry) => {
      reached = Math.max(reached, entry.revision)
      if (isWhole) seen.add(subject)
      if (entry.revision > known && !this.#isClosed) this.#take(subject, entry)
    })
    if (isWhole && !this.#isClosed) await reread(seen, isAnother ? Number.POSITIVE_INFINITY : reached)
    this.#created = created
    this.#revision = reached
    for (const waiter of this.#waiters) if (waiter.revision <= reached) waiter.done()
  }

  /** Takes what has come meanwhile, as far as nothing is missing. */
  #release(): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const arrival of held) {
      const { subject, entry } = arrival
      if (entry.revision <= this.#revision) continue
      if (entry.revision === this.#revision + 1) this.#take(subject, entry)
      else {
        this.#held.push(arrival)
        this.#heldBytes += entry.data.length
        this.#isReadAgain = true
      }
    }
  }

  #letGo(): void {
    for (const waiter of this.#waiters) waiter.done()
  }
}
