import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../../src/telemetry/metrics.ts'
import type { AnsweredRequest } from '../../../src/telemetry/metrics-sources.ts'
import { countSeries, readMetrics, sampleOf } from '../../support/metrics.ts'
import { makeSources } from './sources.ts'

/** Series with the value that stands for them in the sources. */
const numbers = {
  active_clients: 1,
  active_connections: 3,
  websocket_connections: 3,
  connections_max: 17,
  connections_accepted_total: 2,
  'connections_closed_total{code="1000"}': 3,
  'connections_closed_total{code="other"}': 1,
  messages_received_total: 5,
  messages_published_total: 6,
  messages_sent_total: 4,
  duplicates_total: 16,
  'recoveries_total{outcome="recovered"}': 2,
  'recoveries_total{outcome="not_recovered"}': 0,
  errors_total: 7,
  'refusals_total{code="VALIDATION_ERROR",door="frame"}': 2,
  'refusals_total{code="RATE_LIMITED",door="frame"}': 1,
  'refusals_total{code="NOT_FOUND",door="command"}': 1,
  slow_consumers_total: 8,
  'dropped_total{reason="slow_consumer"}': 8,
  'dropped_total{reason="webhook_queue"}': 33,
  'dropped_total{reason="telemetry_queue"}': 40,
  outbound_bytes: 9,
  outbound_max_bytes: 18,
  history_messages: 10,
  history_bytes: 11,
  history_max_bytes: 19,
  rooms_total: 12,
  channels_total: 13,
  'command_executions_total{command="op.history.get"}': 3,
  'command_failures_total{command="op.history.get"}': 1,
  'command_executions_total{command="ping"}': 2,
  'command_failures_total{command="ping"}': 0,
  'casil_decisions_total{decision="ALLOW",reason="CASIL_POLICY_ALLOWED"}': 4,
  'casil_decisions_total{decision="BLOCK",reason="CASIL_POLICY_OVERSIZE"}': 1,
  broker_probe_duration_seconds: 0.002,
  broker_probe_age_seconds: 20,
  broker_probe_failures_total: 21,
  broker_round_trip_seconds: 0.041,
  broker_reconnects_total: 42,
  broker_in_flight: 43,
  'broker_gaps_total{outcome="mended"}': 44,
  'broker_gaps_total{outcome="lost"}': 45,
  broker_peers: 46,
  webhook_queue_deliveries: 31,
  webhook_in_flight: 32,
  'webhook_deliveries_total{outcome="dropped"}': 33,
  cron_jobs: 34,
  cron_fired_total: 35,
  cron_claims_lost_total: 47,
  store_keys: 36,
  store_bytes: 37,
  telemetry_connections: 38,
  telemetry_events_sent_total: 39,
  'build_info{version="1.2.3"}': 1,
  uptime_seconds: 14.5,
  draining: 0,
  under_pressure: 1,
  memory_usage_bytes: 15,
  heap_used_bytes: 22,
  heap_size_bytes: 23,
  heap_max_bytes: 25,
  external_memory_bytes: 24,
  'process_cpu_seconds_total{mode="user"}': 26.5,
  'process_cpu_seconds_total{mode="system"}': 27.5,
  open_handles: 28,
  event_loop_active_seconds_total: 29,
  event_loop_utilization_ratio: 0.5,
  event_loop_delay_p50_seconds: 0.001,
  event_loop_delay_p99_seconds: 0.01,
  event_loop_delay_max_seconds: 0.1,
  'gc_runs_total{kind="minor"}': 30,
  'gc_seconds_total{kind="minor"}': 0.3
}

/** What is observed when it happens. */
const observed = [
  'message_routing_duration_seconds',
  'publish_deliver_duration_seconds',
  'casil_inspection_duration_seconds',
  'http_request_duration_seconds',
  'http_requests_total',
  'handshakes_refused_total',
  'authentication_failures_total',
  'idempotency_keys'
]

const request: AnsweredRequest = { method: 'GET', status: 200, seconds: 0.01, isHandshake: false }

test('every metric is there, with the value of the moment', async () => {
  const text = await createMetrics(makeSources).text()
  for (const [series, value] of Object.entries(numbers))
    assert.equal(sampleOf(text, `arqonbus_${series}`), value, series)
  const names = [...Object.keys(numbers).map(series => series.replace(/\{.*/, '')), ...observed]
  assert.deepEqual([...readMetrics(text).keys()].sort(), [...new Set(names)].map(name => `arqonbus_${name}`).sort())
})

test('counters alone end in _total, and what only looks so is of no type', async () => {
  const untyped: string[] = []
  for (const [name, { kind }] of readMetrics(await createMetrics(makeSources).text())) {
    if (kind === 'untyped') untyped.push(name)
    else assert.equal(name.endsWith('_total'), kind === 'counter', name)
  }
  assert.deepEqual(untyped, ['arqonbus_rooms_total', 'arqonbus_channels_total'])
})

test('every line of the text is a help, a type or a sample, each metric in one block', async () => {
  const metrics = createMetrics(makeSources)
  metrics.observeRouting(0.001)
  metrics.observeRequest(request)
  const text = await metrics.text()
  assert.ok(text.endsWith('\n'))
  for (const block of text.trimEnd().split('\n\n')) {
    const [help = '', type = '', ...samples] = block.split('\n')
    const [, name = ''] = /^# HELP (arqonbus_[a-z0-9_]+) [A-Z0-9][^\n]*$/.exec(help) ?? assert.fail(help)
    assert.match(type, new RegExp(`^# TYPE ${name} (counter|gauge|histogram|untyped)$`))
    const label = '[a-z]+="[^"\\\\]*"'
    const sample = new RegExp(`^${name}(_bucket|_sum|_count)?(\\{${label}(,${label})*\\})? [0-9.e+-]+$`)
    for (const line of samples) assert.match(line, sample)
  }
})

test('values are read anew at each scrape, and once for all metrics', async () => {
  let reads = 0
  const metrics = createMetrics(() => makeSources({ connections: ++reads }))
  for (const count of [1, 2]) {
    const text = await metrics.text()
    assert.equal(sampleOf(text, 'arqonbus_active_connections'), count)
    assert.equal(sampleOf(text, 'arqonbus_websocket_connections'), count)
  }
  assert.equal((await metrics.json()).arqonbus_active_connections, 3)
})

test('a part that the server does not have counts as 0', async () => {
  const none = { engine: undefined, webhooks: undefined, cron: undefined, store: undefined, telemetry: undefined }
  const text = await createMetrics(() => makeSources(none)).text()
  for (const name of ['webhook_in_flight', 'cron_jobs', 'cron_fired_total', 'store_keys', 'telemetry_connections'])
    assert.equal(sampleOf(text, `arqonbus_${name}`), 0, name)
  assert.equal(sampleOf(text, 'arqonbus_dropped_total{reason="telemetry_queue"}'), 0)
  for (const name of ['peers', 'in_flight', 'reconnects_total', 'round_trip_seconds', 'gaps_total{outcome="lost"}'])
    assert.equal(sampleOf(text, `arqonbus_broker_${name}`), 0, name)
})

test('codes that somebody is woken for stand there before they happen, the others when they do', async () => {
  const text = await createMetrics(makeSources).text()
  for (const door of ['frame', 'command', 'http'])
    assert.equal(sampleOf(text, `arqonbus_refusals_total{code="INTERNAL_ERROR",door="${door}"}`), 0)
  assert.equal(text.includes('code="CONFLICT"'), false)
})

test('times are sorted into buckets that include their bound', async () => {
  const metrics = createMetrics(makeSources)
  for (const seconds of [0.000_025, 0.002, 5]) metrics.observeRouting(seconds)
  metrics.observeDelivery(0.002)
  metrics.observeInspection(0.001)
  const text = await metrics.text()
  const bucket = 'arqonbus_message_routing_duration_seconds_bucket'
  assert.equal(sampleOf(text, `${bucket}{le="0.00001"}`), 0)
  assert.equal(sampleOf(text, `${bucket}{le="0.000025"}`), 1)
  assert.equal(sampleOf(text, `${bucket}{le="0.0025"}`), 2)
  assert.equal(sampleOf(text, `${bucket}{le="1"}`), 2)
  assert.equal(sampleOf(text, `${bucket}{le="+Inf"}`), 3)
  assert.equal(sampleOf(text, 'arqonbus_message_routing_duration_seconds_count'), 3)
  assert.equal(sampleOf(text, 'arqonbus_message_routing_duration_seconds_sum'), 5.002_025)
  assert.equal(sampleOf(text, 'arqonbus_publish_deliver_duration_seconds_sum'), 0.002)
  assert.equal(sampleOf(text, 'arqonbus_casil_inspection_duration_seconds_sum'), 0.001)
})

test('requests are counted by method and class of status, with made-up methods as one', async () => {
  const metrics = createMetrics(makeSources)
  for (const status of [200, 204, 404]) metrics.observeRequest({ ...request, status })
  for (const method of ['PROPFIND', 'MKCOL']) metrics.observeRequest({ ...request, method, status: 503 })
  const text = await metrics.text()
  assert.equal(sampleOf(text, 'arqonbus_http_requests_total{method="GET",status="2xx"}'), 2)
  assert.equal(sampleOf(text, 'arqonbus_http_requests_total{method="GET",status="4xx"}'), 1)
  assert.equal(sampleOf(text, 'arqonbus_http_requests_total{method="other",status="5xx"}'), 2)
  assert.equal(sampleOf(text, 'arqonbus_http_request_duration_seconds_count'), 5)
  assert.equal(metrics.requestCount, 5)
})

test('refused requests and refused handshakes are counted by code, each for itself', async () => {
  const metrics = createMetrics(makeSources)
  metrics.observeRequest({ ...request, status: 401, code: 'AUTH_INVALID' })
  metrics.observeRequest({ ...request, status: 401, code: 'AUTH_INVALID', isHandshake: true })
  metrics.observeRequest({ ...request, status: 403, code: 'ORIGIN_DENIED', isHandshake: true })
  const text = await metrics.text()
  assert.equal(sampleOf(text, 'arqonbus_refusals_total{code="AUTH_INVALID",door="http"}'), 1)
  assert.equal(sampleOf(text, 'arqonbus_handshakes_refused_total{code="AUTH_INVALID"}'), 1)
  assert.equal(sampleOf(text, 'arqonbus_handshakes_refused_total{code="ORIGIN_DENIED"}'), 1)
  assert.equal(sampleOf(text, 'arqonbus_authentication_failures_total{reason="AUTH_INVALID"}'), 2)
  assert.equal(sampleOf(text, 'arqonbus_authentication_failures_total{reason="AUTH_REQUIRED"}'), 0)
})

test('idempotency keys are counted where they are kept, once that is known', async () => {
  const metrics = createMetrics(makeSources)
  assert.equal(sampleOf(await metrics.text(), 'arqonbus_idempotency_keys'), 0)
  metrics.watchIdempotencyKeys(() => 7)
  assert.equal(sampleOf(await metrics.text(), 'arqonbus_idempotency_keys'), 7)
})

test('the JSON form has the same names and numbers as the text', async () => {
  const metrics = createMetrics(makeSources)
  metrics.observeRouting(0.002)
  metrics.observeRequest({ ...request, status: 404 })
  const json = await metrics.json()
  for (const [series, value] of Object.entries(numbers)) {
    if (!series.includes('{')) assert.equal(json[`arqonbus_${series}`], value, series)
  }
  assert.deepEqual(json.arqonbus_command_executions_total, [
    { command: 'op.history.get', value: 3 },
    { command: 'ping', value: 2 }
  ])
  assert.deepEqual(json.arqonbus_http_requests_total, [{ method: 'GET', status: '4xx', value: 1 }])
  assert.equal(json.arqonbus_message_routing_duration_seconds_count, 1)
  assert.equal(json.arqonbus_message_routing_duration_seconds_sum, 0.002)
  const text = await metrics.text()
  const names = new Set([...text.matchAll(/^(arqonbus_\w+)/gm)].map(([, name]) => name))
  for (const [name, { kind, lines }] of readMetrics(text))
    if (kind !== 'histogram' && lines.length === 0) names.add(name)
  assert.deepEqual(new Set(Object.keys(json)), names)
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json)
})

test('a metric without samples is an empty list in the JSON form', async () => {
  const json = await createMetrics(() => makeSources({ decisions: [] })).json()
  assert.deepEqual(json.arqonbus_casil_decisions_total, [])
})

test('two sets of metrics do not meet', async () => {
  const [one, other] = [createMetrics(makeSources), createMetrics(() => makeSources({ connections: 99 }))]
  one.observeRequest(request)
  assert.equal(sampleOf(await other.text(), 'arqonbus_active_connections'), 99)
  assert.equal(other.requestCount, 0)
})

test('the metrics of an idle server are far below the bound on series', async () => {
  assert.ok(countSeries(await createMetrics(makeSources).text()) < 300)
})

test('the type of the text is the one that Prometheus reads', () => {
  assert.match(createMetrics(makeSources).contentType, /^text\/plain; version=0\.0\.4; charset=utf-8$/)
})
