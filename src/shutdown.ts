import closeWithGrace from 'close-with-grace'
import type { Log } from './log.ts'

/** How a process ends. */
export interface ShutdownOptions {
  readonly log: Log
  /** After so long the process exits with 1, whatever is left. */
  readonly deadlineMs: number
  /** Ends everything in good order. */
  readonly close: () => Promise<void>
}

/**
 * The first signal, or an error that nobody caught, closes in good order; a second one, or the deadline, exits with 1 at
 * once [limits.md P11].
 */
export function closeOnSignal({ log, deadlineMs, close }: ShutdownOptions): void {
  closeWithGrace(
    { delay: deadlineMs, logger: { error: (text: unknown) => log.error({}, String(text)) } },
    async ({ err, signal }) => {
      if (err) log.error({ err }, 'closing after an error that nobody caught')
      else log.info({ signal }, 'draining')
      await close()
      log.info({}, 'closed')
    }
  )
}
