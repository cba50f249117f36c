import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import bus from '../../plugins/bus.ts'
import type { Bus } from '../../src/bus/bus.ts'
import { createBusEvents } from '../../src/bus/events.ts'
import { type Clock, createSystemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { createIds } from '../../src/ids.ts'
import { BusStage, identityOf } from '../support/bus.ts'
import { FakeClock } from '../support/clock.ts'
import { FakeTransport } from '../support/transport.ts'
import { until } from '../support/until.ts'
import { buildBare, defaultConfig } from './bare.ts'

async function build(t: TestContext, settings: Partial<Config> = {}, clock: Clock = createSystemClock()) {
  const { broker, registry, gate } = new BusStage()
  const routed: number[] = []
  const { app } = buildBare(t, {
    config: { config: { ...defaultConfig, ...settings }, clock, ids: createIds(clock, randomBytes) },
    broker: { broker },
    records: {},
    rooms: { rooms: registry },
    casil: { gate, events: createBusEvents() },
    'log-incidents': {},
    traces: {},
    metrics: { metrics: { observeRouting: (seconds: number) => routed.push(seconds) } }
  })
  await app.register(bus)
  await app.ready()
  return { app, broker, routed }
}

/** Lets a client in and waits until it was welcomed. */
async function enter(made: Bus): Promise<FakeTransport> {
  const transport = new FakeTransport()
  made.attach(identityOf(), transport)
  await until('it is welcomed', () => transport.frames.length === 1)
  return transport
}

for (const [flushIntervalMs, enableAuth] of [
  [0, false],
  [1, true]
] as const) {
  test(`the welcome tells what the settings allow, with a flush interval of ${flushIntervalMs} ms`, async t => {
    const settings = { nodeName: 'node-7', maxMemberships: 3, maxMessageBytes: 1000, maxHistorySize: 7 }
    const { app } = await build(t, { ...settings, flushIntervalMs, enableAuth })
    const { frames } = await enter(app.bus)
    const { payload } = frames[0] ?? {}
    assert.equal(payload.node, 'node-7')
    assert.equal(payload.protocol, '1.0')
    assert.deepEqual(payload.limits, { max_message_bytes: 1000, max_memberships: 3, history: 7 })
    assert.deepEqual(payload.features, ['history', 'recovery', 'presence', 'private', enableAuth ? 'auth' : 'open'])
  })
}

test('the bounds of JSON are those of the settings, and the time of each message is observed', async t => {
  const { app, routed } = await build(t, { maxJsonDepth: 3 })
  const transport = await enter(app.bus)
  transport.say('{"type":"message","room":"lab:one","payload":{"a":[]}}')
  transport.say('{"type":"message","room":"lab:one","payload":{"a":[[]]}}')
  await until('both are answered', () => transport.frames.length === 3)
  assert.deepEqual(
    transport.frames.slice(1).map(frame => frame.error_code ?? frame.status),
    ['success', 'VALIDATION_ERROR']
  )
  assert.equal(routed.length, 1)
})

test('closing the app drains the bus, and then nothing is left running', async t => {
  const clock = new FakeClock()
  const { app, broker } = await build(t, {}, clock)
  const transport = await enter(app.bus)
  const closed = app.close()
  await until('the client is told', () => transport.closing !== undefined)
  assert.equal(transport.closing?.code, 1012)
  let isClosed = false
  void closed.then(() => {
    isClosed = true
  })
  await until('the app is closed', () => {
    if (!isClosed) clock.advance(20)
    return isClosed
  })
  assert.equal(clock.pending, 0)
  await assert.rejects(broker.probe(), { code: 'ENGINE_UNAVAILABLE' })
})

test('who may come in is decided by the settings', async t => {
  const { app } = await build(t, { maxConnections: 1 })
  app.admission.take(identityOf(), '10.0.0.1')
  assert.throws(() => app.admission.take(identityOf(), '10.0.0.1'), { code: 'OVERLOADED' })
})
