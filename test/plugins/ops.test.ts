import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import errors from '../../plugins/errors.ts'
import ops from '../../plugins/ops.ts'
import type { Config } from '../../src/config.ts'
import { until } from '../support/until.ts'
import { type BareApp, buildBare, defaultConfig, sendRaw } from './bare.ts'

interface Stage extends BareApp {
  readonly main: AddressInfo
  readonly operators: AddressInfo
}

async function build(t: TestContext, settings: Partial<Config> = {}): Promise<BareApp> {
  const config = { ...defaultConfig, httpPort: 0, httpPortIsExplicit: true, ...settings }
  const bare = buildBare(t, { config: { config, ids: { short: () => 'x' } } })
  await bare.app.register(errors).register(ops)
  for (const url of ['/', '/ws', '/health', '/ready', '/version', '/status', '/metrics']) {
    bare.app.get(url, async () => ({ url }))
  }
  return bare
}

/** Both listeners, on free ports. */
async function listen(t: TestContext, settings: Partial<Config> = {}): Promise<Stage> {
  const bare = await build(t, settings)
  await bare.app.listen({ host: '127.0.0.1', port: 0 })
  await bare.app.listenOps()
  const operators = bare.app.opsAddress()
  assert.ok(operators)
  return { ...bare, main: bare.app.server.address() as AddressInfo, operators }
}

/** Asks for a path just as it is written. */
async function ask(address: AddressInfo, path: string): Promise<{ status: number; body: string }> {
  const answer = await sendRaw(address, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  return { status: answer.status, body: answer.body }
}

test('the second listener answers what the first one does', async t => {
  const { main, operators } = await listen(t)
  assert.notEqual(main.port, operators.port)
  for (const path of ['/', '/ws', '/health', '/status', '/metrics', '/nothing']) {
    assert.deepEqual(await ask(operators, path), await ask(main, path))
  }
})

for (const [path, isPublic] of [
  ['/ws', true],
  ['/health', true],
  ['/health?verbose=1', true],
  ['/ready', true],
  ['/version', true],
  ['/', false],
  ['/status', false],
  ['/metrics', false],
  ['/status?x=/health', false],
  ['/%73tatus', false],
  ['/health/../status', false],
  ['//status', false],
  ['/nothing', false]
] as const) {
  test(`with the operators' paths taken off the public listener ${path} is ${isPublic ? 'still' : 'not'} there`, async t => {
    const { main, operators } = await listen(t, { publicOps: false })
    const answer = await ask(main, path)
    assert.equal(answer.status, isPublic ? 200 : 404)
    if (!isPublic) assert.deepEqual(answer, await ask(main, '/nothing'))
    if (['/status', '/metrics', '/'].includes(path)) assert.equal((await ask(operators, path)).status, 200)
  })
}

test('with the same port on another address the two listeners are still told apart', async t => {
  const { app } = await build(t, { publicOps: false })
  await app.ready()
  await app.listenOps()
  const operators = app.opsAddress() as AddressInfo
  await app.listen({ host: '127.0.0.2', port: operators.port })
  const main = app.server.address() as AddressInfo
  assert.equal((await ask(main, '/status')).status, 404)
  assert.equal((await ask(operators, '/status')).status, 200)
})

test('a port that is taken and was asked for is an error', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { app } = await build(t, { httpPort: (other.address() as AddressInfo).port })
  await app.ready()
  await assert.rejects(app.listenOps(), { code: 'EADDRINUSE' })
  assert.equal(app.opsAddress(), undefined)
})

test('a port that is taken and was not asked for is one warning, and the first listener goes on alone', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { app, log } = await build(t, { httpPort: port, httpPortIsExplicit: false })
  await app.listen({ host: '127.0.0.1', port: 0 })
  await app.listenOps()
  assert.equal(app.opsAddress(), undefined)
  const warnings = log.filter(line => line.level === 40)
  assert.deepEqual(
    warnings.map(line => line.port),
    [port]
  )
  assert.equal((await ask(app.server.address() as AddressInfo, '/status')).status, 200)
})

test('the second listener has no address before it listens and after it is closed', async t => {
  const { app } = await build(t)
  await app.ready()
  assert.equal(app.opsAddress(), undefined)
  await app.listenOps()
  assert.ok(app.opsAddress())
  await app.close()
  assert.equal(app.opsAddress(), undefined)
})

test('closing the app closes the second listener, also with an idle connection on it', async t => {
  const { app, operators } = await listen(t)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const [response] = await once(
    get({ port: operators.port, host: operators.address, path: '/health', agent }),
    'response'
  )
  response.resume()
  await once(response, 'end')
  await app.close()
  await assert.rejects(ask(operators, '/health'), { code: 'ECONNREFUSED' })
})

test('closing the app does not wait for a request on the second listener that never ends', async t => {
  const { app, operators } = await listen(t)
  const socket = connect(operators.port, operators.address)
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  socket.resume().write('GET /health HTTP/1.1\r\n')
  await until('it has come', () => socket.bytesWritten > 0)
  assert.equal((await ask(operators, '/health')).status, 200)
  const cut = once(socket, 'close')
  await app.close()
  await cut
})

test('an app whose second listener was never opened can be closed', async t => {
  const { app } = await build(t)
  await app.ready()
  await app.close()
  assert.equal(app.opsAddress(), undefined)
})

test('what is not HTTP is answered on the second listener as on the first', async t => {
  const { main, operators } = await listen(t)
  const answers = await Promise.all([main, operators].map(address => sendRaw(address, 'NONSENSE\r\n\r\n')))
  assert.equal(answers[0]?.status, 400)
  assert.deepEqual(answers[1], answers[0])
})

test('headers that do not end are given up in time on the second listener', async t => {
  const { operators } = await listen(t, { handshakeTimeoutMs: 100 })
  const answer = await sendRaw(operators, 'GET /health HTTP/1.1\r\nHost: x\r\n')
  assert.equal(answer.status, 408)
})
