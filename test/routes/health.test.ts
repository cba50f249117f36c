import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import health from '../../routes/health.ts'
import { VERSION } from '../../src/version.ts'
import { buildBare } from '../plugins/bare.ts'
import { FakeClock } from '../support/clock.ts'

/** The routes over a bus and an engine that say what the test wants. */
async function build(t: TestContext, probe: () => Promise<void> = async () => {}) {
  const clock = new FakeClock()
  const bus = { startedAtMs: clock.now(), isDraining: false, isUnderPressure: false }
  const { app } = buildBare(t, { all: { clock, bus, broker: { probe } } })
  await app.register(health)
  return { app, bus, clock }
}

test('the process is healthy as long as it answers, also while it drains, over pressure and without an engine', async t => {
  const { app, bus, clock } = await build(t, () => Promise.reject(new Error('down')))
  Object.assign(bus, { isDraining: true, isUnderPressure: true })
  clock.advance(61_400)
  const reply = await app.inject('/health')
  assert.equal(reply.statusCode, 200)
  assert.deepEqual(reply.json(), {
    status: 'healthy',
    ok: true,
    service: 'arqonbus',
    timestamp: clock.iso(),
    uptime_seconds: 61,
    version: VERSION
  })
})

test('the process is ready when nothing stands in the way', async t => {
  const { app, clock } = await build(t)
  const reply = await app.inject('/ready')
  assert.equal(reply.statusCode, 200)
  assert.deepEqual(reply.json(), {
    status: 'ready',
    ok: true,
    checks: { draining: false, pressure: false, engine: true },
    timestamp: clock.iso()
  })
  assert.equal(clock.pending, 0)
})

for (const [what, state, checks] of [
  ['while it drains', { isDraining: true }, { draining: true, pressure: false, engine: true }],
  ['over pressure', { isUnderPressure: true }, { draining: false, pressure: true, engine: true }]
] as const) {
  test(`the process is not ready ${what}`, async t => {
    const { app, bus } = await build(t)
    Object.assign(bus, state)
    const reply = await app.inject('/ready')
    assert.equal(reply.statusCode, 503)
    const { status, ok, checks: found } = reply.json()
    assert.deepEqual([status, ok, found], ['not ready', false, checks])
  })
}

test('the process is not ready when the engine cannot be reached', async t => {
  const { app } = await build(t, () => Promise.reject(new Error('down')))
  const reply = await app.inject('/ready')
  assert.equal(reply.statusCode, 503)
  assert.deepEqual(reply.json().checks, { draining: false, pressure: false, engine: false })
})

test('the process is not ready when the engine does not answer within two seconds', async t => {
  let probes = 0
  const { app, clock } = await build(t, () => {
    probes++
    return new Promise(() => {})
  })
  const asked = app.inject('/ready')
  while (probes === 0) await new Promise(setImmediate)
  clock.advance(2000)
  const reply = await asked
  assert.equal(reply.statusCode, 503)
  assert.equal(reply.json().checks.engine, false)
  assert.equal(clock.pending, 0)
})
