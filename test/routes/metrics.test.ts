import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../helper.ts'

/** The names that existing dashboards know [protocol.md, HTTP]. */
const names = [
  'active_clients',
  'messages_sent_total',
  'messages_received_total',
  'errors_total',
  'rooms_total',
  'channels_total',
  'uptime_seconds',
  'memory_usage_bytes',
  'websocket_connections',
  'telemetry_connections',
  'active_connections',
  'command_executions_total',
  'command_failures_total',
  'message_routing_duration_seconds',
  'http_requests_total',
  'http_request_duration_seconds',
  'casil_decisions_total',
  'webhook_deliveries_total',
  'cron_fired_total',
  'slow_consumers_total',
  'dropped_total'
]

for (const path of ['/metrics', '/metrics/prometheus']) {
  test(`${path} is Prometheus text with every metric of the protocol`, async t => {
    const server = await startServer(t)
    const client = await server.connect()
    await client.command('ping')
    const response = await fetch(server.httpUrl + path)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    for (const name of names)
      assert.match(text, new RegExp(`^# TYPE arqonbus_${name} (gauge|counter|histogram|untyped)$`, 'm'))
    for (const name of text.match(/(?<=^# TYPE )\S+(?= counter)/gm) ?? []) assert.match(name, /_total$/)
    assert.match(text, /^arqonbus_active_clients 1$/m)
    assert.match(text, /^arqonbus_command_executions_total\{command="ping"\} 1$/m)
  })
}

test('/metrics is JSON for whoever asks for it, /metrics/prometheus never', async t => {
  const server = await startServer(t)
  const headers = { accept: 'application/json' }
  const response = await fetch(`${server.httpUrl}/metrics`, { headers })
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  const body = (await response.json()) as Record<string, unknown>
  assert.equal(body.arqonbus_active_clients, 0)
  const text = await fetch(`${server.httpUrl}/metrics/prometheus`, { headers })
  assert.match(text.headers.get('content-type') ?? '', /^text\/plain/)
})

test('no label comes from a client', async t => {
  const server = await startServer(t)
  const client = await server.connect()
  await client.command('made-up-by-a-client')
  await client.ask({ type: 'message', room: 'made-up-room' })
  const text = await (await fetch(`${server.httpUrl}/metrics`)).text()
  assert.equal(text.includes('made-up'), false)
  assert.match(text, /^arqonbus_command_failures_total\{command="unknown"\} 1$/m)
})
