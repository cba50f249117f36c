import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusError } from '../../../src/errors.ts'
import { ada, CronStage, setCron } from './stage.ts'

test('a job is fired after its delay, not a millisecond before, and vanishes', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({ delay_seconds: 2.5 })
  await stage.pass(2499)
  assert.equal(stage.firings.length, 0)
  assert.equal(stage.scheduler.list(ada).length, 1)
  await stage.pass(1)
  assert.deepEqual(stage.seconds, [2.5])
  assert.equal(stage.firings[0]?.job, job)
  assert.deepEqual(stage.scheduler.list(ada), [])
  assert.equal(stage.scheduler.size, 0)
  assert.equal(stage.clock.pending, 0)
})

test('without a delay it is one second', async t => {
  const stage = setCron(t)
  await stage.schedule()
  await stage.pass(5000, 100)
  assert.deepEqual(stage.seconds, [1])
})

test('a job is fired as often as it says, at its interval, counted from 1', async t => {
  const stage = setCron(t)
  await stage.schedule({ delay_seconds: 1, interval_seconds: 0.5, repeat_count: 4 })
  await stage.pass(10_000, 50)
  assert.deepEqual(stage.seconds, [1, 1.5, 2, 2.5])
  assert.deepEqual(stage.iterations, [1, 2, 3, 4])
  assert.equal(stage.scheduler.firedCount, 4)
  assert.equal(stage.clock.pending, 0)
})

test('late firings do not move the due times that follow', async t => {
  const stage = setCron(t)
  await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 5 })
  for (let turn = 0; turn < 9; turn++) {
    stage.clock.stall(650)
    await stage.settle()
  }
  assert.deepEqual(stage.seconds, [1.3, 2.6, 3.25, 4.55, 5.2])
  assert.deepEqual(
    stage.events.map(({ payload }) => Reflect.get(payload, 'late_ms')),
    [300, 600, 250, 550, 200]
  )
})

test('jobs due at the same time are fired in the order in which they were scheduled', async t => {
  const stage = setCron(t)
  const jobs = await Promise.all(Array.from({ length: 20 }, () => stage.schedule({ delay_seconds: 1 })))
  await stage.pass(1000)
  assert.deepEqual(
    stage.firings.map(({ job }) => job.id),
    jobs.map(({ id }) => id)
  )
})

test('2,000 jobs are fired at once, each once', async t => {
  const stage = setCron(t, { limits: { maxCronJobsPerClient: 2000, maxCronJobsPerTenant: 2000 } })
  for (let count = 0; count < 2000; count++) await stage.schedule({ delay_seconds: 3 })
  assert.equal(stage.clock.pending, 1, 'one timer for all')
  await stage.pass(3000)
  assert.equal(new Set(stage.firings.map(({ job }) => job.id)).size, 2000)
  assert.equal(stage.firings.length, 2000)
  assert.equal(stage.scheduler.size, 0)
})

test('others get their turn while many jobs are due', async t => {
  let workMs = 0
  const stage = setCron(t, {
    fire: async () => {
      workMs += 3
    }
  })
  const monotonic = stage.clock.monotonic.bind(stage.clock)
  stage.clock.monotonic = () => monotonic() + workMs
  for (let count = 0; count < 9; count++) await stage.schedule({ delay_seconds: 1 })
  const seen: number[] = []
  for (const atMs of [1001, 1010, 1028]) stage.clock.after(atMs, () => seen.push(stage.firings.length))
  await stage.pass(1100)
  assert.deepEqual(seen, [3, 6, 9])
})

test('a job in 29 days waits for timers that cannot be that long', async t => {
  const stage = setCron(t)
  const seconds = 29 * 86_400
  await stage.schedule({ delay_seconds: seconds })
  const delays: number[] = []
  const after = stage.clock.after.bind(stage.clock)
  stage.clock.after = (delayMs, run) => {
    delays.push(delayMs)
    return after(delayMs, run)
  }
  await stage.schedule({ delay_seconds: seconds })
  await stage.pass(seconds * 1000 - 1)
  assert.equal(stage.firings.length, 0)
  await stage.pass(1)
  assert.deepEqual(stage.seconds, [seconds, seconds])
  assert.equal(delays[0], 2_147_483_647)
  assert.ok(delays.every(delayMs => delayMs <= 2_147_483_647))
})

test('a timer that comes too early fires nothing', async t => {
  const stage = setCron(t)
  const after = stage.clock.after.bind(stage.clock)
  stage.clock.after = (delayMs, run) => after(delayMs - 1, run)
  await stage.schedule({ delay_seconds: 1 })
  stage.clock.after = after
  await stage.pass(999)
  assert.equal(stage.firings.length, 0)
  await stage.pass(1)
  assert.deepEqual(stage.seconds, [1])
})

test('a firing that is refused uses up a repetition, is told and logged, and does not end the job', async t => {
  const stage: CronStage = setCron(t, {
    fire: async (_job, iteration) => {
      if (iteration !== 3) throw new BusError('ENGINE_UNAVAILABLE')
    }
  })
  const { id } = await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 4 })
  await stage.pass(10_000, 500)
  assert.deepEqual(stage.iterations, [1, 2, 3, 4])
  const payload = { job_id: id, room: 'lab', channel: 'one', late_ms: 0 }
  const refused = { ...payload, outcome: 'ENGINE_UNAVAILABLE' }
  const whom = { type: 'cron_fired', tenant: 'default', clientId: ada.id }
  assert.deepEqual(stage.events, [
    { ...whom, severity: 'warning', payload: { ...refused, iteration: 1 } },
    { ...whom, severity: 'warning', payload: { ...refused, iteration: 2 } },
    { ...whom, severity: 'info', payload: { ...payload, outcome: 'delivered', iteration: 3 } },
    { ...whom, severity: 'warning', payload: { ...refused, iteration: 4 } }
  ])
  assert.deepEqual(
    stage.log.map(({ level, msg, iteration, outcome }) => [level, msg, iteration, outcome]),
    [1, 4].map(iteration => ['warn', 'a cron job was refused', iteration, 'ENGINE_UNAVAILABLE'])
  )
})

test('an error that nobody expects is logged, and told as INTERNAL_ERROR', async t => {
  const stage = setCron(t, {
    fire: () => {
      throw new Error('the disk is gone')
    }
  })
  await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 2 })
  await stage.pass(3000, 500)
  assert.equal(stage.firings.length, 2)
  assert.deepEqual(
    stage.events.map(({ payload }) => Reflect.get(payload, 'outcome')),
    ['INTERNAL_ERROR', 'INTERNAL_ERROR']
  )
  assert.deepEqual(
    stage.log.map(({ level, msg }) => [level, msg]),
    Array.from({ length: 2 }, () => ['error', 'a cron job could not be fired'])
  )
})

test('how late a firing was is told', async t => {
  const stage = setCron(t)
  await stage.schedule({ delay_seconds: 1 })
  stage.clock.stall(4200)
  await stage.settle()
  assert.equal(Reflect.get(stage.events[0]?.payload ?? {}, 'late_ms'), 3200)
})

test('a job waits until its last message is stored, and skips what was due meanwhile', async t => {
  let store: () => void = () => {}
  const stage = setCron(t, {
    fire: (_job, iteration) =>
      iteration === 1
        ? new Promise(resolve => {
            store = resolve
          })
        : Promise.resolve()
  })
  await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 3 })
  await stage.pass(3500, 500)
  assert.deepEqual(stage.seconds, [1])
  store()
  await stage.settle()
  await stage.pass(3000, 500)
  assert.deepEqual(stage.seconds, [1, 4, 5])
  assert.deepEqual(stage.iterations, [1, 2, 3])
})

test('while the server drains nothing is fired and nothing is taken', async t => {
  const stage = setCron(t)
  await stage.schedule({ delay_seconds: 1 })
  stage.isDraining = true
  await assert.rejects(() => stage.schedule(), { code: 'DRAINING' })
  await stage.pass(5000, 500)
  assert.equal(stage.firings.length, 0)
})

test('a closed scheduler fires nothing, takes nothing, and leaves no timer', async t => {
  let store: () => void = () => {}
  const stage = setCron(t, { fire: () => new Promise(resolve => (store = resolve)) })
  await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 5 })
  await stage.schedule({ cron: '* * * * *' })
  await stage.pass(1000)
  stage.scheduler.close()
  store()
  await stage.settle()
  assert.equal(stage.clock.pending, 0)
  await assert.rejects(() => stage.schedule(), { code: 'DRAINING' })
  await stage.pass(120_000, 1000)
  assert.equal(stage.firings.length, 1)
})

test('however time passes, interval jobs are never early, on the grid, and not twice for one due time', async () => {
  const job = fc.record({
    delayMs: fc.integer({ min: 1, max: 5000 }),
    intervalMs: fc.integer({ min: 100, max: 3000 }),
    repeats: fc.integer({ min: 1, max: 6 })
  })
  const step = fc.record({
    ms: fc.integer({ min: 0, max: 8000 }),
    isStall: fc.boolean(),
    wallMs: fc.integer({ min: -9e6, max: 9e6 })
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { minLength: 1, maxLength: 5 }),
      fc.array(step, { maxLength: 25 }),
      async (jobs, steps) => {
        const stage = new CronStage()
        const plans = new Map<string, (typeof jobs)[number]>()
        for (const plan of jobs) {
          const order = { delay_seconds: plan.delayMs / 1000, interval_seconds: plan.intervalMs / 1000 }
          plans.set((await stage.schedule({ ...order, repeat_count: plan.repeats })).id, plan)
        }
        for (const { ms, isStall, wallMs } of steps) {
          stage.clock.set(stage.clock.now() + wallMs)
          if (isStall) stage.clock.stall(ms)
          else stage.clock.advance(ms)
          await stage.settle()
        }
        stage.scheduler.close()
        for (const [id, { delayMs, intervalMs, repeats }] of plans) {
          const own = stage.firings.filter(({ job }) => job.id === id)
          assert.ok(own.length <= repeats)
          let last = -1
          for (const [at, { monotonicMs, iteration }] of own.entries()) {
            assert.equal(iteration, at + 1)
            const turn = Math.floor((monotonicMs - delayMs) / intervalMs + 1e-9)
            assert.ok(turn > last, `turn ${turn} comes after ${last}`)
            last = turn
          }
        }
      }
    ),
    { numRuns: 60 }
  )
})
