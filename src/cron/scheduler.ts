import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { Heap } from '../structures/heap.ts'
import { type Asker, Holdings } from '../structures/holdings.ts'
import type { Order } from './arguments.ts'
import { Entry, lifetimeOf } from './entry.ts'
import type { Commission, Job } from './job.ts'
import { checkOrder, type OrderLimits } from './order.ts'

/** Bounds on all jobs [limits.md, Limits]; the names are those of the configuration. */
export interface CronLimits extends OrderLimits {
  readonly maxCronJobsPerClient: number
  readonly maxCronJobsPerTenant: number
  readonly maxCronJobs: number
}

/** What is told of each firing: never with content. */
export interface CronEvent {
  readonly type: 'cron_fired'
  readonly severity: 'info' | 'warning'
  readonly tenant: string
  /** The owner of the job. */
  readonly clientId: string
  readonly payload: object
}

/** What a scheduler is made of. */
export interface SchedulerOptions<Author> {
  readonly clock: Clock
  readonly ids: Pick<Ids, 'short'>
  readonly limits: CronLimits
  readonly log: Log
  readonly emit: (event: CronEvent) => void
  /** Lets pass what may be published by its author, as if that were done now. @throws {BusError} otherwise */
  readonly admit: (order: Order, author: Author) => void
  /** Publishes what a job holds. Rejects with the BusError by which it is refused. */
  readonly fire: (job: Job<Author>, iteration: number) => Promise<void>
  /** Whether the server ends: then nothing is fired any more. */
  readonly isDraining: () => boolean
}

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2_147_483_647
/** A wall clock that is set is noticed within this time. */
const MAX_BLIND_MS = 10_000
/** A wall clock that goes back by less is not followed: no time comes twice because a clock was corrected. */
const MIN_JUMP_MS = 60_000
/** How long jobs are fired in one turn of the event loop before others get theirs. */
const SLICE_MS = 8

/**
 * Publishes jobs when they are due: never early, and after a stall or a jump of the clock at most once to catch up [limits.md P16].
 * Delays and intervals are measured on the monotonic clock, so setting the wall clock does not touch them; cron expressions follow
 * the wall clock. Due times that passed while the server could not fire, or while the last message of the job was not stored yet,
 * are skipped and use up no repetition. What is refused when it is fired uses up one, is told, and does not end the job.
 */
export class Scheduler<Author> {
  readonly #options: SchedulerOptions<Author>
  readonly #jobs: Holdings<Entry<Author>>
  /** Waiting jobs by due time, those of each scale for themselves. */
  readonly #waiting = { monotonic: new Heap<Entry<Author>>(), epoch: new Heap<Entry<Author>>() }
  #timer: Timer | undefined
  /** Wall clock less monotonic clock, when last looked at. */
  #offsetMs: number
  #firedCount = 0
  #isClosed = false

  constructor(options: SchedulerOptions<Author>) {
    const { clock, limits } = options
    this.#options = options
    this.#offsetMs = clock.now() - clock.monotonic()
    this.#jobs = new Holdings({
      noun: 'cron jobs',
      perClient: limits.maxCronJobsPerClient,
      perTenant: limits.maxCronJobsPerTenant,
      perProcess: limits.maxCronJobs
    })
  }

  /** How many jobs there are. */
  get size(): number {
    return this.#jobs.size
  }

  /** Firings since the start, refused ones included. */
  get firedCount(): number {
    return this.#firedCount
  }

  /**
   * Takes an order, checked here and nowhere before.
   * @throws {BusError} VALIDATION_ERROR and LIMIT_EXCEEDED naming everything; AUTHORIZATION_ERROR when the author may not publish
   * there, or is no admin and orders a job for the tenant; what inspection says; DRAINING when it would never be fired
   */
  schedule(order: Order, commission: Commission<Author>): Job<Author> {
    const { clock, ids, limits, admit, isDraining } = this.#options
    const { asker, isConnected, author } = commission
    checkOrder(order, isConnected, limits, clock.now())
    if (this.#isClosed || isDraining()) throw new BusError('DRAINING')
    this.#jobs.check(asker, lifetimeOf(order, isConnected))
    admit(order, author)
    const job = new Entry(`cron_${ids.short()}`, order, commission, clock)
    this.#jobs.add(job)
    this.#wait(job)
    return job
  }

  /** What the asker may see, in the order of scheduling. */
  list(asker: Asker): readonly Job<Author>[] {
    return this.#jobs.list(asker)
  }

  /** Ends a job at once. @throws {BusError} NOT_FOUND; AUTHORIZATION_ERROR for the job of another client of the tenant */
  cancel(asker: Asker, id: string): void {
    this.#end(this.#jobs.require(asker, id))
    this.#arm()
  }

  /** An owner is connected no more: what lives only as long ends, what stays is published on behalf of `author` from now on. */
  leave({ id, tenant }: Pick<Asker, 'id' | 'tenant'>, author: Author): void {
    for (const job of this.#jobs.dropOwner(id)) this.#end(job)
    for (const job of this.#jobs.ofTenant(tenant)) {
      if (job.ownerId === id) job.author = author
    }
    this.#arm()
  }

  /** Fires nothing any more. */
  close(): void {
    this.#isClosed = true
    this.#waiting.monotonic.clear()
    this.#waiting.epoch.clear()
    this.#arm()
  }

  #wait(job: Entry<Author>): void {
    this.#waiting[job.scale].set(job, job.dueMs)
    this.#arm()
  }

  #end(job: Entry<Author>): void {
    job.isOver = true
    this.#jobs.delete(job)
    this.#waiting[job.scale].delete(job)
  }

  /** Sets the one timer to the earliest due time, or to when something has to be looked at before. */
  #arm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const { monotonic, epoch } = this.#waiting
    if (this.#isClosed || monotonic.size + epoch.size === 0) return
    const { clock } = this.#options
    const delayMs = Math.min(
      monotonic.lowest - clock.monotonic(),
      epoch.lowest - clock.now(),
      epoch.size > 0 ? MAX_BLIND_MS : MAX_TIMER_MS
    )
    this.#timer = clock.after(Math.max(0, Math.ceil(delayMs)), () => this.#wake())
  }

  #wake(): void {
    const { clock, isDraining } = this.#options
    if (isDraining()) return
    this.#followClock()
    const startMs = clock.monotonic()
    for (let job = this.#takeDue(); job !== undefined; job = this.#takeDue()) {
      this.#fire(job)
      if (clock.monotonic() - startMs > SLICE_MS) break
    }
    this.#arm()
  }

  /** When the wall clock has gone back, what follows it goes on from the present. */
  #followClock(): void {
    const { clock } = this.#options
    const offsetMs = clock.now() - clock.monotonic()
    const hasJumpedBack = offsetMs < this.#offsetMs - MIN_JUMP_MS
    this.#offsetMs = offsetMs
    if (!hasJumpedBack) return
    for (const job of this.#jobs.values()) {
      if (job.scale !== 'epoch') continue
      job.dueMs = job.schedule.next(clock.now()) ?? job.dueMs
      if (this.#waiting.epoch.delete(job)) this.#waiting.epoch.set(job, job.dueMs)
    }
  }

  /** The job that has been due for longest. */
  #takeDue(): Entry<Author> | undefined {
    const { clock } = this.#options
    const { monotonic, epoch } = this.#waiting
    const monotonicLateMs = clock.monotonic() - monotonic.lowest
    const epochLateMs = clock.now() - epoch.lowest
    if (monotonicLateMs < 0 && epochLateMs < 0) return undefined
    return monotonicLateMs >= epochLateMs ? monotonic.shift() : epoch.shift()
  }

  #fire(job: Entry<Author>): void {
    const lateMs = job.presentMs() - job.dueMs
    const iteration = ++job.fired
    job.lastRunAtMs = this.#options.clock.now()
    this.#firedCount++
    if (job.fired === job.repeatCount || !this.#advance(job)) this.#end(job)
    void this.#deliver(job, iteration, lateMs).then(() => this.#goOn(job))
  }

  /** Sets the due time that follows the present. False when there is none. */
  #advance(job: Entry<Author>): boolean {
    const soonestMs = job.dueMs + this.#options.limits.cronMinIntervalMs
    const dueMs = job.schedule.next(Math.max(job.presentMs(), soonestMs - 1))
    if (dueMs !== undefined) job.dueMs = dueMs
    return dueMs !== undefined
  }

  async #deliver(job: Entry<Author>, iteration: number, lateMs: number): Promise<void> {
    let outcome = 'delivered'
    try {
      await this.#options.fire(job, iteration)
    } catch (error) {
      outcome = error instanceof BusError ? error.code : 'INTERNAL_ERROR'
      const facts = { job: job.id, tenant: job.tenant, client: job.ownerId, iteration, outcome }
      if (!(error instanceof BusError))
        this.#options.log.error({ ...facts, err: error }, 'a cron job could not be fired')
      else if (job.outcome !== outcome) this.#options.log.warn(facts, 'a cron job was refused')
    }
    job.outcome = outcome
    this.#options.emit({
      type: 'cron_fired',
      severity: outcome === 'delivered' ? 'info' : 'warning',
      tenant: job.tenant,
      clientId: job.ownerId,
      payload: {
        job_id: job.id,
        room: job.terms.room,
        channel: job.terms.channel,
        iteration,
        outcome,
        late_ms: Math.round(lateMs)
      }
    })
  }

  #goOn(job: Entry<Author>): void {
    if (job.isOver) return
    if (job.dueMs > job.presentMs() || this.#advance(job)) this.#wait(job)
    else this.#end(job)
  }
}
