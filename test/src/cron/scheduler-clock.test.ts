import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CronStage, setCron } from './stage.ts'

const HOUR = 3_600_000

test('an expression is followed minute by minute, at the minute', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 58, 30) })
  await stage.schedule({ cron: '* * * * *' })
  await stage.pass(180_000, 1000)
  assert.deepEqual(stage.times, ['09:59:00', '10:00:00', '10:01:00'])
  assert.deepEqual(stage.iterations, [1, 2, 3])
})

test('one timer serves everything, and none is left when nothing waits', async t => {
  const stage = setCron(t)
  const own = { id: 'arq_client_ada', tenant: 'default', isAdmin: false }
  const jobs = [
    await stage.schedule({ cron: '* * * * *' }),
    await stage.schedule({ delay_seconds: 5 }),
    await stage.schedule()
  ]
  assert.equal(stage.clock.pending, 1)
  for (const { id } of jobs) await stage.scheduler.cancel(own, id)
  assert.equal(stage.clock.pending, 0)
})

test('after the wall clock has gone forward by hours, an expression comes once, and goes on from the present', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 59, 30) })
  await stage.schedule({ cron: '*/10 * * * *' })
  await stage.pass(40_000, 1000)
  stage.clock.set(Date.UTC(2026, 0, 1, 15, 3))
  await stage.pass(600_000, 1000)
  const [first, caughtUp, ...rest] = stage.times
  assert.equal(first, '10:00:00')
  assert.ok(caughtUp !== undefined && caughtUp > '15:03:00' && caughtUp <= '15:03:10', caughtUp)
  assert.deepEqual(rest, ['15:10:00'])
})

test('after the wall clock has gone back by hours, an expression goes on from the present', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 59, 30) })
  await stage.schedule({ cron: '*/10 * * * *' })
  await stage.pass(40_000, 1000)
  stage.clock.set(Date.UTC(2026, 0, 1, 6, 15))
  await stage.pass(1_000_000, 1000)
  assert.deepEqual(stage.times, ['10:00:00', '06:20:00', '06:30:00'])
})

test('a wall clock that goes back while a message is being stored is followed as well', async t => {
  let store: () => void = () => {}
  const stage = setCron(t, {
    startMs: Date.UTC(2026, 0, 1, 9, 59, 30),
    fire: (_job, iteration) => {
      if (iteration !== 1) return Promise.resolve()
      return new Promise(resolve => {
        store = resolve
      })
    }
  })
  await stage.schedule({ cron: '*/10 * * * *' })
  await stage.schedule({ cron: '0 0 1 1 *' })
  await stage.pass(40_000, 1000)
  stage.clock.set(Date.UTC(2026, 0, 1, 6, 15))
  await stage.pass(20_000, 1000)
  store()
  await stage.pass(400_000, 1000)
  assert.deepEqual(stage.times, ['10:00:00', '06:20:00'])
})

test('a wall clock that is corrected by less than a minute makes no time come twice', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 59, 30) })
  await stage.schedule({ cron: '* * * * *' })
  await stage.pass(30_000, 1000)
  stage.clock.set(stage.clock.now() - 59_000)
  await stage.pass(180_000, 1000)
  assert.deepEqual(stage.times, ['10:00:00', '10:01:00', '10:02:00'])
})

test('delays and intervals do not notice that the wall clock is set', async t => {
  for (const hours of [-5, 5]) {
    const stage = setCron(t)
    const job = await stage.schedule({ delay_seconds: 10, interval_seconds: 10, repeat_count: 3 })
    await stage.pass(5000)
    stage.clock.set(stage.clock.now() + hours * HOUR)
    assert.equal(job.nextRunAtMs, stage.clock.now() + 5000, 'what is told is as the clock stands now')
    await stage.pass(60_000, 1000)
    assert.deepEqual(stage.seconds, [10, 20, 30])
  }
})

test('after a stall of hours every job is fired once, and goes on from the present', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 30) })
  const interval = await stage.schedule({ delay_seconds: 60, interval_seconds: 60, repeat_count: 3 })
  const expression = await stage.schedule({ cron: '0 * * * *' })
  stage.clock.stall(5 * HOUR + 30_000)
  await stage.settle()
  assert.deepEqual(stage.times, ['14:30:30', '14:30:30'])
  await stage.pass(HOUR, 1000)
  const timesOf = (id: string) => stage.times.filter((_, at) => stage.firings[at]?.job.id === id)
  assert.deepEqual(timesOf(interval.id), ['14:30:30', '14:31:00', '14:32:00'])
  assert.deepEqual(timesOf(expression.id), ['14:30:30', '15:00:00'])
  assert.deepEqual(
    stage.firings.filter(({ job }) => job === interval).map(({ iteration }) => iteration),
    [1, 2, 3],
    'what was skipped uses up no repetition'
  )
})

test('what has waited longest is fired first after a stall', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 59, 30) })
  const last = await stage.schedule({ delay_seconds: 50 })
  const second = await stage.schedule({ cron: '0 * * * *' })
  const first = await stage.schedule({ delay_seconds: 20 })
  stage.clock.stall(HOUR)
  assert.deepEqual(
    stage.firings.map(({ job }) => job),
    [first, second, last]
  )
})

test('an expression fires no more often than an interval may', async t => {
  const stage = setCron(t, { startMs: Date.UTC(2026, 0, 1, 9, 30), limits: { cronMinIntervalMs: 600_000 } })
  await stage.schedule({ cron: '0,20,22 * * * *' })
  await stage.pass(HOUR, 10_000)
  assert.deepEqual(stage.times, ['10:00:00', '10:20:00'])
})

/** Firings around a change of the clocks, in UTC. */
const changes: readonly (readonly [zone: string, start: string, text: string, times: readonly string[]])[] = [
  ['Europe/Berlin', '2026-03-28T23:30Z', '30 2 * * *', ['01:00:00']],
  ['Europe/Berlin', '2026-03-28T23:30Z', '0 * * * *', ['00:00:00', '01:00:00', '02:00:00', '03:00:00']],
  ['Europe/Berlin', '2026-10-24T23:45Z', '30 2 * * *', ['00:30:00']],
  ['Europe/Berlin', '2026-10-24T23:45Z', '*/30 2 * * *', ['00:00:00', '00:30:00', '01:00:00', '01:30:00']],
  ['America/New_York', '2026-03-08T05:30Z', '30 2 * * *', ['07:00:00']],
  ['America/New_York', '2026-03-08T05:30Z', '0 * * * *', ['06:00:00', '07:00:00', '08:00:00', '09:00:00']],
  ['America/New_York', '2026-11-01T04:45Z', '30 1 * * *', ['05:30:00']],
  ['America/New_York', '2026-11-01T04:45Z', '*/30 1 * * *', ['05:00:00', '05:30:00', '06:00:00', '06:30:00']]
]

for (const [zone, start, text, times] of changes) {
  test(`${text} in ${zone} from ${start} comes at ${times.join(', ')} UTC`, async t => {
    const stage = setCron(t, { startMs: Date.parse(start) })
    await stage.schedule({ cron: text, timezone: zone })
    await stage.pass(4 * HOUR, 10_000)
    assert.deepEqual(stage.times, times)
  })
}

test('however the clock jumps, an expression is never early, never twice in one wake, and follows the present', async () => {
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 200_000 }),
    how: fc.constantFrom('pass', 'stall'),
    jumpMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -5 * HOUR, max: 5 * HOUR }),
      fc.integer({ min: -90_000, max: 90_000 })
    )
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async steps => {
      const stage = new CronStage({ startMs: Date.UTC(2026, 4, 1, 12, 0, 30) })
      await stage.schedule({ cron: '*/7 * * * *' })
      let jumps = 0
      for (const { ms, how, jumpMs } of steps) {
        if (jumpMs !== 0) jumps++
        stage.clock.set(stage.clock.now() + jumpMs)
        const before = stage.firings.length
        if (how === 'stall') {
          stage.clock.stall(ms)
          await stage.settle()
          assert.ok(stage.firings.length - before <= 1, 'one firing after a stall')
        } else await stage.pass(ms, 1000)
        const perSchedule = Math.ceil(ms / 420_000) + 1
        assert.ok(stage.firings.length - before <= perSchedule + 1, 'no burst')
      }
      const offGrid = stage.times.filter(time => Number(time.slice(3, 5)) % 7 !== 0 || time.slice(6) > '00')
      assert.ok(offGrid.length <= jumps + steps.length, 'only what catches up is off the schedule')
      stage.scheduler.close()
    }),
    { numRuns: 40 }
  )
})
