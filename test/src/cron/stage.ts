import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Timer } from '../../../src/clock.ts'
import type { Order } from '../../../src/cron/arguments.ts'
import type { Job } from '../../../src/cron/job.ts'
import type { CronEvent } from '../../../src/cron/report.ts'
import { type CronLimits, Scheduler, type SchedulerOptions } from '../../../src/cron/scheduler.ts'
import type { AuthorForm } from '../../../src/cron/sharing.ts'
import { createIds } from '../../../src/ids.ts'
import { createLogger } from '../../../src/log.ts'
import type { Asker } from '../../../src/structures/holdings.ts'
import type { Records } from '../../../src/structures/records.ts'
import { FakeClock } from '../../support/clock.ts'

/** On whose behalf something is published here. */
export type Author = string

/** One call of `fire`. */
export interface Firing {
  readonly job: Job<Author>
  readonly author: Author
  readonly iteration: number
  /** Milliseconds since the epoch, and on the monotonic clock. */
  readonly atMs: number
  readonly monotonicMs: number
}

/** What a test wants to be different. */
export interface StageOptions {
  readonly limits?: Partial<CronLimits>
  readonly startMs?: number
  readonly fire?: SchedulerOptions<Author>['fire']
  readonly admit?: SchedulerOptions<Author>['admit']
  readonly records?: Records
}

export const ada: Asker = { id: 'arq_client_ada', tenant: 'default', isAdmin: false }
export const bob: Asker = { id: 'arq_client_bob', tenant: 'default', isAdmin: false }
export const admin: Asker = { id: 'arq_client_admin', tenant: 'default', isAdmin: true }
export const stranger: Asker = { id: 'arq_client_stranger', tenant: 'other', isAdmin: true }

/** A clock whose event loop can be held up: then time passes first, and what was due runs afterwards. */
export class LoopClock extends FakeClock {
  /** Where both clocks are going while the loop stands still. */
  #end: { readonly monotonicMs: number; readonly epochMs: number } | undefined

  override now(): number {
    return this.#end?.epochMs ?? super.now()
  }

  override monotonic(): number {
    return this.#end?.monotonicMs ?? super.monotonic()
  }

  override after(delayMs: number, run: () => void): Timer {
    return super.after(Math.max(0, delayMs) + this.monotonic() - super.monotonic(), run)
  }

  /** Lets time pass without a turn of the loop, and then has the turn. */
  stall(ms: number): void {
    this.#end = { monotonicMs: super.monotonic() + ms, epochMs: super.now() + ms }
    this.advance(ms)
    this.#end = undefined
  }
}

/** A scheduler on a clock that stands still, with all that it fired, told and wrote. */
export class CronStage {
  readonly clock: LoopClock
  readonly firings: Firing[] = []
  readonly events: CronEvent[] = []
  readonly log: Record<string, unknown>[] = []
  readonly scheduler: Scheduler<Author>
  isDraining = false

  constructor(options: StageOptions = {}) {
    const clock = new LoopClock(options.startMs)
    this.clock = clock
    this.scheduler = new Scheduler<Author>({
      clock,
      ids: createIds(clock, randomBytes),
      limits: { ...defaults, ...options.limits },
      log: createLogger({ logLevel: 'debug', pretty: false }, { write: line => void this.log.push(JSON.parse(line)) }),
      emit: event => void this.events.push(event),
      isDraining: () => this.isDraining,
      shared: options.records && { records: options.records, authors },
      admit: options.admit ?? (() => {}),
      fire: (job, iteration) => {
        const { author } = job
        this.firings.push({ job, author, iteration, atMs: clock.now(), monotonicMs: clock.monotonic() })
        return options.fire?.(job, iteration) ?? Promise.resolve()
      }
    })
  }

  /** Orders a job, for Ada's connection unless said otherwise. */
  schedule(order: Partial<Order> = {}, asker: Asker = ada, isConnected = true): Promise<Job<Author>> {
    const whole = { room: 'lab', channel: 'one', payload: { text: 'now' }, ...order }
    return this.scheduler.schedule(whole, { asker, isConnected, author: `of ${asker.id}` })
  }

  /** Lets time pass in steps, with all work done after each. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed))
      await this.settle()
    }
  }

  /** Lets all work that waits for promises finish. */
  async settle(): Promise<void> {
    await nextTurn()
  }

  /** Times of the firings since the start of the clock, in seconds. */
  get seconds(): number[] {
    return this.firings.map(({ monotonicMs }) => monotonicMs / 1000)
  }

  get iterations(): number[] {
    return this.firings.map(({ iteration }) => iteration)
  }

  /** Times of the firings by the wall clock, `HH:MM:SS`. */
  get times(): string[] {
    return this.firings.map(({ atMs }) => new Date(atMs).toISOString().slice(11, 19))
  }
}

/** Authors as nodes tell each other of them. */
const authors: AuthorForm<Author> = {
  write: author => ({ author }),
  read(written) {
    const { author } = Object(written)
    if (typeof author !== 'string') throw new Error('author is not text')
    return author
  }
}

const defaults: CronLimits = {
  cronMinIntervalMs: 100,
  maxCronDelaySeconds: 2_592_000,
  maxCronPayloadBytes: 65_536,
  maxCronRepeats: 10_000,
  maxCronJobsPerClient: 20,
  maxCronJobsPerTenant: 200,
  maxCronJobs: 2000
}

/** A stage whose scheduler is closed when the test ends. */
export function setCron(t: TestContext, options: StageOptions = {}): CronStage {
  const stage = new CronStage(options)
  t.after(() => stage.scheduler.close())
  return stage
}
