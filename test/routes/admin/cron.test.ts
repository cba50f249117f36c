import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerFrame } from '../../helper.ts'
import { until } from '../../support/until.ts'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

const far = { room: 'lab', channel: 'one', payload: { n: 1 }, delay_seconds: 3600 }

test('a job is scheduled, listed and cancelled', async t => {
  const { ask } = await openDesk(t)
  const made = await ask('POST', '/cron', { body: far })
  assert.equal(made.status, 201)
  assert.match(made.body.job_id, /^cron_[0-9a-f]{12}$/)
  assert.deepEqual([made.body.lifetime, made.body.repeat_count], ['tenant', 1])
  const listed = await ask('GET', '/cron')
  assert.deepEqual([listed.status, listed.body.count, listed.body.jobs[0].owner_client_id], [200, 1, 'operator'])
  assert.equal('payload' in listed.body.jobs[0], false)
  const cancelled = await ask('DELETE', `/cron/${made.body.job_id}`)
  assert.deepEqual([cancelled.status, cancelled.body], [200, { job_id: made.body.job_id }])
  assert.equal((await ask('GET', '/cron')).body.count, 0)
  assert.deepEqual(gist(await ask('DELETE', `/cron/${made.body.job_id}`)), [404, 'NOT_FOUND'])
})

test('a job fires for the members of its channel', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.join('lab:one')
  const { body } = await ask('POST', '/cron', {
    body: { ...far, delay_seconds: 0.01, interval_seconds: 0.1, repeat_count: 2 }
  })
  const frames = [await ada.next(({ type }) => type === 'message'), await ada.next(({ type }) => type === 'message')]
  assert.deepEqual(
    frames.map(({ sender, payload, metadata }) => [sender, payload, metadata]),
    [1, 2].map(iteration => ['op-cron', { n: 1 }, { cron_job_id: body.job_id, iteration }])
  )
  await until('it is over', async () => (await ask('GET', '/cron')).body.count === 0)
})

test('a job belongs to the tenant: an admin at a socket sees and cancels it, a user does not', async t => {
  const { ask, enter } = await openDesk(t, auth)
  const { body } = await ask('POST', '/cron', { body: far })
  const [boss, user] = [await enter(admin('north')), await enter({ tenant_id: 'north' })]
  assert.equal((await user.command('op.cron.list')).payload.data.count, 0)
  assert.equal((await user.command('op.cron.cancel', { job_id: body.job_id })).error_code, 'AUTHORIZATION_ERROR')
  const { jobs } = (await boss.command('op.cron.list')).payload.data
  assert.deepEqual(
    jobs.map((job: ServerFrame) => [job.job_id, job.owner_client_id]),
    [[body.job_id, 'admin-north']]
  )
  assert.equal((await boss.command('op.cron.cancel', { job_id: body.job_id })).status, 'success')
  assert.equal((await ask('GET', '/cron')).body.count, 0)
})

test('an operator sees and cancels the jobs of clients', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  const { payload } = await ada.command('op.cron.schedule', far)
  const { body } = await ask('GET', '/cron')
  assert.deepEqual([body.jobs[0].job_id, body.jobs[0].owner_client_id], [payload.data.job_id, ada.id])
  assert.equal((await ask('DELETE', `/cron/${payload.data.job_id}`)).status, 200)
  assert.equal((await ada.command('op.cron.list')).payload.data.count, 0)
})

test('a job of another tenant looks like one that is not there', async t => {
  const { ask } = await openDesk(t, auth)
  const { body } = await ask('POST', '/cron', { body: far })
  const south = admin('south')
  assert.equal((await ask('GET', '/cron', {}, south)).body.count, 0)
  const [foreign, missing] = [
    await ask('DELETE', `/cron/${body.job_id}`, {}, south),
    await ask('DELETE', '/cron/cron_000000000000', {}, south)
  ]
  assert.deepEqual(gist(foreign), [404, 'NOT_FOUND'])
  assert.equal(foreign.text.replace(body.job_id, 'cron_000000000000'), missing.text)
  assert.equal((await ask('GET', '/cron')).body.count, 1)
})

test('a job whose payload the policy blocks is not scheduled', async t => {
  const { ask } = await openDesk(t, guarded)
  const refused = await ask('POST', '/cron', { body: { ...far, payload: { key: SECRET } } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.equal((await ask('GET', '/cron')).body.count, 0)
})

test('a tenant can have as many jobs as the settings say, and not one more', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_MAX_CRON_JOBS_PER_TENANT: '1', ARQONBUS_MAX_CRON_JOBS_PER_CLIENT: '0' })
  assert.equal((await ask('POST', '/cron', { body: far })).status, 201)
  const refused = await ask('POST', '/cron', { body: far })
  assert.deepEqual(
    [...gist(refused), refused.body.details],
    [413, 'LIMIT_EXCEEDED', 'Limit exceeded: a tenant can have 1 cron jobs']
  )
})

test('every fault of an order is named', async t => {
  const { ask } = await openDesk(t)
  const body = { room: '-', payload: 1, cron: '61 * * * *', timezone: 'Here', delay_seconds: 1, lifetime: 'connection' }
  const refused = await ask('POST', '/cron', { body })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  for (const field of ['lifetime: is not known', 'channel: is required', 'room: must be', 'payload: must be an object'])
    assert.ok(refused.body.details.includes(field), `${field} in ${refused.body.details}`)
  const { lifetime: _, ...rest } = { ...body, room: 'lab', channel: 'one', payload: {} }
  const { details } = (await ask('POST', '/cron', { body: rest })).body
  assert.match(
    details,
    /^delay_seconds: cannot stand beside cron; timezone: must be .*; cron: must be an expression of five fields/
  )
})
