import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { Link, within } from '../../../../src/broker/nats/link.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import { FakeClock } from '../../../support/clock.ts'
import { type NatsServer, startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'

const MIB = Buffer.alloc(1024 * 1024 - 1024)

async function openLink(t: TestContext): Promise<{ readonly server: NatsServer; readonly link: Link }> {
  const server = await startNats(t)
  const link = await Link.open({
    servers: [server.url],
    creds: undefined,
    name: 'test',
    connectTimeoutMs: 5_000,
    clock: createSystemClock(),
    log: pino({ level: 'silent' })
  })
  t.after(() => link.close())
  return { server, link }
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
