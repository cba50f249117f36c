import type { Clock } from '../clock.ts'
import type { Lifetime } from '../structures/holdings.ts'
import { DEFAULT_DELAY_SECONDS, DEFAULT_REPEAT_COUNT, type Order } from './arguments.ts'
import { DEFAULT_TIMEZONE } from './expression.ts'
import type { Job } from './job.ts'
import { calendarSchedule, elapsingSchedule, type Schedule } from './schedule.ts'

/** What an entry is made of. */
export interface EntryParts<Author> {
  readonly id: string
  readonly order: Order
  readonly tenant: string
  readonly ownerId: string
  readonly lifetime: Lifetime
  readonly author: Author
  readonly createdAtMs: number
  /** Whether all nodes of a cluster fire it: then it is due by the wall clock, which they have in common. */
  readonly isShared: boolean
}

/** Where a job has got to. */
export type Progress = Pick<Entry<unknown>, 'fired' | 'lastRunAtMs' | 'dueMs'>

/** A job as the scheduler keeps it, with where it has got to. */
export class Entry<Author> implements Job<Author> {
  readonly id: string
  readonly tenant: string
  readonly ownerId: string
  readonly lifetime: Lifetime
  readonly terms: Omit<Order, 'payload'>
  readonly payloadText: string
  readonly createdAtMs: number
  readonly isShared: boolean
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

  constructor(parts: EntryParts<Author>, clock: Clock) {
    const { payload, ...terms } = parts.order
    this.id = parts.id
    this.tenant = parts.tenant
    this.ownerId = parts.ownerId
    this.lifetime = parts.lifetime
    this.author = parts.author
    this.terms = terms
    this.payloadText = JSON.stringify(payload)
    this.createdAtMs = parts.createdAtMs
    this.isShared = parts.isShared
    this.#clock = clock
    const startMs = parts.isShared ? parts.createdAtMs : clock.monotonic()
    this.schedule = scheduleOf(terms, startMs, parts.isShared ? 'epoch' : 'monotonic')
    this.repeatCount = terms.cron === undefined ? (terms.repeat_count ?? DEFAULT_REPEAT_COUNT) : undefined
    // A delay may be over by now; it is due all the same.
    const sinceMs = terms.cron === undefined ? Number.NEGATIVE_INFINITY : parts.createdAtMs
    this.dueMs = this.schedule.next(sinceMs) ?? Number.POSITIVE_INFINITY
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

  /** Takes over how far the cluster is with it. Its due time never goes back. */
  goOn({ fired, lastRunAtMs, dueMs }: Progress): void {
    this.fired = fired
    this.lastRunAtMs = lastRunAtMs
    this.dueMs = Math.max(this.dueMs, dueMs)
  }
}

function scheduleOf(terms: Entry<unknown>['terms'], startMs: number, scale: Schedule['scale']): Schedule {
  const { cron, timezone, delay_seconds = DEFAULT_DELAY_SECONDS, interval_seconds } = terms
  if (cron !== undefined) return calendarSchedule(cron, timezone ?? DEFAULT_TIMEZONE)
  const intervalMs = interval_seconds === undefined ? undefined : interval_seconds * 1000
  return elapsingSchedule(startMs + delay_seconds * 1000, intervalMs, scale)
}

/** How long a job lives when it is ordered so. */
export function lifetimeOf(order: Order, isConnected: boolean): Lifetime {
  return order.lifetime ?? (isConnected ? 'connection' : 'tenant')
}
