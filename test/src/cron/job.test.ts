import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeJob, listJob } from '../../../src/cron/job.ts'
import { ada, admin, setCron } from './stage.ts'

test('a job is told with what was said and what holds where nothing was said', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({})
  assert.deepEqual(describeJob(job), {
    job_id: job.id,
    room: 'lab',
    channel: 'one',
    delay_seconds: 1,
    interval_seconds: null,
    repeat_count: 1,
    created_at: '2026-01-01T00:00:00.000Z',
    next_run_at: '2026-01-01T00:00:01.000Z'
  })
  assert.match(job.id, /^cron_[0-9a-f]{12}$/)
})

test('a job with an expression has no delay, interval and number', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({ cron: '0 3 * * *', timezone: 'Europe/Berlin', lifetime: 'tenant' }, admin)
  assert.deepEqual(describeJob(job), {
    job_id: job.id,
    room: 'lab',
    channel: 'one',
    delay_seconds: null,
    interval_seconds: null,
    repeat_count: null,
    created_at: '2026-01-01T00:00:00.000Z',
    next_run_at: '2026-01-01T02:00:00.000Z',
    cron: '0 3 * * *',
    timezone: 'Europe/Berlin',
    lifetime: 'tenant'
  })
})

test('a list says whose a job is and what became of it, and shows no content', async t => {
  const stage = setCron(t)
  const job = await stage.schedule({
    delay_seconds: 1,
    interval_seconds: 2,
    repeat_count: 3,
    payload: { text: 'secret' }
  })
  const ordered = describeJob(job)
  const waiting = { ...ordered, owner_client_id: ada.id, fired: 0, last_run_at: null }
  assert.deepEqual(listJob(job), waiting)
  await stage.pass(1500, 500)
  assert.deepEqual(listJob(job), {
    ...waiting,
    fired: 1,
    last_run_at: '2026-01-01T00:00:01.000Z',
    next_run_at: '2026-01-01T00:00:03.000Z'
  })
  assert.ok(!JSON.stringify(listJob(job)).includes('secret'))
})
