import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics, type MetricValues } from '../../../src/telemetry/metrics.ts'

const values: MetricValues = {
  clients: 1,
  accepted: 2,
  connections: 3,
  delivered: 4,
  received: 5,
  published: 6,
  refused: 7,
  slowConsumers: 8,
  outboundBytes: 9,
  historyMessages: 10,
  historyBytes: 11,
  rooms: 12,
  channels: 13,
  uptimeSeconds: 14.5,
  memoryBytes: 15,
  commands: [
    { name: 'op.history.get', executions: 3, failures: 1 },
    { name: 'ping', executions: 2, failures: 0 }
  ],
  decisions: [
    { decision: 'ALLOW', reason: 'CASIL_POLICY_ALLOWED', count: 4 },
    { decision: 'BLOCK', reason: 'CASIL_POLICY_OVERSIZE', count: 1 }
  ]
}

/** Metrics that are one number, with the value that stands for it above. */
const numbers = {
  arqonbus_active_clients: 1,
  arqonbus_active_connections: 3,
  arqonbus_websocket_connections: 3,
  arqonbus_connections_accepted_total: 2,
  arqonbus_messages_received_total: 5,
  arqonbus_messages_published_total: 6,
  arqonbus_messages_sent_total: 4,
  arqonbus_errors_total: 7,
  arqonbus_slow_consumers_total: 8,
  arqonbus_outbound_bytes: 9,
  arqonbus_history_messages: 10,
  arqonbus_history_bytes: 11,
  arqonbus_rooms_total: 12,
  arqonbus_channels_total: 13,
  arqonbus_uptime_seconds: 14.5,
  arqonbus_memory_usage_bytes: 15
}

const others = {
  arqonbus_casil_decisions_total: 'counter',
  arqonbus_command_executions_total: 'counter',
  arqonbus_command_failures_total: 'counter',
  arqonbus_http_requests_total: 'counter',
  arqonbus_message_routing_duration_seconds: 'histogram',
  arqonbus_http_request_duration_seconds: 'histogram'
}

function typesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name as string, type as string]))
}

test('every metric is there, with the value of the moment', async () => {
  const metrics = createMetrics(() => values)
  const text = await metrics.text()
  const expected = [...Object.keys(numbers), ...Object.keys(others)]
  assert.deepEqual([...typesOf(text).keys()].sort(), expected.sort())
  for (const [name, value] of Object.entries(numbers)) assert.match(text, new RegExp(`^${name} ${value}$`, 'm'))
  for (const [name, type] of Object.entries(others)) assert.equal(typesOf(text).get(name), type)
})

test('every counter ends in _total', async () => {
  const text = await createMetrics(() => values).text()
  for (const [name, type] of typesOf(text)) if (type === 'counter') assert.match(name, /_total$/)
})

test('every line of the text is a help, a type or a sample, each metric in one block', async () => {
  const metrics = createMetrics(() => values)
  metrics.observeRouting(0.001)
  metrics.observeRequest(200, 0.01)
  const text = await metrics.text()
  assert.ok(text.endsWith('\n'))
  for (const block of text.trimEnd().split('\n\n')) {
    const [help = '', type = '', ...samples] = block.split('\n')
    const [, name = ''] = /^# HELP (arqonbus_[a-z_]+) [A-Z][^\n]*$/.exec(help) ?? assert.fail(help)
    assert.match(type, new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`))
    assert.ok(samples.length > 0, name)
    const label = '[a-z]+="[^"\\\\]*"'
    const sample = new RegExp(`^${name}(_bucket|_sum|_count)?(\\{${label}(,${label})*\\})? [0-9.e+-]+$`)
    for (const line of samples) assert.match(line, sample)
  }
})

test('values are read anew at each scrape, also when a counter is smaller than before', async () => {
  let received = 5
  const metrics = createMetrics(() => ({ ...values, received }))
  await metrics.text()
  for (received of [9, 0])
    assert.match(await metrics.text(), new RegExp(`^arqonbus_messages_received_total ${received}$`, 'm'))
})

test('commands are counted by name', async () => {
  const text = await createMetrics(() => values).text()
  assert.match(text, /^arqonbus_command_executions_total\{command="op.history.get"\} 3$/m)
  assert.match(text, /^arqonbus_command_failures_total\{command="op.history.get"\} 1$/m)
  assert.match(text, /^arqonbus_command_executions_total\{command="ping"\} 2$/m)
  assert.match(text, /^arqonbus_command_failures_total\{command="ping"\} 0$/m)
})

test('contents that were inspected are counted by decision and reason', async () => {
  const text = await createMetrics(() => values).text()
  const name = 'arqonbus_casil_decisions_total'
  assert.match(text, new RegExp(`^${name}\\{decision="ALLOW",reason="CASIL_POLICY_ALLOWED"\\} 4$`, 'm'))
  assert.match(text, new RegExp(`^${name}\\{decision="BLOCK",reason="CASIL_POLICY_OVERSIZE"\\} 1$`, 'm'))
})

test('routing and requests are observed', async () => {
  const metrics = createMetrics(() => values)
  for (const seconds of [0.000_02, 0.002, 5]) metrics.observeRouting(seconds)
  for (const status of [200, 204, 404, 503]) metrics.observeRequest(status, 0.01)
  const text = await metrics.text()
  assert.match(text, /^arqonbus_message_routing_duration_seconds_bucket\{le="0.000025"\} 1$/m)
  assert.match(text, /^arqonbus_message_routing_duration_seconds_bucket\{le="0.0025"\} 2$/m)
  assert.match(text, /^arqonbus_message_routing_duration_seconds_bucket\{le="\+Inf"\} 3$/m)
  assert.match(text, /^arqonbus_http_requests_total\{status="2xx"\} 2$/m)
  assert.match(text, /^arqonbus_http_requests_total\{status="4xx"\} 1$/m)
  assert.match(text, /^arqonbus_http_requests_total\{status="5xx"\} 1$/m)
  assert.match(text, /^arqonbus_http_request_duration_seconds_count 4$/m)
  assert.equal(metrics.requestCount, 4)
})

test('the JSON form has the same names and numbers as the text', async () => {
  const metrics = createMetrics(() => values)
  metrics.observeRouting(0.002)
  metrics.observeRequest(404, 0.01)
  const json = await metrics.json()
  for (const [name, value] of Object.entries(numbers)) assert.equal(json[name], value)
  assert.deepEqual(json.arqonbus_command_executions_total, [
    { command: 'op.history.get', value: 3 },
    { command: 'ping', value: 2 }
  ])
  assert.deepEqual(json.arqonbus_http_requests_total, [{ status: '4xx', value: 1 }])
  assert.equal(json.arqonbus_message_routing_duration_seconds_count, 1)
  assert.equal(json.arqonbus_message_routing_duration_seconds_sum, 0.002)
  const names = new Set([...(await metrics.text()).matchAll(/^(arqonbus_\w+)/gm)].map(([, name]) => name))
  assert.deepEqual(new Set(Object.keys(json)), names)
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json)
})

test('a metric without samples is an empty list in the JSON form', async () => {
  const json = await createMetrics(() => ({ ...values, commands: [] })).json()
  assert.deepEqual(json.arqonbus_command_executions_total, [])
})

test('two sets of metrics do not meet', async () => {
  const [one, other] = [createMetrics(() => values), createMetrics(() => ({ ...values, clients: 99 }))]
  one.observeRequest(200, 1)
  assert.match(await other.text(), /^arqonbus_active_clients 99$/m)
  assert.equal(other.requestCount, 0)
})

test('the type of the text is the one that Prometheus reads', () => {
  assert.match(createMetrics(() => values).contentType, /^text\/plain; version=0\.0\.4; charset=utf-8$/)
})
