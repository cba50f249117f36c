import type { Clock } from '../clock.ts'
import type { Connection } from './connection.ts'

/** How a drain is paced. */
export interface DrainOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly limits: { readonly drainTimeoutMs: number; readonly drainRetryMs: number }
}

const POLL_MS = 20

/**
 * Drains connections: all stop reading in one turn, so that nothing is acknowledged to one client that another, closed
 * earlier, has missed; then what was read is worked on, and then all are closed with 1012 and a jittered `retry_ms`.
 * Whoever does not read is cut off when the time is over.
 */
export async function drainConnections(connections: ReadonlySet<Connection>, options: DrainOptions): Promise<void> {
  const { clock, limits } = options
  const endMs = clock.monotonic() + limits.drainTimeoutMs
  for (const connection of connections) connection.drain()
  await until(
    () => [...connections].every(connection => !connection.isOpen || connection.isIdle),
    endMs - limits.drainTimeoutMs / 2
  )
  for (const connection of connections) sendAway(connection, options)
  await until(() => connections.size === 0, endMs)
  for (const connection of connections) connection.terminate()

  async function until(isDone: () => boolean, deadlineMs: number): Promise<void> {
    while (!isDone() && clock.monotonic() < deadlineMs)
      await new Promise<void>(resolve => clock.after(POLL_MS, resolve))
  }
}

/** Tells a client to come back, after a time that differs from client to client. */
export function sendAway(connection: Connection, { limits, random }: DrainOptions): void {
  connection.close(1012, JSON.stringify({ retry_ms: Math.round(limits.drainRetryMs * random()) }))
}
