import assert from 'node:assert/strict'
import { test } from 'node:test'
import metrics from '../../plugins/metrics.ts'
import type { Metrics } from '../../src/telemetry/metrics.ts'
import { setBus } from '../support/bus.ts'
import { buildBare } from './bare.ts'

test('the numbers are those of the moment', async t => {
  const stage = await setBus(t)
  const { bus, broker, gate, registry, clock } = stage
  const { app } = buildBare(t, {
    config: { clock },
    others: { bus, broker, gate, rooms: registry, admission: { count: 7 } }
  })
  await app.register(metrics)
  const read = async (): Promise<Record<string, unknown>> => (app.metrics as Metrics).json() as never
  assert.equal((await read()).arqonbus_active_clients, 0)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  ada.say({ type: 'message', room: 'lab:one' })
  ada.say('junk')
  clock.advance(5000)
  const now = await read()
  const expected = {
    active_clients: 2,
    messages_received_total: 3,
    messages_published_total: 1,
    messages_sent_total: 1,
    errors_total: 1,
    slow_consumers_total: 0,
    outbound_bytes: 0,
    history_messages: 1,
    rooms_total: 4,
    channels_total: 11,
    uptime_seconds: 5
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(now[`arqonbus_${name}`], value, name)
  assert.ok((now.arqonbus_memory_usage_bytes as number) > 1_000_000)
  assert.deepEqual(now.arqonbus_command_executions_total, [{ command: 'join_channel', value: 1 }])
})

test('every HTTP answer is counted by its class, and timed', async t => {
  const stage = await setBus(t)
  const { bus, broker, gate, registry, clock } = stage
  const { app } = buildBare(t, {
    config: { clock },
    others: { bus, broker, gate, rooms: registry, admission: { count: 0 } }
  })
  await app.register(metrics)
  app.get('/', async () => 'ok')
  for (const url of ['/', '/', '/none']) await app.inject(url)
  const text = await app.metrics.text()
  assert.match(text, /^arqonbus_http_requests_total\{status="2xx"\} 2$/m)
  assert.match(text, /^arqonbus_http_requests_total\{status="4xx"\} 1$/m)
  assert.match(text, /^arqonbus_http_request_duration_seconds_count 3$/m)
  assert.equal(app.metrics.requestCount, 3)
})
