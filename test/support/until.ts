import { setTimeout as pause } from 'node:timers/promises'

const DEADLINE_MS = 60_000
const PAUSE_MS = 2

/** Waits for something that comes about by itself. The deadline is far beyond any that passes; it names what never came. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await pause(PAUSE_MS)
  }
}
