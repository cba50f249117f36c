import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Clock } from '../../clock.ts'

const RETRY_MS = 250
/** No peers for the placement yet; JetStream not available yet; no leader yet. */
const PASSING: ReadonlySet<number> = new Set([10005, 10008, 10009])

/**
 * Does something again while the servers cannot serve it yet: just after they have started there is no leader. Whatever else is wrong
 * is thrown at once, and when the time is up what is wrong then.
 */
export async function persist<T>(
  clock: Pick<Clock, 'monotonic'>,
  timeoutMs: number,
  work: () => Promise<T>
): Promise<T> {
  const untilMs = clock.monotonic() + timeoutMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error) || clock.monotonic() >= untilMs) throw error
      await pause(RETRY_MS)
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return PASSING.has(error.code)
  return error instanceof errors.TimeoutError || (error instanceof Error && isPassing(error.cause))
}
