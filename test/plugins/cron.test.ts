import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import cron from '../../plugins/cron.ts'
import { parseCapabilities } from '../../src/auth/capabilities.ts'
import { type BusEvent, createBusEvents } from '../../src/bus/events.ts'
import { createIds } from '../../src/ids.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createRecords, RECORD_LIMITS } from '../../src/store/records.ts'
import type { OpenRecords } from '../../src/structures/records.ts'
import { type StageOptions, setBus } from '../support/bus.ts'
import { FakeClock } from '../support/clock.ts'
import { ada, blocking, KEY } from '../support/gate.ts'
import { buildBare, defaultConfig } from './bare.ts'

const order = { room: 'lab', channel: 'one', payload: { text: 'now' }, delay_seconds: 1 }

async function setCron(t: TestContext, options: StageOptions = {}, records?: OpenRecords) {
  const stage = await setBus(t, options)
  const events = createBusEvents()
  const told: BusEvent[] = []
  events.on(event => told.push(event))
  const { app, log } = buildBare(t, {
    bus: {
      bus: stage.bus,
      config: defaultConfig,
      clock: stage.clock,
      ids: createIds(stage.clock, randomBytes),
      records
    },
    casil: { gate: stage.gate, events },
    commands: {}
  })
  await app.register(cron)
  await app.ready()
  return { stage, app, told, log }
}

/** A claim that allows to publish to some places. */
function allowing(...publish: string[]) {
  return parseCapabilities({ publish, subscribe: ['*:*'] }, [])
}

function outcomes(told: readonly BusEvent[]): unknown[] {
  return told.filter(({ type }) => type === 'cron_fired').map(({ payload }) => Reflect.get(payload, 'outcome'))
}

test('a firing is a message of op-cron to every member, its owner too, and stands in the history', async t => {
  const { stage, told } = await setCron(t)
  const [owner, member, foreign] = [stage.connect(), stage.connect(), stage.connect({ tenant: 'other' })]
  for (const peer of [owner, member, foreign]) await peer.join('lab:one')
  const { payload } = await owner.command('op.cron.schedule', { ...order, interval_seconds: 2, repeat_count: 2 })
  const { job_id } = payload.data
  await stage.pass(5000)
  for (const peer of [owner, member]) {
    assert.deepEqual(
      peer.received().map(({ type, sender, room, channel, payload, metadata, sequence }) => ({
        ...{ type, sender, room, channel, payload, metadata, sequence }
      })),
      [1, 2].map(iteration => ({
        type: 'message',
        sender: 'op-cron',
        room: 'lab',
        channel: 'one',
        payload: { text: 'now' },
        metadata: { cron_job_id: job_id, iteration },
        sequence: iteration
      }))
    )
  }
  assert.deepEqual(foreign.received(), [])
  assert.deepEqual(outcomes(told), ['delivered', 'delivered'])
})

test('who may not publish there can schedule nothing there', async t => {
  const { stage, app } = await setCron(t)
  const peer = stage.connect({ capabilities: allowing('science:*') })
  const { error_code, error } = await peer.command('op.cron.schedule', order)
  assert.deepEqual([error_code, error], ['AUTHORIZATION_ERROR', 'Not allowed to publish to lab:one'])
  assert.equal((await peer.command('op.cron.schedule', { ...order, room: 'science' })).status, 'success')
  assert.equal(app.cron.size, 1)
})

test('each firing has the permissions that its owner has then', async t => {
  const { stage, told } = await setCron(t)
  const peer = stage.connect()
  await peer.join('lab:one')
  await peer.command('op.cron.schedule', { ...order, interval_seconds: 1, repeat_count: 3 })
  const { connection } = peer
  const { capabilities } = connection.identity
  await stage.pass(1000)
  connection.identity = { ...connection.identity, capabilities: allowing('science:*') }
  await stage.pass(1000)
  connection.identity = { ...connection.identity, capabilities }
  await stage.pass(1000)
  assert.deepEqual(
    peer.received().map(({ metadata }) => metadata.iteration),
    [1, 3]
  )
  assert.deepEqual(outcomes(told), ['delivered', 'AUTHORIZATION_ERROR', 'delivered'])
})

test('a job of the tenant outlives its owner with the permissions that it had last', async t => {
  const { stage, told } = await setCron(t)
  const admin = stage.connect({ role: 'admin' })
  const member = stage.connect()
  await member.join('lab:one')
  await admin.command('op.cron.schedule', { ...order, interval_seconds: 1, repeat_count: 3, lifetime: 'tenant' })
  await stage.pass(1000)
  const { connection } = admin
  connection.identity = { ...connection.identity, capabilities: allowing('lab:*') }
  connection.close(1000)
  await stage.pass(1000)
  assert.equal(member.received().length, 2)
  assert.deepEqual(outcomes(told), ['delivered', 'delivered'])
})

test('a job ends with the connection that ordered it', async t => {
  const { stage, app } = await setCron(t)
  const [owner, member] = [stage.connect(), stage.connect()]
  await member.join('lab:one')
  await owner.command('op.cron.schedule', order)
  owner.connection.close(1000)
  assert.equal(app.cron.size, 0)
  await stage.pass(5000)
  assert.deepEqual(member.received(), [])
})

test('a payload that the policy blocks cannot be scheduled', async t => {
  const { stage, app } = await setCron(t, { policy: blocking })
  const peer = stage.connect()
  const refusal = await peer.command('op.cron.schedule', { ...order, payload: { key: KEY } })
  assert.deepEqual(
    [refusal.type, refusal.error_code, refusal.room, refusal.channel],
    ['error', 'CASIL_POLICY_BLOCKED_SECRET', 'lab', 'one']
  )
  assert.equal(app.cron.size, 0)
})

test('a payload that the policy blocks by now is not published, and the job goes on', async t => {
  const { stage, told, log } = await setCron(t)
  const peer = stage.connect()
  await peer.join('lab:one')
  await peer.command('op.cron.schedule', { ...order, payload: { key: KEY }, interval_seconds: 1, repeat_count: 3 })
  await stage.pass(1000)
  await stage.gate.reload(blocking, ada)
  await stage.pass(1000)
  await stage.gate.reload({ enabled: false }, ada)
  await stage.pass(1000)
  assert.deepEqual(
    peer.received().map(({ metadata }) => metadata.iteration),
    [1, 3]
  )
  assert.deepEqual(outcomes(told), ['delivered', 'CASIL_POLICY_BLOCKED_SECRET', 'delivered'])
  assert.ok(!JSON.stringify([told, log, stage.log]).includes(KEY))
})

test('a payload that the policy redacts is redacted when it is fired', async t => {
  const policy = { enabled: true, mode: 'enforce', transport_redaction: true } as const
  const { stage } = await setCron(t, { policy })
  const peer = stage.connect()
  await peer.join('lab:one')
  await peer.command('op.cron.schedule', { ...order, payload: { token: 'tangerine', n: 1 } })
  await stage.pass(1000)
  assert.deepEqual(peer.received()[0]?.payload, { token: '***REDACTED***', n: 1 })
})

test('while the bus drains nothing is fired', async t => {
  const { stage, told } = await setCron(t)
  const peer = stage.connect()
  await peer.command('op.cron.schedule', order)
  const drained = stage.bus.drain()
  await stage.pass(5000)
  await drained
  assert.deepEqual(outcomes(told), [])
})

test('closing the app leaves no timer behind', async t => {
  const { stage, app } = await setCron(t)
  const peer = stage.connect({ role: 'admin' })
  const before = stage.clock.pending
  await peer.command('op.cron.schedule', { ...order, lifetime: 'tenant' })
  assert.equal(stage.clock.pending, before + 1)
  await app.close()
  assert.equal(stage.clock.pending, before)
})

test('a job of the tenant is fired by another node, with the permissions that its owner had last', async t => {
  const store = createMemoryStore({ clock: new FakeClock(), limits: RECORD_LIMITS })
  await store.open()
  const records = createRecords(store, 1000)
  const [one, two] = [await setCron(t, {}, records), await setCron(t, {}, records)]
  const owner = one.stage.connect({ role: 'admin', capabilities: allowing('lab:one') })
  const member = two.stage.connect()
  await member.join('lab:one')
  await owner.command('op.cron.schedule', { ...order, interval_seconds: 1, repeat_count: 3, lifetime: 'tenant' })
  assert.equal(two.app.cron.size, 1)
  await two.stage.pass(1000)
  assert.equal(member.received()[0]?.metadata.iteration, 1)
  const { connection } = owner
  connection.identity = { ...connection.identity, capabilities: allowing('science:*') }
  connection.close(1000)
  await one.app.close()
  await two.stage.pass(1000)
  assert.equal(member.received().length, 1)
  assert.deepEqual(outcomes(two.told), ['delivered', 'AUTHORIZATION_ERROR'])
})
