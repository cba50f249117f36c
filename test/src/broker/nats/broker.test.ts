import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import type { Stamped } from '../../../../src/protocol/message.ts'
import { deliveryText } from '../../../../src/protocol/replies.ts'
import { BrokerStage } from '../../../contracts/broker-stage.ts'
import { makeNatsBroker } from '../../../support/nats-broker.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

test('a broker that finds no server says so when the time is up', async () => {
  const broker = makeNatsBroker('nats://127.0.0.1:1', {}, { connectTimeoutMs: 600 })
  const { sink } = new BrokerStage(broker)
  const startMs = performance.now()
  await assert.rejects(broker.open(sink), {
    code: 'ENGINE_UNAVAILABLE',
    message: /^NATS cannot be reached at 127.0.0.1:1: /
  })
  assert.ok(performance.now() - startMs >= 600)
  await broker.close()
})

test('a broker waits for a server that comes late', async t => {
  const server = await startNats(t)
  await server.kill()
  const opening = openNode(t, server.url)
  await server.restart()
  assert.equal((await (await opening).publish()).duplicate, false)
})

test('a server that asks for a user is told the one of the address, and refuses a wrong one at once', async t => {
  const server = await startNats(t, ['--user', 'bus', '--pass', 'p@ss'])
  const stage = await openNode(t, server.url.replace('//', '//bus:p%40ss@'))
  await stage.publish()
  const wrong = makeNatsBroker(server.url.replace('//', '//bus:other@'))
  await assert.rejects(wrong.open(stage.sink), { message: /^NATS cannot be reached at .*[Aa]uthorization/ })
})

test('a server that asks for a token is told the user of the address', async t => {
  const server = await startNats(t, ['--auth', 'sesame'])
  await (await openNode(t, server.url.replace('//', '//sesame@'))).publish()
})

test('a stream that cannot have so many replicas is refused with a sentence', async t => {
  const server = await startNats(t)
  const broker = makeNatsBroker(server.url, { replicas: 3 })
  const { sink } = new BrokerStage(broker)
  await assert.rejects(broker.open(sink), { code: 'ENGINE_UNAVAILABLE', message: /replicas/ })
})

test('nodes that start together on an empty server share one stream', async t => {
  const server = await startNats(t)
  const nodes = await Promise.all([1, 2, 3, 4].map(() => openNode(t, server.url)))
  const first = await nodes[0]!.publish()
  for (const { broker } of nodes) assert.equal((await broker.position(nodes[0]!.key)).epoch, first.epoch)
})

test('a node that changes the settings of the stream says which; one that agrees says nothing', async t => {
  const server = await startNats(t)
  const settings: unknown[] = []
  const log = pino({}, { write: line => void settings.push(JSON.parse(line).settings) })
  for (const historyCount of [100, 100, 5]) {
    const broker = makeNatsBroker(server.url, { historyCount }, { log })
    await broker.open(new BrokerStage(broker).sink)
    await broker.close()
  }
  assert.deepEqual(
    settings.filter(one => one !== undefined),
    [['max_msgs_per_subject: 6 instead of 101']]
  )
})

test('a stream with other limits is changed, and keeps what fits', async t => {
  const server = await startNats(t)
  const before = await openNode(t, server.url, { historyCount: 100 })
  const stored = await before.publishMany(20)
  await before.broker.close()
  const { broker } = await openNode(t, server.url, { historyCount: 5 })
  const { publications, total } = await broker.read(before.key, { limit: 100, keep: 'oldest' })
  assert.deepEqual(
    publications.map(({ sequence }) => sequence),
    stored.slice(-5).map(({ sequence }) => sequence)
  )
  assert.equal(total, 5)
})

test('what was acknowledged and its positions outlive the node', async t => {
  const server = await startNats(t)
  const before = await openNode(t, server.url)
  const stored = await before.publishMany(5)
  await before.broker.close()
  const { broker } = await openNode(t, server.url)
  const { recovered, missed } = await broker.recover(before.key, stored[1]!, 10)
  assert.equal(recovered, true)
  assert.deepEqual(
    missed.map(({ sequence, epoch }) => [sequence, epoch]),
    stored.slice(2).map(({ sequence, epoch }) => [sequence, epoch])
  )
})

test('with a history of 0 messages nothing can be read and positions are given all the same', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url, { historyCount: 0 })
  const { broker, key } = stage
  assert.equal((await broker.position(key)).sequence, 0)
  const [first, last] = [await stage.publish(), await stage.publish()]
  assert.equal((await broker.read(key, { limit: 10, keep: 'newest' })).total, 0)
  assert.equal((await broker.position(key)).sequence, last.sequence)
  assert.equal((await broker.recover(key, last, 10)).recovered, true)
  assert.equal((await broker.recover(key, first, 10)).recovered, false)
})

test('a message as large as the server takes is stored, one byte more is LIMIT_EXCEEDED', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url)
  const most = 1_048_576 - 4_096
  const base = stage.message({ payload: '{"a":""}' })
  const room = most - Buffer.byteLength(deliveryText(base, undefined))
  const filled = (length: number): Stamped => ({ ...base, payload: `{"a":"${'x'.repeat(length)}"}` })
  assert.ok((await stage.publish(filled(room))).sequence > 0)
  const message = new RegExp(` ${most} bytes`)
  await assert.rejects(stage.publish(filled(room + 1)), { code: 'LIMIT_EXCEEDED', message })
})

test('long histories are read page by page from both ends', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url)
  const stored = (await stage.publishMany(300)).map(({ sequence }) => sequence)
  const read = async (query: object): Promise<number[]> =>
    (await stage.broker.read(stage.key, { limit: 1_000, keep: 'oldest', ...query })).publications.map(
      ({ sequence }) => sequence
    )
  assert.deepEqual(await read({}), stored)
  assert.deepEqual(await read({ keep: 'newest', limit: 40 }), stored.slice(-40))
  assert.deepEqual(await read({ limit: 100 }), stored.slice(0, 100))
  assert.deepEqual(await read({ afterSequence: stored[249] }), stored.slice(250))
  assert.deepEqual(await read({ afterSequence: stored[299] }), [])
})

test('two nodes that use a new channel at once agree on where its numbering begins', async t => {
  const server = await startNats(t)
  const [one, two] = [await openNode(t, server.url), await openNode(t, server.url)]
  for (let turn = 0; turn < 20; turn++) {
    const key = one.message({ channel: `new-${turn}` }).key
    const positions = await Promise.all([one.broker.position(key), two.broker.position(key)])
    assert.deepEqual(positions[0], positions[1])
  }
})

test('a channel that another node uses is not forgotten, and is once nobody does', async t => {
  const server = await startNats(t)
  const [one, two] = [await openNode(t, server.url), await openNode(t, server.url)]
  await until('they know each other', () => [one, two].every(({ broker }) => broker.engine?.().peers === 1))
  await two.broker.subscribe(one.key)
  await one.publish()
  await one.broker.forget(one.key)
  assert.equal((await two.broker.read(one.key, { limit: 10, keep: 'newest' })).total, 1)
  await two.broker.close()
  await until('it is known to be gone', () => one.broker.engine?.().peers === 0)
  await one.broker.forget(one.key)
  assert.equal((await one.broker.read(one.key, { limit: 10, keep: 'newest' })).total, 0)
})

test('nodes that are closed are gone at once for the others', async t => {
  const server = await startNats(t)
  const [one, two] = [await openNode(t, server.url), await openNode(t, server.url)]
  await until('they know each other', () => [one, two].every(({ broker }) => broker.engine?.().peers === 1))
  await two.broker.close()
  await until('one is alone', () => one.broker.engine?.().peers === 0)
  assert.deepEqual(await one.send(one.message({ type: 'private', to: ['nobody'] })), ['nobody'])
})

test('the engine counts what the stream holds and how long it takes', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url)
  await stage.publishMany(10)
  await stage.broker.probe()
  const { messages, bytes } = stage.broker.stats()
  assert.ok(messages === 11 && bytes > 0, 'ten messages and a mark')
  const { roundTripMs, inFlight, reconnects, gapsMended, gapsLost } = stage.broker.engine?.() ?? assert.fail()
  assert.ok(roundTripMs > 0)
  assert.deepEqual([inFlight, reconnects, gapsMended, gapsLost], [0, 0, 0, 0])
})
