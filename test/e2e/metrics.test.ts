import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startServer, type TestServer } from '../helper.ts'
import { countSeries, sampleOf } from '../support/metrics.ts'
import { runPromtool, startPrometheus } from '../support/prometheus.ts'
import { TEST_SECRET } from '../support/tokens.ts'
import { until } from '../support/until.ts'

async function scrape(server: TestServer): Promise<string> {
  const response = await fetch(`${server.httpUrl}/metrics`)
  return response.text()
}

/** Does a little of everything: messages, duplicates, refusals, commands, recoveries, webhooks, jobs, values. */
async function keepBusy(server: TestServer): Promise<void> {
  const [ada, bob] = [await server.connect('/ws?client_type=ai-agent'), await server.connect('/?screen_name="odd\\}')]
  const { payload } = await bob.join('lab:one')
  for (let count = 0; count < 70; count++) await ada.ask({ type: 'message', room: 'lab:one', payload: { count } })
  for (const id of ['arq_same', 'arq_same']) await ada.ask({ type: 'event', id, room: 'lab:one' })
  await ada.ask({ type: 'message', room: 'lab:one', payload: { key: 'sk-live-0123456789abcdefghij' } })
  await ada.ask({ type: 'private', to: 'arq_client_none' })
  ada.send('junk')
  await ada.settle()
  await ada.join('lab:one', { since: payload.data.sequence, epoch: payload.data.epoch })
  await ada.command('op.store.set', { key: 'a', value: 1 })
  await ada.command('op.cron.schedule', { room: 'lab', channel: 'one', payload: {}, delay_seconds: 60 })
  await ada.command('no-such-command')
  bob.socket.close(4321)
  await bob.closed
}

test('promtool has nothing to say against the metrics of a busy server', async t => {
  const server = await startServer(t, { ARQONBUS_CASIL_ENABLED: 'true' })
  await keepBusy(server)
  await until('all is counted', async () => (await scrape(server)).includes('connections_closed_total{code="other"} 1'))
  const text = await scrape(server)
  const { status, output } = runPromtool(['check', 'metrics'], text)
  assert.equal(output, '')
  assert.equal(status, 0)
  assert.ok(countSeries(text) < 500)
  const expected = {
    'refusals_total{code="TARGET_NOT_FOUND",door="frame"}': 1,
    'refusals_total{code="VALIDATION_ERROR",door="frame"}': 1,
    'refusals_total{code="UNKNOWN_COMMAND",door="command"}': 1,
    'recoveries_total{outcome="recovered"}': 1,
    duplicates_total: 1,
    store_keys: 1,
    cron_jobs: 1
  }
  for (const [series, value] of Object.entries(expected))
    assert.equal(sampleOf(text, `arqonbus_${series}`), value, series)
  for (const name of ['publish_deliver', 'casil_inspection', 'message_routing'])
    assert.ok(sampleOf(text, `arqonbus_${name}_duration_seconds_count`) >= 2, name)
})

test('a Prometheus that scrapes the server knows how many messages were published', async t => {
  const server = await startServer(t)
  const ada = await server.connect()
  for (let count = 0; count < 5; count++) await ada.ask({ type: 'message', room: 'lab:one' })
  const prometheus = await startPrometheus(
    t,
    `
scrape_configs:
  - job_name: arqonbus
    scrape_interval: 1s
    static_configs: [{ targets: ['${new URL(server.httpUrl).host}'] }]
`
  )
  const ask = async (query: string): Promise<string | undefined> => {
    const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)
    const { data } = (await response.json()) as { data?: { result: { value: [number, string] }[] } }
    return data?.result[0]?.value[1]
  }
  await until('it was scraped', async () => (await ask('up{job="arqonbus"}')) === '1')
  await until('the messages are known', async () => (await ask('arqonbus_messages_published_total')) === '5')
  await ada.ask({ type: 'message', room: 'lab:one' })
  await until('it was scraped again', async () => (await ask('arqonbus_messages_published_total')) === '6')
})

test('handshakes that are refused are counted by code, with those that lack a good token by themselves', async t => {
  const server = await startServer(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
  const refused = async (headers: Record<string, string>): Promise<void> => {
    const socket = new WebSocket(`${server.wsUrl}/ws`, { headers })
    await new Promise<void>(resolve => socket.once('error', () => resolve()))
  }
  await refused({})
  await refused({ Authorization: 'Bearer nonsense' })
  await refused({ Origin: 'https://evil.example' })
  const all = 'handshakes_refused_total{code="ORIGIN_DENIED"} 1'
  await until('all are counted', async () => (await scrape(server)).includes(all))
  const text = await scrape(server)
  const expected = {
    'handshakes_refused_total{code="AUTH_REQUIRED"}': 1,
    'handshakes_refused_total{code="AUTH_INVALID"}': 1,
    'authentication_failures_total{reason="AUTH_REQUIRED"}': 1,
    'authentication_failures_total{reason="AUTH_INVALID"}': 1,
    'refusals_total{code="AUTH_INVALID",door="http"}': Number.NaN
  }
  for (const [series, value] of Object.entries(expected))
    assert.equal(sampleOf(text, `arqonbus_${series}`), value, series)
})

test('idempotency keys are counted while they are remembered', async t => {
  const server = await startServer(t)
  const response = await fetch(`${server.httpUrl}/v1/rooms/lab/channels/one/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
    body: '{"payload":{}}'
  })
  assert.equal(response.ok, true, await response.text())
  assert.equal(sampleOf(await scrape(server), 'arqonbus_idempotency_keys'), 1)
})
