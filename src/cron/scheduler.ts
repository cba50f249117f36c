import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Ids } from '../ids.ts'
import type { Log } from '../log.ts'
import { type Asker, Holdings } from '../structures/holdings.ts'
import { Agenda } from './agenda.ts'
import type { Order } from './arguments.ts'
import { Entry, lifetimeOf } from './entry.ts'
import type { Commission, Job } from './job.ts'
import { checkOrder, type OrderLimits } from './order.ts'
import { type CronEvent, reportFiring } from './report.ts'
import { type Claim, type SharedJobs, type Shares, Sharing } from './sharing.ts'

/** Bounds on all jobs [limits.md, Limits]; the names are those of the configuration. */
export interface CronLimits extends OrderLimits {
  readonly maxCronJobsPerClient: number
  readonly maxCronJobsPerTenant: number
  readonly maxCronJobs: number
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
  /** What a cluster has in common; undefined where the process is alone. */
  readonly shared?: Shares<Author> | undefined
}

/** A wall clock that goes back by less is not followed: no time comes twice because a clock was corrected. */
const MIN_JUMP_MS = 60_000
/** When a shared job that is due for the last time is tried again after nobody could claim it. */
const RETRY_MS = 1_000
/** Whoever gets a firing later than this has been standing still: others have gone on, and it must not come out of its order. */
const MAX_CLAIM_MS = 5_000
/** How long jobs are fired in one turn of the event loop before others get theirs. */
const SLICE_MS = 8

/**
 * Publishes jobs when they are due: never early, and after a stall or a jump of the clock at most once to catch up [limits.md P16].
 * Delays and intervals are measured on the monotonic clock, so setting the wall clock does not touch them; cron expressions follow
 * the wall clock. Due times that passed while the server could not fire, or while the last message of the job was not stored yet,
 * are skipped and use up no repetition. What is refused when it is fired uses up one, is told, and does not end the job.
 *
 * In a cluster the jobs of connections stay with their node. Those of tenants are known to all nodes and follow the wall clock; each
 * firing is claimed by one node before it is published, and comes at most once: a node that dies in between takes it along
 * [cluster.md N6]. A firing that cannot be claimed, since the cluster is away, is told as refused and uses up no repetition.
 */
export class Scheduler<Author> {
  readonly #options: SchedulerOptions<Author>
  readonly #jobs: Holdings<Entry<Author>>
  readonly #sharing: Sharing<Author> | undefined
  readonly #agenda: Agenda<Author>
  #timer: Timer | undefined
  /** Wall clock less monotonic clock, when last looked at. */
  #offsetMs: number
  #firedCount = 0
  #isClosed = false

  constructor(options: SchedulerOptions<Author>) {
    const { clock, limits, log, shared } = options
    this.#options = options
    this.#agenda = new Agenda(clock)
    this.#sharing = shared && new Sharing({ ...shared, clock, log, jobs: this.#followers() })
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

  /** Firings of shared jobs that this node has claimed, and those that another one had claimed before. */
  get claims(): Sharing<Author>['claims'] {
    return this.#sharing?.claims ?? { won: 0, lost: 0 }
  }

  /** Takes over the jobs of the cluster, where there is one. To be called once, before anything is scheduled. */
  async follow(): Promise<void> {
    await this.#sharing?.follow()
  }

  /**
   * Takes an order, checked here and nowhere before. It may be due before this resolves.
   * @throws {BusError} VALIDATION_ERROR and LIMIT_EXCEEDED naming everything; AUTHORIZATION_ERROR when the author may not publish
   * there, or is no admin and orders a job for the tenant; what inspection says; DRAINING when it would never be fired;
   * ENGINE_UNAVAILABLE when the cluster cannot be told of it
   */
  async schedule(order: Order, { asker, isConnected, author }: Commission<Author>): Promise<Job<Author>> {
    const { clock, ids, limits, admit, isDraining } = this.#options
    checkOrder(order, isConnected, limits, clock.now())
    if (this.#isClosed || isDraining()) throw new BusError('DRAINING')
    const lifetime = lifetimeOf(order, isConnected)
    this.#jobs.check(asker, lifetime)
    admit(order, author)
    const sharing = lifetime === 'tenant' ? this.#sharing : undefined
    const { id: ownerId, tenant } = asker
    const parts = { id: `cron_${ids.short()}`, order, tenant, ownerId, lifetime, author }
    const job = new Entry({ ...parts, createdAtMs: clock.now(), isShared: sharing !== undefined }, clock)
    if (sharing) await this.#share(job, sharing)
    else this.#begin(job)
    return job
  }

  /** What the asker may see, in the order of scheduling. */
  list(asker: Asker): readonly Job<Author>[] {
    const jobs = this.#jobs.list(asker)
    return this.#sharing ? jobs.sort((one, other) => one.createdAtMs - other.createdAtMs) : jobs
  }

  /**
   * Ends a job at once.
   * @throws {BusError} NOT_FOUND; AUTHORIZATION_ERROR for the job of another client of the tenant; ENGINE_UNAVAILABLE when the
   * cluster cannot be told of it
   */
  async cancel(asker: Asker, id: string): Promise<void> {
    const job = this.#jobs.require(asker, id)
    const isGone = job.isShared && (await this.#sharing?.remove(id)) === false
    this.#end(job)
    this.#arm()
    if (isGone) this.#jobs.require(asker, id)
  }

  /** An owner is connected no more: what lives only as long ends, what stays is published on behalf of `author` from now on. */
  leave({ id, tenant }: Pick<Asker, 'id' | 'tenant'>, author: Author): void {
    for (const job of this.#jobs.dropOwner(id)) this.#end(job)
    for (const job of this.#jobs.ofTenant(tenant)) {
      if (job.ownerId === id) job.author = author
    }
    this.#sharing?.leave({ id, tenant }, author)
    this.#arm()
  }

  /** Fires nothing any more. */
  close(): void {
    this.#isClosed = true
    this.#agenda.clear()
    this.#arm()
  }

  /** What to do as the jobs of the cluster come, go on and go. */
  #followers(): SharedJobs<Author> {
    return {
      began: job => this.#begin(job),
      moved: job => {
        if (this.#agenda.delete(job)) this.#wait(job)
      },
      ended: job => {
        this.#end(job)
        this.#arm()
      }
    }
  }

  /** Nodes that take orders in the same moment do not know of each other's: together they can go beyond a bound by so many. */
  async #share(job: Entry<Author>, sharing: Sharing<Author>): Promise<void> {
    const letGo = this.#jobs.reserve(job)
    try {
      await sharing.add(job)
    } finally {
      letGo()
    }
  }

  #begin(job: Entry<Author>): void {
    this.#jobs.add(job)
    this.#wait(job)
  }

  #wait(job: Entry<Author>, atMs?: number): void {
    this.#agenda.set(job, atMs)
    this.#arm()
  }

  #end(job: Entry<Author>): void {
    job.isOver = true
    this.#jobs.delete(job)
    this.#agenda.delete(job)
  }

  /** Sets the one timer to the earliest due time, or to when something has to be looked at before. */
  #arm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#isClosed || this.#agenda.size === 0) return
    this.#timer = this.#options.clock.after(this.#agenda.restMs, () => this.#wake())
  }

  #wake(): void {
    const { clock, isDraining } = this.#options
    if (isDraining()) return
    this.#followClock()
    const startMs = clock.monotonic()
    for (let job = this.#agenda.takeDue(); job !== undefined; job = this.#agenda.takeDue()) {
      if (job.isShared) void this.#contend(job)
      else this.#fire(job)
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
      if (job.scale !== 'epoch' || job.isShared) continue
      job.dueMs = job.schedule.next(clock.now()) ?? job.dueMs
      if (this.#agenda.delete(job)) this.#agenda.set(job)
    }
  }

  #fire(job: Entry<Author>): void {
    const lateMs = job.presentMs() - job.dueMs
    const iteration = ++job.fired
    job.lastRunAtMs = this.#options.clock.now()
    this.#firedCount++
    if (job.fired === job.repeatCount || !this.#advance(job)) this.#end(job)
    void this.#deliver(job, iteration, lateMs).then(() => this.#goOn(job))
  }

  /** Fires a job of the cluster unless another node does. */
  async #contend(job: Entry<Author>): Promise<void> {
    const lateMs = job.presentMs() - job.dueMs
    try {
      const claim = await this.#sharing?.claim(job, this.#nextAfter(job))
      if (claim) await this.#fireClaimed(job, claim, lateMs)
    } catch (error) {
      reportFiring(this.#options, job, { iteration: job.fired + 1, lateMs, error })
    }
    this.#goOn(job)
  }

  async #fireClaimed(job: Entry<Author>, { iteration, isLast, tookMs }: Claim, lateMs: number): Promise<void> {
    this.#firedCount++
    if (isLast) this.#sharing?.forget(job.id)
    if (this.#isClosed) return
    if (tookMs <= MAX_CLAIM_MS) await this.#deliver(job, iteration, lateMs)
    else reportFiring(this.#options, job, { iteration, lateMs, error: new BusError('ENGINE_UNAVAILABLE') })
  }

  /** The due time that follows the present; undefined when there is none. */
  #nextAfter(job: Entry<Author>): number | undefined {
    const soonestMs = job.dueMs + this.#options.limits.cronMinIntervalMs
    return job.schedule.next(Math.max(job.presentMs(), soonestMs - 1))
  }

  /** Sets the due time that follows the present. False when there is none. */
  #advance(job: Entry<Author>): boolean {
    const dueMs = this.#nextAfter(job)
    if (dueMs !== undefined) job.dueMs = dueMs
    return dueMs !== undefined
  }

  async #deliver(job: Entry<Author>, iteration: number, lateMs: number): Promise<void> {
    let error: unknown
    try {
      await this.#options.fire(job, iteration)
    } catch (reason) {
      error = reason
    }
    reportFiring(this.#options, job, { iteration, lateMs, error })
  }

  #goOn(job: Entry<Author>): void {
    if (job.isOver) return
    if (job.dueMs > job.presentMs() || this.#advance(job)) this.#wait(job)
    else if (job.isShared) this.#wait(job, job.presentMs() + RETRY_MS)
    else this.#end(job)
  }
}
