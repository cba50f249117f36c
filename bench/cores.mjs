import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const serverCore = 0
export const generatorCore = 1

function canPin() {
  if (process.platform !== 'linux' || availableParallelism() < 2) return false
  try {
    execFileSync('taskset', ['-c', `${serverCore},${generatorCore}`, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Whether server and generator can each have a core of their own. */
export const isPinned = canPin()

/** The command line that runs `command` on one core; unchanged where pinning is not available. */
export const pinned = (core, command) => (isPinned ? ['taskset', '-c', String(core), ...command] : command)
