import type { Clock } from '../clock.ts'
import type { Lifetime } from '../structures/holdings.ts'
import { DEFAULT_DELAY_SECONDS, DEFAULT_REPEAT_COUNT, type Order } from './arguments.ts'
import { DEFAULT_TIMEZONE } from './expression.ts'
import type { Commission, Job } from './job.ts'
import { calendarSchedule, elapsingSchedule, type Schedule } from './schedule.ts'

/** A job as the scheduler keeps it, with where it has got to. */
export class Entry<Author> implements Job<Author> {
  readonly id: string
  readonly tenant: string
  readonly ownerId: string
  readonly lifetime: Lifetime
  readonly terms: Omit<Order, 'payload'>
  readonly payloadText: string
  readonly createdAtMs: number
  readonly schedule: Schedule
  /** Firings after which it is finished; undefined: never. */
  readonly repeatCount: number | undefined
  author: Author
  fired = 0
  lastRunAtMs: number | undefined
  /** What became of the last firing: `delivered` or the code of an error. */
  outcome: string | undefined
  /** When it is next due, on the scale of its schedule. */
  dueMs: number
  /** Whether it is finished, cancelled or dropped. */
  isOver = false

  readonly #clock: Clock

  constructor(id: string, order: Order, { asker, isConnected, author }: Commission<Author>, clock: Clock) {
    const { payload, ...terms } = order
    this.id = id
    this.tenant = asker.tenant
    this.ownerId = asker.id
    this.lifetime = lifetimeOf(order, isConnected)
    this.author = author
    this.terms = terms
    this.payloadText = JSON.stringify(payload)
    this.createdAtMs = clock.now()
    this.#clock = clock
    this.schedule = scheduleOf(terms, clock)
    this.repeatCount = terms.cron === undefined ? (terms.repeat_count ?? DEFAULT_REPEAT_COUNT) : undefined
    this.dueMs = this.schedule.next(this.presentMs()) ?? Number.POSITIVE_INFINITY
  }

  get scale(): Schedule['scale'] {
    return this.schedule.scale
  }

  get nextRunAtMs(): number {
    return this.#clock.now() + this.dueMs - this.presentMs()
  }

  /** The present on the scale of its schedule. */
  presentMs(): number {
    return this.scale === 'epoch' ? this.#clock.now() : this.#clock.monotonic()
  }
}

function scheduleOf(terms: Entry<unknown>['terms'], clock: Clock): Schedule {
  const { cron, timezone, delay_seconds = DEFAULT_DELAY_SECONDS, interval_seconds } = terms
  if (cron !== undefined) return calendarSchedule(cron, timezone ?? DEFAULT_TIMEZONE)
  const intervalMs = interval_seconds === undefined ? undefined : interval_seconds * 1000
  return elapsingSchedule(clock.monotonic() + delay_seconds * 1000, intervalMs)
}

/** How long a job lives when it is ordered so. */
export function lifetimeOf(order: Order, isConnected: boolean): Lifetime {
  return order.lifetime ?? (isConnected ? 'connection' : 'tenant')
}
