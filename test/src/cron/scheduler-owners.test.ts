import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import { ada, admin, bob, type CronStage, setCron, stranger } from './stage.ts'

const rest = { id: 'rest', tenant: 'default', isAdmin: true }

test('a client sees and cancels its own jobs, an admin those of its tenant, and nobody those of another', async t => {
  const stage = setCron(t)
  const [one, two] = [await stage.schedule({}, ada), await stage.schedule({}, bob)]
  const foreign = await stage.schedule({}, stranger)
  assert.deepEqual(stage.scheduler.list(ada), [one])
  assert.deepEqual(stage.scheduler.list(admin), [one, two])
  assert.deepEqual(stage.scheduler.list(stranger), [foreign])
  await assert.rejects(() => stage.scheduler.cancel(ada, two.id), { code: 'AUTHORIZATION_ERROR' })
  await assert.rejects(() => stage.scheduler.cancel(ada, foreign.id), { code: 'NOT_FOUND' })
  await assert.rejects(() => stage.scheduler.cancel(admin, foreign.id), { code: 'NOT_FOUND' })
  await assert.rejects(() => stage.scheduler.cancel(ada, 'cron_unknown'), { code: 'NOT_FOUND' })
  await stage.scheduler.cancel(ada, one.id)
  await stage.scheduler.cancel(admin, two.id)
  assert.deepEqual(stage.scheduler.list(admin), [])
  await assert.rejects(() => stage.scheduler.cancel(ada, one.id), { code: 'NOT_FOUND' })
})

test('a cancelled job is fired no more', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 5 })
  await stage.pass(2500, 500)
  await stage.scheduler.cancel(ada, job.id)
  await stage.pass(5000, 500)
  assert.deepEqual(stage.seconds, [1, 2])
})

test('a job can be cancelled in the very tick in which it is due', async t => {
  const stage: CronStage = setCron(t, {
    fire: async () => {
      for (const job of stage.scheduler.list(ada)) void stage.scheduler.cancel(ada, job.id)
    }
  })
  for (let count = 0; count < 3; count++) await stage.schedule({ delay_seconds: 1 })
  await stage.pass(5000, 1000)
  assert.equal(stage.firings.length, 1)
  assert.equal(stage.clock.pending, 0)
})

test('a job that is cancelled while it is published does not come back', async t => {
  let store: () => void = () => {}
  const stage = setCron(t, { fire: () => new Promise(resolve => (store = resolve)) })
  const job = await stage.schedule({ delay_seconds: 1, interval_seconds: 1, repeat_count: 5 })
  await stage.pass(1000)
  await stage.scheduler.cancel(ada, job.id)
  store()
  await stage.pass(5000, 500)
  assert.equal(stage.firings.length, 1)
  assert.equal(stage.events.length, 1)
})

test('jobs of a connection end with it; those of the tenant stay, on behalf of who it was last', async t => {
  const stage = setCron(t)
  await stage.schedule({ delay_seconds: 1 }, admin)
  await stage.schedule({ delay_seconds: 2 }, bob)
  const kept = await stage.schedule({ delay_seconds: 3, lifetime: 'tenant' }, admin)
  stage.scheduler.leave(admin, 'who it was last')
  await stage.pass(5000, 500)
  assert.deepEqual(
    stage.firings.map(({ monotonicMs, author }) => [monotonicMs, author]),
    [
      [2000, `of ${bob.id}`],
      [3000, 'who it was last']
    ]
  )
  assert.equal(stage.firings[1]?.job, kept)
})

test('one who is no admin cannot order a job for the tenant', async t => {
  const stage = setCron(t)
  await assert.rejects(() => stage.schedule({ lifetime: 'tenant' }, ada), { code: 'AUTHORIZATION_ERROR' })
  assert.equal((await stage.schedule({ lifetime: 'tenant' }, admin)).lifetime, 'tenant')
})

test('without a connection a job belongs to the tenant', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({}, rest, false)
  assert.equal(job.lifetime, 'tenant')
  stage.scheduler.leave(rest, '')
  assert.deepEqual(stage.scheduler.list(admin), [job])
  await assert.rejects(() => stage.schedule({ lifetime: 'connection' }, rest, false), { code: 'VALIDATION_ERROR' })
})

test('an order that may not be published now is refused, and nothing is kept', async t => {
  const refusal = new BusError('CASIL_POLICY_BLOCKED_SECRET')
  const asked: unknown[] = []
  const stage = setCron(t, {
    admit: (order, author) => {
      asked.push(order.payload, author)
      throw refusal
    }
  })
  await assert.rejects(() => stage.schedule({ payload: { key: 'secret' } }), refusal)
  assert.deepEqual(asked, [{ key: 'secret' }, `of ${ada.id}`])
  assert.equal(stage.scheduler.size, 0)
  assert.equal(stage.clock.pending, 0)
})

test('an order that is at fault is refused before anything else is asked', async t => {
  const stage = setCron(t, { admit: () => assert.fail('asked') })
  await assert.rejects(() => stage.schedule({ repeat_count: 2 }), { code: 'VALIDATION_ERROR' })
  await assert.rejects(() => stage.schedule({ delay_seconds: 1e9 }), { code: 'LIMIT_EXCEEDED' })
})

const bounds = [
  ['maxCronJobsPerClient', 'a client can have 3 cron jobs'],
  ['maxCronJobsPerTenant', 'a tenant can have 3 cron jobs'],
  ['maxCronJobs', 'the server can have 3 cron jobs']
] as const

for (const [name, said] of bounds) {
  test(`${name} is enforced one beyond it, and what ends makes room`, async t => {
    const stage = setCron(t, { limits: { [name]: 3 } })
    for (let count = 0; count < 3; count++) await stage.schedule()
    await assert.rejects(() => stage.schedule(), { code: 'LIMIT_EXCEEDED', message: `Limit exceeded: ${said}` })
    await stage.pass(1000)
    for (let count = 0; count < 3; count++) await stage.schedule()
    await assert.rejects(() => stage.schedule(), { code: 'LIMIT_EXCEEDED' })
  })
}

test('jobs for the tenant do not count against the client', async t => {
  const stage = setCron(t, { limits: { maxCronJobsPerClient: 1 } })
  for (let count = 0; count < 5; count++) await stage.schedule({ lifetime: 'tenant' }, admin)
  await stage.schedule({}, admin)
  await assert.rejects(() => stage.schedule({}, admin), { code: 'LIMIT_EXCEEDED' })
})
