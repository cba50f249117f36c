import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import errors from '../../plugins/errors.ts'
import metrics from '../../plugins/metrics.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { BusError } from '../../src/errors.ts'
import { type StageOptions, setBus } from '../support/bus.ts'
import { sampleOf } from '../support/metrics.ts'
import { buildBare, defaultConfig } from './bare.ts'

/** The plugin with everything that is there in every server, beside `parts`. */
async function build(t: TestContext, parts: Readonly<Record<string, object>> = {}, options: StageOptions = {}) {
  const stage = await setBus(t, options)
  const { bus, broker, gate, registry, clock } = stage
  const { app } = buildBare(t, {
    config: { clock, config: defaultConfig },
    others: { bus, broker, gate, rooms: registry, admission: { count: 7 }, ...parts }
  })
  await app.register(errors)
  await app.register(metrics)
  const read = async (series: string): Promise<number> => sampleOf(await app.metrics.text(), `arqonbus_${series}`)
  return { app, stage, read }
}

test('the numbers are those of the moment', async t => {
  const { stage, read } = await build(t)
  assert.equal(await read('active_clients'), 0)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  ada.say({ type: 'message', room: 'lab:one' })
  ada.say('junk')
  stage.clock.advance(4000)
  const expected = {
    active_clients: 2,
    active_connections: 7,
    connections_max: defaultConfig.maxConnections,
    connections_accepted_total: 2,
    messages_received_total: 3,
    messages_published_total: 1,
    messages_sent_total: 1,
    errors_total: 1,
    'refusals_total{code="VALIDATION_ERROR",door="frame"}': 1,
    slow_consumers_total: 0,
    outbound_bytes: 0,
    history_messages: 1,
    rooms_total: 4,
    channels_total: 11,
    uptime_seconds: 4,
    broker_probe_age_seconds: 4,
    'command_executions_total{command="join_channel"}': 1
  }
  for (const [series, value] of Object.entries(expected)) assert.equal(await read(series), value, series)
  assert.ok((await read('memory_usage_bytes')) > 1_000_000)
})

test('parts that the server has are read, and those it lacks are not missed', async t => {
  const bare = await build(t)
  assert.equal(await bare.read('cron_jobs'), 0)
  const { read } = await build(t, {
    webhooks: { queued: 1, inFlight: 2, counts: () => [{ outcome: 'dropped', count: 3 }] },
    cron: { size: 4, firedCount: 5, claims: { won: 6, lost: 7 } },
    store: { held: { keys: 6, bytes: 7 } },
    feed: { sentCount: 8, droppedCount: 9 },
    telemetry: { size: 10 }
  })
  const expected = {
    webhook_queue_deliveries: 1,
    webhook_in_flight: 2,
    'webhook_deliveries_total{outcome="dropped"}': 3,
    'dropped_total{reason="webhook_queue"}': 3,
    cron_jobs: 4,
    cron_fired_total: 5,
    cron_claims_lost_total: 7,
    store_keys: 6,
    store_bytes: 7,
    telemetry_events_sent_total: 8,
    'dropped_total{reason="telemetry_queue"}': 9,
    telemetry_connections: 10
  }
  for (const [series, value] of Object.entries(expected)) assert.equal(await read(series), value, series)
})

test('messages and inspections are timed once the server is ready', async t => {
  const { app, stage, read } = await build(t, {}, { policy: { enabled: true } })
  await app.ready()
  stage.connect().say({ type: 'message', room: 'lab:one' })
  assert.equal(await read('publish_deliver_duration_seconds_count'), 1)
  assert.equal(await read('casil_inspection_duration_seconds_count'), 1)
})

test('an engine that is down is seen in the age and the failures of its probe', async t => {
  let isDown = false
  const broker = (memory: Broker) => ({
    probe: () => (isDown ? Promise.reject(new BusError('ENGINE_UNAVAILABLE')) : memory.probe())
  })
  const { stage, read } = await build(t, {}, { broker })
  await stage.pass(5000)
  assert.equal(await read('broker_probe_age_seconds'), 0)
  isDown = true
  await stage.pass(10_000)
  assert.equal(await read('broker_probe_age_seconds'), 10)
  assert.equal(await read('broker_probe_failures_total'), 2)
})

test('every HTTP answer is counted by its class and its code, and timed', async t => {
  const { app, read } = await build(t)
  app.get('/', async () => 'ok')
  for (const url of ['/', '/', '/none']) await app.inject(url)
  assert.equal(await read('http_requests_total{method="GET",status="2xx"}'), 2)
  assert.equal(await read('http_requests_total{method="GET",status="4xx"}'), 1)
  assert.equal(await read('refusals_total{code="NOT_FOUND",door="http"}'), 1)
  assert.equal(await read('http_request_duration_seconds_count'), 3)
  assert.equal(app.metrics.requestCount, 3)
})

test('a closed server leaves no timer behind', async t => {
  const { app, stage } = await build(t)
  const before = stage.clock.pending
  await app.close()
  assert.equal(stage.clock.pending, before - 1)
})

test('5,000 clients with odd names in 5,000 rooms add no series', async t => {
  const { app, stage } = await build(t, {}, { registry: { maxRoomsPerTenant: 5000 } })
  const visit = async (index: number): Promise<void> => {
    const odd = `"} ${index}\n\\{le="`
    const peer = stage.connect({ tenant: `tenant-${index % 50}`, clientType: `kind-${index}`, screenName: odd })
    peer.say({ type: 'command', command: 'join_channel', args: { room: `room-${index}`, channel: `channel-${index}` } })
    peer.say({ type: 'message', room: `room-${index}`, channel: `channel-${index}`, payload: { [odd]: odd } })
    peer.say({ type: 'message', room: odd })
    peer.say({ type: 'command', command: odd })
    await app.inject({ method: 'GET', url: `/${encodeURIComponent(odd)}`, headers: { 'user-agent': `agent-${index}` } })
    await stage.settle()
    peer.transport.end(3000 + (index % 1000))
  }
  const seriesOf = (text: string): string[] => text.match(/^arqonbus\S+(?= )/gm) ?? []
  await visit(0)
  const before = seriesOf(await app.metrics.text())
  for (let index = 1; index <= 5000; index++) await visit(index)
  const text = await app.metrics.text()
  assert.equal(sampleOf(text, 'arqonbus_connections_accepted_total'), 5001)
  assert.ok(sampleOf(text, 'arqonbus_rooms_total') > 5000)
  assert.deepEqual(seriesOf(text), before)
  assert.ok(before.length <= 2000)
})
