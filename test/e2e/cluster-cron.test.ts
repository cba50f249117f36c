import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { type NatsServer, startNats } from '../support/nats-server.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const place = { room: 'lab', channel: 'bench' }
const quick = { ...place, payload: { n: 1 }, delay_seconds: 0.2, interval_seconds: 0.2, lifetime: 'tenant' }
const far = { ...place, payload: { n: 1 }, delay_seconds: 3600, lifetime: 'tenant' }

interface ClusterNode {
  readonly server: TestServer
  enter(claims?: object): Promise<TestClient>
}

async function startNode(t: TestContext, nats: NatsServer, node: string): Promise<ClusterNode> {
  const server = await startServer(t, {
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: nats.url,
    ARQONBUS_NODE_NAME: node,
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET
  })
  return {
    server,
    enter(claims = {}) {
      const token = signToken(validClaims(Date.now(), { sub: 'boss', role: 'admin', tenant_id: 'acme', ...claims }))
      return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
    }
  }
}

async function schedule(client: TestClient, order: object): Promise<ServerFrame> {
  const { status, payload } = await client.command('op.cron.schedule', order)
  assert.equal(status, 'success', JSON.stringify(payload))
  return payload.data
}

async function listed(client: TestClient): Promise<ServerFrame[]> {
  return (await client.command('op.cron.list')).payload.data.jobs
}

function iterationsOf(client: TestClient, jobId: string): number[] {
  return client.frames
    .map(({ metadata }) => metadata)
    .flatMap(found => (found?.cron_job_id === jobId ? [found.iteration] : []))
}

test('a job of the tenant is fired by one node at a time, and goes on when the one that took the order is closed', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const [owner, member] = [await one.enter(), await two.enter({ sub: 'ada', role: 'user' })]
  await member.join('lab:bench')
  const { job_id } = await schedule(owner, { ...quick, repeat_count: 10_000 })
  await until('some have come', () => iterationsOf(member, job_id).length >= 5)
  await one.server.app.close()
  const seen = iterationsOf(member, job_id).length
  await until('it goes on', () => iterationsOf(member, job_id).length >= seen + 5)
  const [first, second] = [one, two].map(({ server }) => server.app.cron.claims.won)
  const late = await two.enter()
  const [job] = await listed(late)
  assert.ok(Number(first) + Number(second) <= job?.fired)
  assert.equal((await late.command('op.cron.cancel', { job_id })).status, 'success')
  await member.settle()
  const iterations = iterationsOf(member, job_id)
  assert.equal(new Set(iterations).size, iterations.length, 'none has come twice')
})

test('a job is finished on all nodes after as many firings as it has repetitions', async t => {
  const nats = await startNats(t)
  const nodes = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')] as const
  const [owner, member] = [await nodes[0].enter(), await nodes[1].enter({ sub: 'ada' })]
  await member.join('lab:bench')
  const { job_id } = await schedule(owner, { ...quick, repeat_count: 5 })
  await until('it has come', () => iterationsOf(member, job_id).length > 0)
  for (const { server } of nodes) await until('it is finished', () => server.app.cron.size === 0)
  await member.settle()
  const iterations = iterationsOf(member, job_id)
  assert.equal(new Set(iterations).size, iterations.length)
  assert.ok(iterations.every(iteration => iteration >= 1 && iteration <= 5))
})

test('a job that was scheduled on one node is listed on another and cancelled there', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const [owner, other, foreign] = [await one.enter(), await two.enter(), await two.enter({ tenant_id: 'umbrella' })]
  const { job_id } = await schedule(owner, far)
  await until('it is known', () => two.server.app.cron.size === 1)
  assert.deepEqual(await listed(other), await listed(owner))
  assert.deepEqual(await listed(foreign), [])
  assert.equal((await foreign.command('op.cron.cancel', { job_id })).error_code, 'NOT_FOUND')
  assert.equal((await other.command('op.cron.cancel', { job_id })).status, 'success')
  await until('it is gone', () => one.server.app.cron.size === 0)
  assert.equal((await owner.command('op.cron.cancel', { job_id })).error_code, 'NOT_FOUND')
})

test('a job outlives all nodes, with the permissions of whoever ordered it', async t => {
  const nats = await startNats(t)
  const one = await startNode(t, nats, 'one')
  const channels = { publish: ['lab:bench'], subscribe: [] }
  const owner = await one.enter({ channels })
  const { job_id } = await schedule(owner, { ...quick, repeat_count: 10_000 })
  const refused = await owner.command('op.cron.schedule', { ...far, channel: 'other' })
  assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
  await one.server.app.close()
  const two = await startNode(t, nats, 'two')
  const member = await two.enter({ sub: 'ada' })
  await member.join('lab:bench')
  await until('it has come again', () => iterationsOf(member, job_id).length >= 2)
  assert.equal((await member.command('op.cron.cancel', { job_id })).status, 'success')
})

test('while NATS is away a job of the tenant is refused, and one of a connection is not', async t => {
  const nats = await startNats(t)
  const client = await (await startNode(t, nats, 'one')).enter()
  await nats.kill()
  const refused = await client.command('op.cron.schedule', far)
  assert.equal(refused.error_code, 'ENGINE_UNAVAILABLE')
  await schedule(client, { ...far, lifetime: 'connection' })
  assert.equal((await listed(client)).length, 1)
})
