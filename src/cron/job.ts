import { Type } from '@sinclair/typebox'
import { isoOf } from '../clock.ts'
import type { Asker, Held } from '../structures/holdings.ts'
import { DEFAULT_DELAY_SECONDS, DEFAULT_REPEAT_COUNT, type Order } from './arguments.ts'

/** Something that is published at times set beforehand. */
export interface Job<Author> extends Held {
  /** JSON text of an object: it takes less room than the object. */
  readonly payloadText: string
  /** On whose behalf it is published: whatever the door that took the order needs to know. */
  readonly author: Author
  readonly createdAtMs: number
  /** How often it has been published, or refused. */
  readonly fired: number
  /** When that was last, in milliseconds since the epoch. */
  readonly lastRunAtMs: number | undefined
  /** When it is next, in milliseconds since the epoch as the clock stands now. */
  readonly nextRunAtMs: number
  /** As it was ordered, but for the payload. */
  readonly terms: Omit<Order, 'payload'>
}

/** Who orders a job. */
export interface Commission<Author> {
  readonly asker: Asker
  /** Whether it is a connection, with which the job ends if nothing else is said; otherwise the job is the tenant's. */
  readonly isConnected: boolean
  readonly author: Author
}

const Nullable = (description: string) => Type.Union([Type.Number(), Type.Null()], { description, examples: [null] })
const described = {
  job_id: Type.String(),
  room: Type.String(),
  channel: Type.String(),
  delay_seconds: Nullable('Null with `cron`.'),
  interval_seconds: Nullable('Null where there is none.'),
  repeat_count: Nullable('Null with `cron`: until it is cancelled.'),
  created_at: Type.String(),
  next_run_at: Type.String({ description: 'As the clock stands now.' }),
  cron: Type.Optional(Type.String()),
  timezone: Type.Optional(Type.String({ description: 'Where it was given.' })),
  lifetime: Type.Optional(Type.String({ description: 'Where it was given.' }))
}

/** Shape of a job as it is told after scheduling. */
export const JobSchema = Type.Object(described)

/** Shape of a job in a list. */
export const ListedJobSchema = Type.Object({
  ...described,
  owner_client_id: Type.String(),
  fired: Type.Integer({ description: 'How often it has been published, or refused when it was to be.' }),
  last_run_at: Type.Union([Type.String(), Type.Null()])
})

/** A job as its owner sees it after scheduling [operators.md, op.cron.*]: what does not apply to it is null. */
export function describeJob(job: Job<unknown>) {
  const { id, terms } = job
  const { room, channel, cron, timezone, lifetime } = terms
  const isCalendar = cron !== undefined
  return {
    job_id: id,
    room,
    channel,
    delay_seconds: isCalendar ? null : (terms.delay_seconds ?? DEFAULT_DELAY_SECONDS),
    interval_seconds: terms.interval_seconds ?? null,
    repeat_count: isCalendar ? null : (terms.repeat_count ?? DEFAULT_REPEAT_COUNT),
    created_at: isoOf(job.createdAtMs),
    next_run_at: isoOf(job.nextRunAtMs),
    ...(cron === undefined ? {} : { cron }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(lifetime === undefined ? {} : { lifetime })
  }
}

/** A job as a list shows it. */
export function listJob(job: Job<unknown>) {
  return {
    ...describeJob(job),
    owner_client_id: job.ownerId,
    fired: job.fired,
    last_run_at: job.lastRunAtMs === undefined ? null : isoOf(job.lastRunAtMs)
  }
}
