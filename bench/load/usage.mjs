import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Linux counts CPU time for user space in hundredths of a second on every architecture Node runs on.
const ticksPerSecond = 100
const hasProc = process.platform === 'linux'

const ps = (column, pid) => execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()

/** Seconds out of the `[[days-]hours:]minutes:seconds` of ps. */
function secondsOf(clock) {
  const [time, days = '0'] = clock.split('-').reverse()
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400
}

/** User + system CPU seconds that a process, with all its threads, has used so far; resolution 10 ms. */
export function cpuSeconds(pid) {
  if (!hasProc) return secondsOf(ps('time', pid))
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Resident memory of a process in kB. */
export function residentKb(pid) {
  if (!hasProc) return Number(ps('rss', pid))
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Starts a measured window over a server and this process; the returned function ends it. */
export function openWindow(serverPid) {
  const startMs = performance.now()
  const own = process.cpuUsage()
  const server = cpuSeconds(serverPid)
  return () => {
    const { user, system } = process.cpuUsage(own)
    const elapsedMs = performance.now() - startMs
    return { cpuSeconds: cpuSeconds(serverPid) - server, generatorShare: (user + system) / 1000 / elapsedMs }
  }
}
