import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BusEvent } from '../../src/bus/events.ts'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const KEY = 'sk_live_00000000'
const place = { room: 'lab', channel: 'bench' }
const quick = { ...place, payload: { text: 'tick' }, delay_seconds: 0.1, interval_seconds: 0.1 }

/** One server with a way in for every tenant. */
interface Tenancy {
  readonly server: TestServer
  enter(tenant: string, claims?: object): Promise<TestClient>
}

async function start(t: TestContext, env: Record<string, string> = {}): Promise<Tenancy> {
  const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
  const server = await startServer(t, { ...auth, ...env })
  return {
    server,
    enter(tenant_id, claims = {}) {
      const token = signToken(validClaims(Date.now(), { tenant_id, ...claims }))
      return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
    }
  }
}

async function schedule(client: TestClient, order: object): Promise<ServerFrame> {
  const { status, payload } = await client.command('op.cron.schedule', order)
  assert.equal(status, 'success', JSON.stringify(payload))
  return payload.data
}

function firingsOf(client: TestClient): ServerFrame[] {
  return client.frames.filter(({ sender }) => sender === 'op-cron')
}

test('a job every tenth of a second comes three times, in order, never early, and stands in the history', async t => {
  const server = await startServer(t)
  const [owner, member] = [await server.connect(), await server.connect()]
  for (const client of [owner, member]) await client.join('lab:bench')
  const job = await schedule(owner, { ...quick, repeat_count: 3 })
  for (const client of [owner, member]) {
    await until('three have come', () => firingsOf(client).length === 3)
    assert.deepEqual(
      firingsOf(client).map(({ type, payload, metadata, sequence }) => ({ type, payload, metadata, sequence })),
      [1, 2, 3].map(iteration => ({
        type: 'message',
        payload: { text: 'tick' },
        metadata: { cron_job_id: job.job_id, iteration },
        sequence: iteration
      }))
    )
  }
  const firstMs = Date.parse(job.next_run_at)
  for (const [turn, { timestamp }] of firingsOf(owner).entries()) {
    assert.ok(Date.parse(timestamp) >= firstMs + turn * 100 - 1, `${timestamp} is turn ${turn} of ${job.next_run_at}`)
  }
  const { payload } = await member.command('op.history.get', place)
  assert.deepEqual(
    payload.data.entries.map(({ envelope }: ServerFrame) => [envelope.sender, envelope.metadata.iteration]),
    [3, 2, 1].map(iteration => ['op-cron', iteration])
  )
  const { payload: listed } = await owner.command('op.cron.list')
  assert.deepEqual(listed.data, { jobs: [], count: 0 })
})

test('a job ends with its connection, the one of the tenant does not', async t => {
  const { enter } = await start(t)
  const member = await enter('acme')
  await member.join('lab:bench')
  const admin = await enter('acme', { sub: 'admin', role: 'admin' })
  const own = await schedule(admin, { ...quick, repeat_count: 10_000 })
  const kept = await schedule(admin, { ...quick, repeat_count: 10_000, lifetime: 'tenant' })
  await until('both have come', () => new Set(firingsOf(member).map(({ metadata }) => metadata.cron_job_id)).size === 2)
  admin.socket.close()
  await admin.closed
  const other = await enter('acme', { sub: 'other', role: 'admin' })
  await until('one job is left', async () => (await other.command('op.cron.list')).payload.data.count === 1)
  await member.settle()
  const seen = member.frames.length
  await until('five more have come', () => member.frames.length >= seen + 5)
  const later = member.frames.slice(seen).map(({ metadata }) => metadata.cron_job_id)
  assert.ok(!later.includes(own.job_id))
  assert.equal((await other.command('op.cron.cancel', { job_id: kept.job_id })).status, 'success')
  assert.equal((await other.command('op.cron.list')).payload.data.count, 0)
})

test('jobs stay within their tenant', async t => {
  const { enter } = await start(t)
  const [ours, theirs] = [await enter('acme'), await enter('umbrella', { role: 'admin' })]
  for (const client of [ours, theirs]) await client.join('lab:bench')
  const { job_id } = await schedule(ours, { ...quick, repeat_count: 10_000 })
  await until('it has come', () => firingsOf(ours).length > 2)
  const { payload } = await theirs.command('op.cron.list')
  assert.deepEqual(payload.data, { jobs: [], count: 0 })
  const unknown = 'cron_000000000000'
  const [foreign, missing] = [
    await theirs.command('op.cron.cancel', { job_id }),
    await theirs.command('op.cron.cancel', { job_id: unknown })
  ]
  assert.equal(foreign.error_code, 'NOT_FOUND')
  assert.equal(foreign.error.replace(job_id, unknown), missing.error)
  assert.deepEqual(firingsOf(theirs), [])
})

test('the clients of a tenant do not see or cancel the jobs of each other', async t => {
  const { enter } = await start(t)
  const [ada, bob] = [await enter('acme', { sub: 'ada' }), await enter('acme', { sub: 'bob' })]
  const { job_id } = await schedule(ada, { ...place, payload: {}, cron: '0 3 * * *', timezone: 'Europe/Berlin' })
  assert.equal((await bob.command('op.cron.list')).payload.data.count, 0)
  assert.equal((await bob.command('op.cron.cancel', { job_id })).error_code, 'AUTHORIZATION_ERROR')
  assert.equal(
    (await bob.command('op.cron.schedule', { ...quick, lifetime: 'tenant' })).error_code,
    'AUTHORIZATION_ERROR'
  )
  assert.equal((await ada.command('op.cron.list')).payload.data.jobs[0].owner_client_id, ada.id)
})

test('what the policy blocks is refused when scheduled, and when it is fired after the policy has changed', async t => {
  const { server, enter } = await start(t, { ARQONBUS_CASIL_ENABLED: 'true', ARQONBUS_CASIL_SCOPE_INCLUDE: 'lab:*' })
  const events: BusEvent[] = []
  server.app.events.on(event => events.push(event))
  const [ada, admin] = [await enter('acme'), await enter('acme', { sub: 'admin', role: 'superadmin' })]
  await ada.join('lab:bench')
  const secret = { ...quick, payload: { key: KEY }, repeat_count: 10_000 }
  const { job_id } = await schedule(ada, secret)
  await until('it is let through', () => firingsOf(ada).length > 0)
  const reload = async (changes: object) =>
    assert.equal((await admin.command('op.casil.reload', changes)).status, 'success')
  await reload({ mode: 'enforce', block_on_probable_secret: true })
  const refused = await ada.command('op.cron.schedule', secret)
  assert.deepEqual([refused.type, refused.error_code], ['error', 'CASIL_POLICY_BLOCKED_SECRET'])
  const outcomes = () =>
    events.filter(({ type }) => type === 'cron_fired').map(({ payload }) => Reflect.get(payload, 'outcome'))
  await until('firings are blocked', () => outcomes().filter(outcome => outcome !== 'delivered').length >= 3)
  await ada.settle()
  const seen = firingsOf(ada).length
  assert.equal(outcomes().filter(outcome => outcome === 'delivered').length, seen)
  await reload({ mode: 'monitor' })
  await until('it is let through again', () => firingsOf(ada).length > seen)
  const iterations = firingsOf(ada).map(({ metadata }) => metadata.iteration)
  assert.ok(iterations.at(seen) - iterations.at(seen - 1) > 3, 'what was blocked has been counted')
  const { payload } = await ada.command('op.cron.list')
  assert.deepEqual(
    payload.data.jobs.map((job: ServerFrame) => job.job_id),
    [job_id]
  )
})

test('a client can have as many jobs as the settings say, and not one more', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_CRON_JOBS_PER_CLIENT: '2' })
  const client = await server.connect()
  const far = { ...place, payload: {}, delay_seconds: 2_592_000 }
  for (let count = 0; count < 2; count++) await schedule(client, far)
  const { error_code, error } = await client.command('op.cron.schedule', far)
  assert.deepEqual([error_code, error], ['LIMIT_EXCEEDED', 'Limit exceeded: a client can have 2 cron jobs'])
  const beyond = await client.command('op.cron.schedule', { ...far, delay_seconds: 2_592_001 })
  assert.equal(beyond.error, 'Limit exceeded: delay_seconds: can be 2592000 at most')
})
