import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { type ServerFrame, startServer, type TestServer } from '../helper.ts'
import { type RawAnswer, sendRaw } from '../plugins/bare.ts'

function send(server: TestServer, text: string): Promise<RawAnswer> {
  return sendRaw(server.app.server.address() as AddressInfo, text)
}

/** The answer to a request, as it is written. */
function ask(server: TestServer, path: string, headers = ''): Promise<RawAnswer> {
  return send(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`)
}

test('what has no route is 404, in the shape of every error', async t => {
  const server = await startServer(t)
  const response = await fetch(`${server.httpUrl}/nothing?token=secret`)
  assert.equal(response.status, 404)
  assert.deepEqual(await response.json(), { error: 'Not found', code: 'NOT_FOUND', details: 'No route for GET here' })
})

for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
  test(`${method} on a path that only answers GET is 404`, async t => {
    const server = await startServer(t)
    assert.equal((await fetch(`${server.httpUrl}/health`, { method })).status, 404)
  })
}

test('a body at the bound is read, one byte more is 413', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_BODY_BYTES: '128' })
  const post = async (bytes: number) => {
    const body = 'x'.repeat(bytes)
    const response = await fetch(server.httpUrl, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
    return ((await response.json()) as ServerFrame).code
  }
  assert.deepEqual([await post(128), await post(129)], ['NOT_FOUND', 'PAYLOAD_TOO_LARGE'])
})

test('a URL at the bound is read, one character more is 414, also for an upgrade', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_URL_BYTES: '128', ARQONBUS_HANDSHAKE_TIMEOUT_MS: '500' })
  const path = (length: number): string => `/health?${'x'.repeat(length - 8)}`
  assert.equal((await ask(server, path(128))).status, 200)
  const refused = await ask(server, path(129))
  assert.deepEqual([refused.status, JSON.parse(refused.body).code], [414, 'URI_TOO_LONG'])
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  assert.equal((await send(server, `GET ${path(129)} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)).status, 414)
})

test('a header block over the bound is 431', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_HEADER_BYTES: '1024' })
  assert.equal((await ask(server, '/health', `X: ${'x'.repeat(800)}\r\n`)).status, 200)
  const refused = await ask(server, '/health', `X: ${'x'.repeat(1100)}\r\n`)
  assert.equal(refused.status, 431)
  assert.deepEqual(JSON.parse(refused.body), {
    error: 'Request headers too large',
    code: 'HEADERS_TOO_LARGE',
    details: 'Request headers too large'
  })
})

test('headers that do not end are 408 after the time for a handshake', async t => {
  const server = await startServer(t, { ARQONBUS_HANDSHAKE_TIMEOUT_MS: '100' })
  const refused = await send(server, 'GET /health HTTP/1.1\r\nHost: x\r\n')
  assert.equal(refused.status, 408)
  assert.equal(JSON.parse(refused.body).code, 'REQUEST_TIMEOUT')
  assert.equal(refused.headers.connection, 'close')
})

for (const text of [
  'NONSENSE\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET / HTTP/1.1\r\nno colon\r\n\r\n',
  '\x16\x03\x01\x02\r\n\r\n'
]) {
  test(`what is not HTTP is 400: ${JSON.stringify(text)}`, async t => {
    const server = await startServer(t)
    const refused = await send(server, text)
    assert.equal(refused.status, 400)
    assert.deepEqual(JSON.parse(refused.body), {
      error: 'Bad handshake',
      code: 'BAD_HANDSHAKE',
      details: 'Malformed HTTP request'
    })
    assert.match(refused.headers['content-type'] ?? '', /^application\/json/)
  })
}

test('a URL that cannot be decoded is a VALIDATION_ERROR in the shape of every error', async t => {
  const server = await startServer(t)
  const refused = await ask(server, '/%')
  assert.equal(refused.status, 400)
  const body = JSON.parse(refused.body)
  assert.deepEqual(Object.keys(body), ['error', 'code', 'details'])
  assert.equal(body.code, 'VALIDATION_ERROR')
})

test('a client that vanishes in the middle of a request does no harm', async t => {
  const server = await startServer(t)
  const asked = request(`${server.httpUrl}/health`, { method: 'POST', headers: { 'content-length': 100 } })
  asked.on('error', () => {})
  asked.write('x')
  await new Promise(resolve => asked.once('socket', socket => socket.once('connect', resolve)))
  asked.destroy()
  assert.equal((await fetch(`${server.httpUrl}/health`)).status, 200)
})

test('closing takes as long as the drain may', async t => {
  const { config } = loadConfig({ env: { ARQONBUS_DRAIN_TIMEOUT_MS: '60000' } })
  const app = await buildApp({ config, logger: pino({ level: 'silent' }) })
  t.after(() => app.close())
  assert.ok((app.initialConfig.pluginTimeout ?? 0) > 60_000)
})

test('a build that was not told says unknown', async t => {
  const server = await startServer(t)
  const { build } = (await (await fetch(`${server.httpUrl}/version`)).json()) as ServerFrame
  assert.deepEqual(build, { git_commit: 'unknown', build_date: 'unknown' })
})

for (const [proxies, forwarded, ip] of [
  ['false', '10.0.0.1', '127.0.0.1'],
  ['true', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ['1', '10.0.0.1, 10.0.0.2', '10.0.0.2'],
  ['2', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ['loopback', '10.0.0.1, 10.0.0.2', '10.0.0.2'],
  ['loopback,10.0.0.2', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
  ['192.168.0.0/16', '10.0.0.1', '127.0.0.1']
] as const) {
  test(`with trust in the proxies "${proxies}" the request forwarded for "${forwarded}" comes from ${ip}`, async t => {
    const { config } = loadConfig({ env: { ARQONBUS_TRUST_PROXY: proxies } })
    const app = await buildApp({ config, logger: pino({ level: 'silent' }) })
    t.after(() => app.close())
    let seen = ''
    app.addHook('onRequest', async ({ ip: found }) => {
      seen = found
    })
    await app.inject({ url: '/health', headers: { 'x-forwarded-for': forwarded }, remoteAddress: '127.0.0.1' })
    assert.equal(seen, ip)
  })
}
