import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { VERSION } from '../../src/version.ts'
import { startServer } from '../helper.ts'
import { runHere } from '../src/cli/terminal.ts'
import { freePort, startPeer } from '../src/client/peer.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { linesOf, startCommandLine } from './cli.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const secret = { ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const advice = 'present a valid token with --jwt, --jwt-file or $ARQONBUS_TOKEN'

function writeToken(t: TestContext, claims: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'arqon-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'token')
  writeFileSync(path, `${signToken(claims)}\n`)
  return path
}

test('a token that arqon mints opens the server, over the bus and over HTTP', async t => {
  const { run } = await startCommandLine(t, auth, secret)
  const minted = await run(['token', 'mint', '--sub', 'alice', '--tenant', 'acme', '--role', 'admin'])
  assert.deepEqual([minted.code, minted.stderr], [0, ''])
  const token = minted.stdout.trim()
  const [who, clients, checked] = await Promise.all([
    run(['cmd', 'whoami', '--jwt', token]),
    run(['clients', '--jwt', token]),
    run(['token', 'check', token])
  ])
  const [{ data }] = linesOf(who.stdout) as [{ data: { subject: string; client: { tenant_id: string } } }]
  assert.deepEqual([data.subject, data.client.tenant_id], ['alice', 'acme'])
  assert.equal(clients.code, 0)
  assert.deepEqual([checked.code, linesOf(checked.stdout)[0]?.valid], [0, true])
})

test('arqon token fails when there is no secret, or the token is bad', async t => {
  const { run } = await startCommandLine(t)
  const [minted, checked] = await Promise.all([
    run(['token', 'mint', '--sub', 'alice']),
    run(['token', 'check', 'abc'])
  ])
  assert.equal(minted.code, 1)
  assert.match(minted.stderr, /^arqon: the secret is missing; /)
  assert.deepEqual([checked.code, checked.stderr, linesOf(checked.stdout)[0]?.valid], [1, '', false])
})

test('without a token every door says how to present one', async t => {
  const { server, show } = await startCommandLine(t, auth)
  const missing = `arqon: ${server.wsUrl} answered 401: Missing bearer token; ${advice}\n`
  for (const args of [['pub', 'a:b', '{}'], ['sub', 'a:b'], ['tail']]) {
    assert.deepEqual(await show(args), { code: 1, stdout: '', stderr: missing })
  }
  const overHttp = `arqon: ${server.httpUrl}/v1/commands/op.cron.list answered 401: Missing bearer token; ${advice}\n`
  assert.deepEqual(await show(['cron', 'list']), { code: 1, stdout: '', stderr: overHttp })
  const bad = await show(['cmd', 'whoami', '--jwt', 'abc'])
  assert.deepEqual(bad.stderr, `arqon: ${server.wsUrl} answered 401: Invalid token; ${advice}\n`)
})

test('a token is taken from an option, from a file and from the environment, and headers from --header', async t => {
  const { show } = await startCommandLine(t, auth)
  const token = signToken(validClaims(Date.now(), { role: 'admin' }))
  const file = writeToken(t, validClaims(Date.now(), { role: 'admin' }))
  for (const args of [['cmd', 'ping'], ['cron', 'list'], ['tail']]) {
    assert.equal((await show([...args, '--jwt', token])).code, 0)
    assert.equal((await show([...args, '--jwt-file', file])).code, 0)
    assert.equal((await show(args, { env: { ARQONBUS_TOKEN: token } })).code, 0)
    assert.equal((await show([...args, '--header', `Authorization: Bearer ${token}`])).code, 0)
  }
})

test('arqon sub takes a newer token from the file before the old one expires', async t => {
  const { run, server, show } = await startCommandLine(t, auth)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const path = writeToken(t, { sub: 'alice', tenant_id: 'acme', exp: nowSeconds + 10 })
  const interrupt = new AbortController()
  const ended = show(['sub', 'a:b', '--jwt-file', path], { signal: interrupt.signal })
  await until('it is connected', () => server.app.bus.hub.size === 1)
  writeFileSync(path, signToken({ sub: 'alice', tenant_id: 'acme', exp: nowSeconds + 3600 }))
  await until('it has the newer token', () => {
    const [connection] = server.app.bus.hub.connections()
    return connection?.identity.expiresAtMs === (nowSeconds + 3600) * 1000
  })
  interrupt.abort()
  assert.equal((await ended).code, 130)
  const gone = await run(['sub', 'a:b', '--jwt-file', '/nowhere/token'])
  assert.deepEqual(gone, {
    code: 1,
    stdout: '',
    stderr: 'arqon: the file of the token, /nowhere/token, cannot be read: there is no such file\n'
  })
})

test('arqon sub ends when its token does, and says so', async t => {
  const { show } = await startCommandLine(t, auth)
  const token = signToken({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + 4 })
  const { code, stderr } = await show(['sub', 'a:b', '--jwt', token])
  assert.equal(code, 1)
  assert.match(
    stderr,
    /\narqon: the connection was closed with 4410 \(the token has expired\): get a new token, then recover\n$/
  )
})

test('a role that does not suffice is named', async t => {
  const { show } = await startCommandLine(t, auth)
  const { code, stderr } = await show(['webhook', 'list', '--jwt', signToken(validClaims(Date.now()))])
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^arqon: webhook list was refused with AUTHORIZATION_ERROR: .*; `arqon cmd whoami` shows what you may do\n$/
  )
})

test('a server that is too slow over HTTP is given up', async t => {
  const peer = await startPeer(t, { onRequest: () => {} })
  const { code, stderr } = await runHere(['clients', '--http-url', peer.httpUrl, '--timeout-seconds', '0.2'])
  assert.deepEqual([code, stderr], [1, `arqon: ${peer.httpUrl} did not answer within 0.2 seconds\n`])
})

test('a server that does not answer on the bus is given up', async t => {
  const peer = await startPeer(t, { onFrame: () => t.mock.timers.tick(3_000) })
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { code, stderr } = await runHere(['cmd', 'ping', '--ws-url', peer.wsUrl, '--timeout-seconds', '3'])
  assert.equal(code, 1)
  assert.equal(stderr, 'arqon: no answer to command ping within 3000 ms\n')
})

test('arqon doctor finds nothing wrong with a good server', async t => {
  const { run, server, show } = await startCommandLine(t)
  await server.app.listenTelemetry()
  const { code, stdout, stderr } = await run(['doctor'])
  assert.deepEqual([code, stderr], [0, ''])
  const findings = linesOf(stdout)
  assert.deepEqual(
    findings.map(({ check }) => check),
    ['client', 'http', 'ready', 'bus', 'auth', 'latency', 'clock', 'limits', 'telemetry', 'origins', 'query token']
  )
  assert.deepEqual(
    findings.filter(({ level, check }) => level !== 'ok' && check !== 'latency'),
    []
  )
  const shown = await show(['doctor'])
  assert.match(shown.stdout, new RegExp(`^✓ ok {3}client {7}arqon ${VERSION} on Node`))
  assert.match(shown.stdout, /\n\d+ ok, \d to look at, 0 failed\n$/)
})

test('arqon doctor says how a token is received, and that it may stand in the query string', async t => {
  const { show } = await startCommandLine(t, auth)
  const fresh = signToken(validClaims(Date.now(), { sub: 'alice' }))
  const { code, stdout } = await show(['doctor', '--jwt', fresh])
  assert.equal(code, 0)
  assert.match(stdout, /ok {3}auth {9}alice, role user, tenant default; the token is valid for (59 min|1 h)\n/)
  assert.match(
    stdout,
    /! warn query token {2}tokens may stand in the query string, where proxies log them\n +ARQONBUS_ALLOW_QUERY_TOKEN=false\n/
  )
  const nowSeconds = Math.floor(Date.now() / 1000)
  const stale = signToken({ sub: 'alice', exp: nowSeconds + 200 })
  const late = await show(['doctor', '--jwt', stale])
  assert.match(late.stdout, /! warn auth {9}alice, .*; the token expires in 3 min\n +get a new one\n/)
})

test('arqon doctor fails without a token where one is needed, and warns of open origins', async t => {
  const { server, show } = await startCommandLine(t, {
    ...auth,
    ARQONBUS_ALLOWED_ORIGINS: '*',
    ARQONBUS_ALLOW_QUERY_TOKEN: 'false'
  })
  await server.app.listenTelemetry()
  const { code, stdout } = await show(['doctor'])
  assert.equal(code, 1)
  assert.match(stdout, /✗ fail bus {10}\S+ answered 401: Missing bearer token; present a valid token with/)
  assert.match(stdout, /✗ fail telemetry {4}\S+ answered 401: Missing bearer token\n/)
  assert.match(stdout, /! warn origins {6}cannot be told: \S+ answered 401/)
  assert.match(stdout, /ok {3}query token {2}tokens in the query string are not looked at\n/)
  const open = await show(['doctor', '--jwt', signToken(validClaims(Date.now()))])
  assert.match(
    open.stdout,
    /! warn origins {6}a page of any origin may connect\n +list yours in ARQONBUS_ALLOWED_ORIGINS\n/
  )
})

test('arqon doctor tells what does not answer at all', async t => {
  const { run } = await startCommandLine(t)
  const [ws, http] = [await freePort(), await freePort()]
  const args = ['--ws-url', `ws://127.0.0.1:${ws}`, '--http-url', `http://127.0.0.1:${http}`]
  const { code, stdout } = await run(['doctor', ...args, '--telemetry-url', `ws://127.0.0.1:${ws}/telemetry`])
  assert.equal(code, 1)
  assert.deepEqual(
    linesOf(stdout)
      .map(({ check, level, text }) => [check, level, text])
      .slice(1),
    [
      ['http', 'fail', `nothing listens on http://127.0.0.1:${http}; start it with: npx arqonbus`],
      ['bus', 'fail', `nothing listens on ws://127.0.0.1:${ws}; start it with: npx arqonbus`],
      ['telemetry', 'fail', `nothing listens on ws://127.0.0.1:${ws}/telemetry; start it with: npx arqonbus`],
      ['origins', 'fail', `nothing listens on ws://127.0.0.1:${ws}; start it with: npx arqonbus`],
      ['query token', 'fail', `nothing listens on ws://127.0.0.1:${ws}; start it with: npx arqonbus`]
    ]
  )
})

test('arqon doctor notices another version, another protocol and a server that is not ready', async t => {
  const { env } = await startCommandLine(t)
  const answers = { version: '2.0.0', protocol: '1.0' }
  const server = createServer((request, response) => {
    if (request.url === '/ready') response.writeHead(503).end('{"error":"Not ready","details":"draining"}')
    else response.end(JSON.stringify(answers))
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const look = () => runHere(['doctor', '--http-url', url], { env, columns: 200, nowMs: Date.now() })
  const newer = await look()
  assert.match(newer.stdout, /warn.*http.*server 2\.0\.0, protocol 1\.0/)
  assert.match(newer.stdout, /fail.*ready.*answered 503: draining/)
  assert.match(newer.stdout, /warn.*telemetry.*the server has no telemetry socket/)
  answers.protocol = '2.0'
  assert.match((await look()).stdout, /fail.*http.*server 2\.0\.0, protocol 2\.0/)
})

test('arqon doctor says how to name telemetry where the public port does not tell', async t => {
  const { show } = await startCommandLine(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  const { code, stdout } = await show(['doctor'])
  assert.equal(code, 0)
  assert.match(
    stdout,
    /! warn telemetry {4}where it is cannot be told: \S+ answered 404: .*\n +name it with --telemetry-url\n/
  )
})

test('arqon doctor notices a telemetry socket and an HTTP server that are of something else', async t => {
  const { show } = await startCommandLine(t)
  const peer = await startPeer(t, { onRequest: (_request, response) => response.end('<html>') })
  const { code, stdout } = await show(['doctor', '--telemetry-url', peer.wsUrl, '--http-url', peer.httpUrl])
  assert.equal(code, 1)
  assert.match(stdout, /✗ fail http {9}\S+ answered something that is not JSON; is it an ArqonBus server\?\n/)
  assert.match(stdout, /✗ fail telemetry {4}\S+ does not welcome as telemetry of ArqonBus does\n/)
  const silent = await startPeer(t, { onConnection: () => {} })
  const late = await show(['doctor', '--telemetry-url', silent.wsUrl, '--timeout-seconds', '0.3'])
  assert.match(late.stdout, /✗ fail telemetry {4}\S+ sent nothing within 0\.3 seconds\n/)
})

for (const [aheadMs, level] of [
  [90_000, 'fail'],
  [-90_000, 'fail'],
  [30_000, 'warn']
] as const) {
  test(`arqon doctor: a clock that is ${aheadMs} ms off is a ${level}`, async t => {
    const { show } = await startCommandLine(t)
    const { stdout } = await show(['doctor', '--json'], { nowMs: Date.now() - aheadMs })
    assert.equal(linesOf(stdout).find(({ check }) => check === 'clock')?.level, level)
  })
}

test('arqon bench measures, and finds nothing lost', async t => {
  const { run, server, show } = await startCommandLine(t)
  const { code, stdout, stderr } = await run([
    'bench',
    server.wsUrl,
    '--members',
    '3',
    '--rate',
    '50',
    '--seconds',
    '1'
  ])
  assert.deepEqual([code, stderr], [0, ''])
  const [result] = linesOf(stdout)
  const { lost, duplicated, sent, delivered, members, rate } = result ?? {}
  assert.deepEqual([lost, duplicated, sent, delivered, members, rate], [0, 0, 50, 150, 3, 50])
  const { p50, p90, p99, max } = result?.latency_ms ?? {}
  assert.ok(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max)
  const shown = await show(['bench', '--members', '1', '--rate', '20', '--seconds', '1'], { isErrorTerminal: true })
  assert.match(
    shown.stdout,
    /^sent +20 messages of 256 bytes, to 1 members\ndelivered +20, \d+ in a second\nlatency +p50 .*\nlost +0\nduplicated +0\n$/
  )
  assert.ok(shown.stderr.endsWith('\r\u001b[K'))
})

test('arqon bench fails when it may not publish, or messages are lost', async t => {
  const { run, show } = await startCommandLine(t, { ARQONBUS_AUTO_CREATE_CHANNELS: 'false' })
  const { code, stdout, stderr } = await run(['bench', '--members', '1', '--seconds', '1'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^arqon: bench was refused with CHANNEL_NOT_FOUND: /)
  const auths = await startServer(t, auth)
  const mayJoin = signToken(validClaims(Date.now(), { channels: { subscribe: ['*'] } }))
  const silent = await show(['bench', auths.wsUrl, '--jwt', mayJoin, '--members', '1', '--seconds', '1'])
  assert.match(silent.stderr, /^arqon: the server refuses messages: /)
})

test('arqon bench ends at once when it is interrupted', async t => {
  const { show } = await startCommandLine(t)
  const interrupt = new AbortController()
  const running = show(['bench', '--members', '1', '--seconds', '600'], { signal: interrupt.signal })
  setTimeout(() => interrupt.abort(), 50)
  assert.deepEqual(await running, { code: 130, stdout: '', stderr: '' })
})
