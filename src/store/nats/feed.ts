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
  #identity = ''
  /** When all was known for the last time; undefined while there is a connection. */
  #downMs: number | undefined
  #reading: Promise<void> | undefined
  #isReadAgain = false
  /** What has come and cannot be taken yet, in the order of the revisions. */
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
    this.#identity = (await bucket.ensure()).identity
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
    this.#dropHeld()
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
      this.#dropHeld()
      this.#isReadAgain = true
    } else this.#hold({ subject, entry: { ...entry, data: entry.data.slice() } })
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
        this.#takeHeld()
        if (this.#held.length > 0) this.#isReadAgain = true
      } while (this.#isReadAgain && !this.#isClosed)
    } finally {
      this.#reading = undefined
    }
  }

  /**
   * Reads what is new, or all if marks of keys that are gone may be missing. What has come by itself goes first: the bucket
   * holds only the latest change of each key, and who watches is told of every one.
   */
  async #catchUp(isLong: boolean): Promise<void> {
    const { bucket, reread } = this.#parts
    const { identity, lastRevision } = await bucket.ensure()
    // A server that lost its disk may give out revisions a second time, in a bucket made anew or in one that went back.
    const isAnother = identity !== this.#identity || lastRevision < this.#revision
    if (isAnother) this.#startAnew()
    else this.#takeHeld()
    if (!isLong && !isAnother && lastRevision <= this.#revision) return
    const isWhole = isLong || isAnother
    const seen = new Set<string>()
    let reached = lastRevision
    await bucket.load(isWhole ? 1 : this.#revision + 1, (subject, entry) => {
      reached = Math.max(reached, entry.revision)
      if (isWhole) seen.add(subject)
      if (this.#isClosed) return
      this.#takeHeld()
      if (entry.revision > this.#revision) this.#take(subject, entry)
    })
    if (isWhole && !this.#isClosed) await reread(seen, isAnother ? Number.POSITIVE_INFINITY : reached)
    this.#identity = identity
    this.#revision = Math.max(this.#revision, reached)
    for (const waiter of this.#waiters) if (waiter.revision <= this.#revision) waiter.done()
  }

  /** Nothing that was known counts, until the bucket has been read as a whole. */
  #startAnew(): void {
    this.#identity = ''
    this.#revision = 0
    this.#dropHeld()
  }

  /** A server hands on what came from two nodes at once in either order. */
  #hold(arrival: Arrival): void {
    const { revision } = arrival.entry
    const before = this.#held.findLastIndex(({ entry }) => entry.revision < revision)
    this.#held.splice(before + 1, 0, arrival)
  }

  /** Takes what has come meanwhile, as far as nothing is missing before it. */
  #takeHeld(): void {
    let count = 0
    for (const { subject, entry } of this.#held) {
      if (entry.revision > this.#revision + 1) break
      if (entry.revision > this.#revision) this.#take(subject, entry)
      this.#heldBytes -= entry.data.length
      count++
    }
    if (count > 0) this.#held = this.#held.slice(count)
  }

  #dropHeld(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #letGo(): void {
    for (const waiter of this.#waiters) waiter.done()
  }
}
