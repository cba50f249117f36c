import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { startServer } from '../helper.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { until } from '../support/until.ts'
import { telemetryUrl, watch } from '../support/watcher.ts'

/** A port that somebody else has. */
async function occupy(t: TestContext): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  return (other.address() as AddressInfo).port
}

/** An app that writes down its log. */
async function build(t: TestContext, changes: object) {
  const { config } = loadConfig({ env: {} })
  const log: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) })
  const app = await buildApp({ config: { ...config, ...changes }, logger })
  t.after(() => app.close())
  await app.ready()
  return { app, log }
}

test('a port that is taken and was asked for is an error', async t => {
  const { app } = await build(t, { telemetryPort: await occupy(t), telemetryPortIsExplicit: true })
  await assert.rejects(app.listenTelemetry(), { code: 'EADDRINUSE' })
  assert.equal(app.telemetryAddress(), undefined)
})

test('a port that is taken and was not asked for is one warning, and the server goes on without', async t => {
  const port = await occupy(t)
  const { app, log } = await build(t, { telemetryPort: port })
  await app.listenTelemetry()
  assert.equal(app.telemetryAddress(), undefined)
  assert.deepEqual(
    log.filter(({ level }) => level === 40).map(line => line.port),
    [port]
  )
  assert.equal((await app.inject('/status')).json().endpoints.telemetry, null)
})

test('the socket has no address before it listens and after it is closed', async t => {
  const { app } = await build(t, { telemetryPort: 0 })
  assert.equal(app.telemetryAddress(), undefined)
  await app.listenTelemetry()
  assert.ok(app.telemetryAddress())
  await app.close()
  assert.equal(app.telemetryAddress(), undefined)
})

test('so many clients are let in, one more is 503 with Retry-After, and one that leaves makes room', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_TELEMETRY_CLIENTS: '2' })
  const [first] = [await watch(t, server), await watch(t, server)]
  await assert.rejects(watch(t, server), /Unexpected server response: 503/)
  first?.socket.close()
  await until('it has gone', () => server.app.telemetry.size === 1)
  await watch(t, server)
})

test('clients of telemetry take no place from those of the bus, and none is taken from them', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_CONNECTIONS: '1' })
  await watch(t, server)
  await server.connect()
  await watch(t, server)
  await assert.rejects(server.connect(), /Unexpected server response: 503/)
})

for (const [what, headers, status] of [
  ['of another version', { 'Sec-WebSocket-Version': '8' }, 400],
  ['from a page that is not allowed', { Origin: 'https://evil.example' }, 403]
] as const) {
  test(`an upgrade ${what} is refused with ${status}, as on the main socket`, async t => {
    const server = await startServer(t)
    const { port } = new URL(await telemetryUrl(server))
    const raw = await RawSocket.upgrade(t, Number(port), { path: '/telemetry', headers })
    const { status: answered, body } = await raw.response()
    assert.equal(answered, status)
    assert.deepEqual(Object.keys(JSON.parse(body)), ['error', 'code', 'details'])
  })
}

test('what is not HTTP is answered as on the main port', async t => {
  const server = await startServer(t)
  const { port } = new URL(await telemetryUrl(server))
  const raw = await RawSocket.dial(t, Number(port))
  raw.write('NONSENSE\r\n\r\n')
  assert.equal((await raw.response()).status, 400)
})

test('a drain tells that the server stops and closes with 1012', async t => {
  const server = await startServer(t)
  const watcher = await watch(t, server)
  const closing = server.app.close()
  const { code, reason } = await watcher.closed
  assert.equal(code, 1012)
  assert.equal(typeof JSON.parse(reason).retry_ms, 'number')
  const stopping = watcher.frames.find(({ event_type }) => event_type === 'system_stopping')
  assert.equal(stopping?.payload.node, 'test')
  await closing
})

test('a drain does not wait long for a client that is stopped', async t => {
  const server = await startServer(t)
  const watcher = await watch(t, server)
  watcher.socket.pause()
  await server.app.close()
  await until('it is cut', () => server.app.telemetry.size === 0)
})
