import { BusError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Entry } from './entry.ts'

/** What is told of each firing: never with content. */
export interface CronEvent {
  readonly type: 'cron_fired'
  readonly severity: 'info' | 'warning'
  readonly tenant: string
  /** The owner of the job. */
  readonly clientId: string
  readonly payload: object
}

/** A firing, and what became of it. */
export interface Firing {
  readonly iteration: number
  /** How long after it was due. */
  readonly lateMs: number
  /** Undefined when it was delivered. */
  readonly error?: unknown
}

/** Who learns of firings. */
export interface Readers {
  readonly log: Log
  readonly emit: (event: CronEvent) => void
}

/** Tells of a firing. The log says of refusals only the first of several alike. */
export function reportFiring({ log, emit }: Readers, job: Entry<unknown>, { iteration, lateMs, error }: Firing): void {
  const outcome = outcomeOf(error)
  const { id, tenant, ownerId, terms } = job
  const facts = { job: id, tenant, client: ownerId, iteration, outcome }
  if (outcome === 'INTERNAL_ERROR') log.error({ ...facts, err: error }, 'a cron job could not be fired')
  else if (error !== undefined && job.outcome !== outcome) log.warn(facts, 'a cron job was refused')
  job.outcome = outcome
  const { room, channel } = terms
  emit({
    type: 'cron_fired',
    severity: error === undefined ? 'info' : 'warning',
    tenant,
    clientId: ownerId,
    payload: { job_id: id, room, channel, iteration, outcome, late_ms: Math.round(lateMs) }
  })
}

function outcomeOf(error: unknown): string {
  if (error === undefined) return 'delivered'
  return error instanceof BusError ? error.code : 'INTERNAL_ERROR'
}
