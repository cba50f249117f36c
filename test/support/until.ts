import { setTimeout as pause } from 'node:timers/promises'

const DEADLINE_MS = 60_000
/** It is asked every 2 ms at first, and less often the longer it takes: asking costs what others need for their answer. */
const PAUSE = { leastMs: 2, mostMs: 25, share: 0.02 }

/** Waits for something that comes about by itself. The deadline is far beyond any that passes; it names what never came. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const startMs = performance.now()
  while (!(await isSo())) {
    const waitedMs = performance.now() - startMs
    if (waitedMs > DEADLINE_MS) throw new Error(`waited in vain until ${what}`)
    await pause(Math.min(PAUSE.mostMs, Math.max(PAUSE.leastMs, waitedMs * PAUSE.share)))
  }
}
