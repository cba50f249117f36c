// npm run build && node bench/cron.mjs [--jobs N --firings N --interval-ms N]
import { existsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'

const built = new URL('../dist/src/', import.meta.url)

if (!existsSync(new URL('cron/', built))) {
  console.error('bench: run "npm run build" first')
  process.exit(2)
}
const { createSystemClock } = await import(new URL('clock.js', built))
const { Scheduler } = await import(new URL('cron/scheduler.js', built))

const { values: options } = parseArgs({
  options: {
    firings: { type: 'string', default: '50' },
    'interval-ms': { type: 'string', default: '100' },
    jobs: { type: 'string', default: '200' }
  }
})
const jobCount = Number(options.jobs)
const firingCount = Number(options.firings)
const intervalMs = Number(options['interval-ms'])
const total = jobCount * firingCount

const clock = createSystemClock()
const lateness = []
const firstDues = new Map()
let refused = 0
let nextId = 0

const finished = deferred()
const scheduler = new Scheduler({
  clock,
  ids: { short: () => String(nextId++) },
  limits: {
    cronMinIntervalMs: 10,
    maxCronDelaySeconds: 3600,
    maxCronPayloadBytes: 65_536,
    maxCronRepeats: 1_000_000,
    maxCronJobsPerClient: jobCount,
    maxCronJobsPerTenant: jobCount,
    maxCronJobs: jobCount
  },
  log: { debug() {}, info() {}, warn() {}, error: console.error },
  emit: ({ payload }) => {
    if (payload.outcome !== 'delivered') refused++
  },
  isDraining: () => false,
  admit() {},
  async fire(job, iteration) {
    const dueMs = firstDues.get(job.id) + (iteration - 1) * intervalMs
    lateness.push(performance.now() - dueMs)
    if (lateness.length === total) finished.resolve()
  }
})

function deferred() {
  let resolve
  const promise = new Promise(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Schedules one job whose due times are known: the clock stands still meanwhile. */
function schedule(delayMs) {
  const nowMs = performance.now()
  const { monotonic } = clock
  clock.monotonic = () => nowMs
  const order = {
    room: 'lab',
    channel: 'bench',
    payload: { text: 'tick' },
    delay_seconds: delayMs / 1000,
    interval_seconds: intervalMs / 1000,
    repeat_count: firingCount
  }
  const asker = { id: 'bench', tenant: 'default', isAdmin: false }
  const job = scheduler.schedule(order, { asker, isConnected: true, author: undefined })
  clock.monotonic = monotonic
  firstDues.set(job.id, nowMs + delayMs)
}

const alive = setInterval(() => {}, 1000)
const startCpu = process.cpuUsage()
for (let count = 0; count < jobCount; count++) schedule(intervalMs + (count * intervalMs) / jobCount)
await finished.promise
clearInterval(alive)
scheduler.close()
const { user, system } = process.cpuUsage(startCpu)

lateness.sort((a, b) => a - b)
const at = share => (lateness[Math.min(total - 1, Math.floor(share * total))] ?? Number.NaN).toFixed(2)

console.log(`Node ${process.version}, ${cpus().length} CPUs, load ${loadavg()[0].toFixed(1)}`)
console.log(`${jobCount} jobs, ${firingCount} firings each, every ${intervalMs} ms; milliseconds after the due time\n`)
console.log('| firings | early | refused | p50 | p99 | max | CPU µs per firing |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
const early = lateness.filter(ms => ms < 0).length
const cpu = ((user + system) / total).toFixed(0)
console.log(`| ${total} | ${early} | ${refused} | ${at(0.5)} | ${at(0.99)} | ${at(1)} | ${cpu} |`)
process.exitCode = early > 0 ? 1 : 0
