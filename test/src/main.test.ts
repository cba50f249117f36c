import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { VERSION } from '../../src/version.ts'
import { TestClient } from '../helper.ts'
import { programArgs } from '../support/program.ts'
import { type Ended, type Started, start } from './process.ts'

const anyPorts = ['--port', '0', '--http-port', '0', '--telemetry-port', '0']

function startMain(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Started {
  return start(t, [...programArgs('src/main'), ...args], env)
}

function runMain(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return startMain(t, args, env).ended
}

/** Lines of the log as objects. */
function linesOf({ stdout }: Ended): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

test('--help prints the flags and leaves with 0', async t => {
  const { code, stdout, stderr } = await runMain(t, ['--help'])
  assert.deepEqual([code, stderr], [0, ''])
  for (const flag of ['--port', '--http-port', '--check-config', '--version']) assert.match(stdout, new RegExp(flag))
})

test('--version prints the version and leaves with 0', async t => {
  assert.deepEqual(await runMain(t, ['--version']), { code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

test('an argument that is not understood leaves with 2 and says so', async t => {
  const { code, stdout, stderr } = await runMain(t, ['--prot', '9100'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /unknown option '--prot'/)
})

test('--check-config of good settings leaves with 0, and tells what is odd', async t => {
  const { code, stdout, stderr } = await runMain(t, ['--check-config'], { ARQONBUS_NO_SUCH_SETTING: '1' })
  assert.deepEqual([code, stderr], [0, ''])
  const [first, ...warnings] = stdout.trim().split('\n')
  assert.equal(first, 'The configuration is usable.')
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /ARQONBUS_NO_SUCH_SETTING/)
})

for (const args of [['--check-config'], []]) {
  test(`settings that cannot be used leave with 2 and name every fault, with the arguments ${JSON.stringify(args)}`, async t => {
    const { code, stdout, stderr } = await runMain(t, args, {
      ARQONBUS_SERVER_PORT: 'many',
      ARQONBUS_ENABLE_AUTH: 'true',
      ARQONBUS_MAX_CONNECTIONS: '0'
    })
    assert.deepEqual([code, stdout], [2, ''])
    for (const name of ['ARQONBUS_SERVER_PORT', 'ARQONBUS_AUTH_JWT_SECRET', 'ARQONBUS_MAX_CONNECTIONS']) {
      assert.match(stderr, new RegExp(`^ {2}${name}`, 'm'))
    }
  })

  test(`settings that are unsafe in production leave with 78 and name every reason, with the arguments ${JSON.stringify(args)}`, async t => {
    const { code, stdout, stderr } = await runMain(t, args, {
      ARQONBUS_ENVIRONMENT: 'prod',
      ARQONBUS_ALLOWED_ORIGINS: '*',
      ARQONBUS_CASIL_REDACTION_PATTERNS: '(',
      ARQONBUS_NO_SUCH_SETTING: '1'
    })
    assert.deepEqual([code, stdout], [78, ''])
    for (const name of [
      'ENABLE_AUTH',
      'ALLOWED_ORIGINS',
      'CASIL_REDACTION_PATTERNS',
      'NO_SUCH_SETTING',
      'PUBLIC_OPS'
    ]) {
      assert.match(stderr, new RegExp(`^ {2}ARQONBUS_${name}`, 'm'))
    }
  })
}

for (const secret of ['', 'hunter2']) {
  test(`in production a key like ${JSON.stringify(secret)} leaves with 78, beside every other reason`, async t => {
    const { code, stderr } = await runMain(t, ['--check-config'], {
      ARQONBUS_ENVIRONMENT: 'prod',
      ARQONBUS_ENABLE_AUTH: 'true',
      ARQONBUS_AUTH_JWT_SECRET: secret,
      ARQONBUS_ALLOW_QUERY_TOKEN: 'true'
    })
    assert.equal(code, 78)
    for (const name of ['AUTH_JWT_SECRET', 'ALLOW_QUERY_TOKEN']) {
      assert.match(stderr, new RegExp(`^ {2}ARQONBUS_${name}`, 'm'))
    }
    assert.doesNotMatch(stderr, /hunter2/)
  })
}

test('settings that cannot be used in production leave with 2', async t => {
  const { code, stderr } = await runMain(t, [], { ARQONBUS_ENVIRONMENT: 'prod', ARQONBUS_SERVER_PORT: 'many' })
  assert.equal(code, 2)
  assert.match(stderr, /ARQONBUS_SERVER_PORT/)
})

test('the server says where it listens, serves there, and leaves with 0 on SIGTERM', async t => {
  const server = startMain(t, ['serve', ...anyPorts], { ARQONBUS_NODE_NAME: 'node-7' })
  const ready = JSON.parse(await server.said('is ready'))
  assert.match(ready.websocket, /^ws:\/\/127\.0\.0\.1:\d+\/ws$/)
  assert.ok(ready.msg.includes(ready.websocket))
  assert.equal(ready.node, 'node-7')
  assert.equal((await fetch(`${ready.http}/health`)).status, 200)
  const client = await TestClient.open(ready.websocket)
  t.after(() => client.socket.terminate())
  server.child.kill('SIGTERM')
  const { code, reason } = await client.closed
  assert.equal(code, 1012)
  assert.equal(typeof JSON.parse(reason).retry_ms, 'number')
  const ended = await server.ended
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  assert.deepEqual(
    linesOf(ended)
      .slice(-2)
      .map(line => line.msg),
    ['draining', 'closed']
  )
})

test('a server on IPv6 says so in its URLs', async t => {
  const server = startMain(t, anyPorts, { ARQONBUS_SERVER_HOST: '::1' })
  const ready = JSON.parse(await server.said('is ready'))
  assert.match(ready.websocket, /^ws:\/\/\[::1\]:\d+\/ws$/)
  server.child.kill('SIGINT')
  assert.equal((await server.ended).code, 0)
})

test('without a name of its own a node makes one up, and a warning about settings is in the log', async t => {
  const server = startMain(t, anyPorts, { ARQONBUS_NO_SUCH_SETTING: '1' })
  const ready = JSON.parse(await server.said('is ready'))
  assert.match(ready.node, /^node-[0-9a-f]{8}$/)
  assert.equal(JSON.parse(await server.said('ARQONBUS_NO_SUCH_SETTING')).level, 'warn')
  assert.equal(((await (await fetch(`${ready.http}/status`)).json()) as { node: string }).node, ready.node)
})

test('a second signal leaves with 1 at once, whoever is still connected', async t => {
  const server = startMain(t, anyPorts)
  const { websocket } = JSON.parse(await server.said('is ready'))
  const client = await TestClient.open(websocket)
  t.after(() => client.socket.terminate())
  client.socket.pause()
  server.child.kill('SIGTERM')
  await server.said('draining')
  server.child.kill('SIGTERM')
  const ended = await server.ended
  assert.equal(ended.code, 1)
  assert.match(String(linesOf(ended).at(-1)?.msg), /second SIGTERM/)
})

for (const flag of ['--port', '--http-port', '--telemetry-port']) {
  test(`a ${flag} that is taken leaves with 1 and one line that names it`, async t => {
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const args = [...anyPorts]
    args[args.indexOf(flag) + 1] = `${port}`
    const ended = await runMain(t, args)
    assert.deepEqual([ended.code, ended.stderr], [1, ''])
    const line = linesOf(ended).find(({ level }) => level === 'fatal')
    assert.equal(line?.msg, `cannot start: 127.0.0.1:${port} is in use already; choose another with ${flag}`)
    assert.deepEqual([line?.code, line?.port], ['EADDRINUSE', port])
  })
}

test('a host that is not of this machine leaves with 1 and says so', async t => {
  const ended = await runMain(t, [...anyPorts, '--host', '192.0.2.1'])
  assert.equal(ended.code, 1)
  const line = linesOf(ended).find(({ level }) => level === 'fatal')
  assert.match(String(line?.msg), /^cannot start: 192\.0\.2\.1(:0)? is not of this machine; choose another host$/)
})

test('an error that nobody caught is logged, the clients are told to come back, and the exit code is 1', async t => {
  const bomb = 'process.on("SIGURG", () => { throw new Error("nobody caught this") })'
  const loaded = `data:text/javascript,${encodeURIComponent(bomb)}`
  const server = start(t, ['--import', loaded, ...programArgs('src/main'), ...anyPorts])
  const { websocket } = JSON.parse(await server.said('is ready'))
  const client = await TestClient.open(websocket)
  t.after(() => client.socket.terminate())
  server.child.kill('SIGURG')
  assert.equal((await client.closed).code, 1012)
  const ended = await server.ended
  assert.equal(ended.code, 1)
  const line = linesOf(ended).find(({ level }) => level === 'error')
  assert.equal(line?.msg, 'closing after an error that nobody caught')
  assert.match(JSON.stringify(line), /nobody caught this/)
})
