import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { Link, within } from '../../../../src/broker/nats/link.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import type { Log } from '../../../../src/log.ts'
import { FakeClock } from '../../../support/clock.ts'
import { type NatsServer, startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'

const MIB = Buffer.alloc(1024 * 1024 - 1024)

const options = {
  creds: undefined,
  name: 'test',
  connectTimeoutMs: 5_000,
  clock: createSystemClock(),
  log: pino({ level: 'silent' })
}

async function openLink(t: TestContext): Promise<{ readonly server: NatsServer; readonly link: Link }> {
  const server = await startNats(t)
  const link = await Link.open({ ...options, servers: [server.url] })
  t.after(() => link.close())
  return { server, link }
}

/** A log, and what is written to it: messages and errors. */
function keepLog(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = []
  const write = (line: string): void => {
    const { msg, err } = JSON.parse(line)
    said.push(`${msg}: ${err?.message}`)
  }
  return { log: pino({}, { write }), said }
}

test('what nothing confirms is bounded while the server takes nothing, and taken again once it does', async t => {
  const { server, link } = await openLink(t)
  server.pause()
  let taken = 0
  while (taken < 100 && link.publish('a', MIB)) taken++
  assert.ok(taken >= 16 && taken <= 18, `${taken} messages of almost 1 MiB were taken`)
  server.resume()
  await until('it takes more', () => link.publish('a', MIB))
})

test('a connection that comes back is another generation, and what was subscribed is heard again', async t => {
  const { server, link } = await openLink(t)
  const heard: string[] = []
  const turns: string[] = []
  link.subscribe('a.*', message => heard.push(message.string()))
  link.onDown(() => turns.push('down'))
  link.onUp(() => turns.push('up'))
  assert.equal(link.publish('a.b', Buffer.from('1')), true)
  await until('it is heard', () => heard.length === 1)
  await server.kill()
  await until('it is down', () => !link.isUp)
  assert.equal(link.publish('a.b', Buffer.from('2')), false)
  assert.throws(() => link.assertUp(), { code: 'ENGINE_UNAVAILABLE' })
  await server.restart()
  await until('it is up', () => link.isUp)
  assert.equal(link.publish('a.b', Buffer.from('3')), true)
  await until('it is heard again', () => heard.length === 2)
  assert.deepEqual(
    [heard, turns],
    [
      ['1', '3'],
      ['down', 'up']
    ]
  )
  assert.deepEqual([link.generation, link.reconnects], [2, 1])
})

test('work is waited for until it ends, fails or takes too long', async () => {
  const clock = new FakeClock()
  await within(clock, 100, Promise.resolve())
  await within(clock, 100, Promise.reject(new Error('no')))
  const late = within(clock, 100, new Promise(() => {}))
  clock.advance(100)
  await late
})

test('a server that is not there yet is waited for, which is told once', async () => {
  const { log, said } = keepLog()
  const servers = ['nats://user:secret@127.0.0.1:1']
  let asked = 0
  const clock = { ...options.clock, monotonic: () => asked++ * 200 }
  await assert.rejects(Link.open({ ...options, clock, log, servers, connectTimeoutMs: 600 }), {
    code: 'ENGINE_UNAVAILABLE',
    message: 'NATS cannot be reached at 127.0.0.1:1: connection refused'
  })
  assert.equal(asked, 5)
  assert.equal(said.length, 1)
  assert.match(said[0] ?? '', /^NATS cannot be reached yet: connection refused/)
})

test('credentials that cannot be read are named at once', async () => {
  await assert.rejects(Link.open({ ...options, servers: ['nats://127.0.0.1:1'], creds: '/nowhere/node.creds' }), {
    code: 'ENGINE_UNAVAILABLE',
    message: /^The credentials for NATS cannot be read: ENOENT.*node\.creds/
  })
})

test('what the server does not permit is told once in ten seconds', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'nats.conf')
  writeFileSync(
    file,
    'authorization { users [ { user: u, password: p, permissions: { publish: "a", subscribe: ">" } } ] }'
  )
  const server = await startNats(t, ['-c', file])
  const { log, said } = keepLog()
  const clock = new FakeClock()
  const link = await Link.open({ ...options, clock, log, servers: [server.url.replace('//', '//u:p@')] })
  t.after(() => link.close())
  const heard: string[] = []
  link.subscribe('a', message => heard.push(message.string()))
  for (const subject of ['b', 'b', 'a']) link.publish(subject, Buffer.from(subject))
  await until('all have come through', () => heard.length === 1)
  await until('it is told', () => said.length > 0)
  assert.deepEqual(said, ['NATS refuses something: Permissions Violation for Publish to "b"'])
})

test('a server that refused the user several times and then takes it is one new connection', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'nats.conf')
  const allow = (password: string): void => writeFileSync(file, `authorization { user: u, password: ${password} }`)
  allow('first')
  const server = await startNats(t, ['-c', file])
  const { log, said } = keepLog()
  const clock = new FakeClock()
  const link = await Link.open({ ...options, clock, log, servers: [server.url.replace('//', '//u:first@')] })
  t.after(() => link.close())
  await server.kill()
  allow('other')
  await server.restart()
  let refusals = 0
  const statuses = link.connection.status()
  for await (const { type } of statuses) if (type === 'error' && ++refusals === 3) break
  await server.kill()
  allow('first')
  await server.restart()
  await until('it is up', () => link.isUp)
  await link.connection.flush()
  assert.equal(link.reconnects, 1)
  assert.deepEqual(said, [
    'NATS is not connected: undefined',
    'NATS refuses something: Authorization Violation',
    'NATS is connected again: undefined'
  ])
})
