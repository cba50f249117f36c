import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Link } from '../../../../src/broker/nats/link.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import { Bucket } from '../../../../src/store/nats/bucket.ts'
import { MARK_MS } from '../../../../src/store/nats/changes.ts'
import { VALUES } from '../../../../src/store/nats/subjects.ts'
import { Cable } from '../../../support/cable.ts'
import { FakeClock } from '../../../support/clock.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { keysOf, openNode, say, scope } from './stage.ts'

async function dial(t: TestContext, url: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url })
  t.after(() => connection.close())
  return connection
}

/** How many messages the bucket holds, marks of removed keys among them. */
async function sizeOf(connection: NatsConnection): Promise<number> {
  const manager = await jetstreamManager(connection)
  return (await manager.streams.info(VALUES.stream)).state.messages
}

test('the tools of NATS see keys and values, and what is gone as gone', async t => {
  const { url } = await startNats(t)
  const { store } = await openNode(t, url)
  await store.put(scope, 'a.b', '{"x":1}')
  await store.put(scope, 'c', '1')
  await store.delete(scope, 'c')
  const bucket = await new Kvm(await dial(t, url)).open('AQ_STORE')
  const keys: string[] = []
  for await (const key of await bucket.keys()) keys.push(key)
  assert.deepEqual(keys, ['acme.lab.a=2Eb'])
  assert.equal((await bucket.get('acme.lab.a=2Eb'))?.string(), '{"x":1}')
})

test('what others put into the bucket counts as not there, and can be written over', async t => {
  const { url } = await startNats(t)
  const node = await openNode(t, url)
  const { version } = await node.store.put(scope, 'a', '1')
  const bucket = await new Kvm(await dial(t, url)).open('AQ_STORE')
  for (const key of ['acme.lab.a', 'acme.lab.b', 'acme.lab', 'acme.lab.b.c', 'acme.lab.=41']) {
    await bucket.put(key, '{"not":"ours"}')
  }
  await until('it is told that the key is gone', () => node.changes.length === 2)
  assert.deepEqual(await keysOf(node), [])
  for (const key of ['a', 'b', 'A']) assert.equal(await node.store.get(scope, key), undefined)
  assert.ok((await node.store.create(scope, 'a', '2')) > version)
  await node.store.create(scope, 'b', '1')
  assert.deepEqual(await keysOf(node), ['a', 'b'])
  assert.deepEqual(say(node.changes), ['set a 1', 'delete a', 'set a 2', 'set b 1'])
})

test('a key that is removed by the tools of NATS is gone for all', async t => {
  const { url } = await startNats(t)
  const node = await openNode(t, url)
  await node.store.put(scope, 'a', '1')
  await (await new Kvm(await dial(t, url)).open('AQ_STORE')).delete('acme.lab.a')
  await until('it is told', () => node.changes.length === 2)
  assert.equal(await node.store.get(scope, 'a'), undefined)
  assert.ok((node.changes[1]?.version ?? 0) > (node.changes[0]?.version ?? 0))
})

test('the mark of a removed key is taken away after a quarter of an hour, but not what was written in between', async t => {
  const { url } = await startNats(t)
  const clock = new FakeClock()
  const node = await openNode(t, url, { clock })
  const connection = await dial(t, url)
  for (const key of ['gone', 'again']) {
    await node.store.put(scope, key, '1')
    await node.store.delete(scope, key)
  }
  const { version } = node.changes.at(-1) ?? assert.fail()
  assert.ok((await node.store.put(scope, 'again', '2')).version > version)
  clock.advance(MARK_MS - 1)
  assert.equal(await sizeOf(connection), 2)
  clock.advance(1)
  await until('the mark is gone', async () => (await sizeOf(connection)) === 1)
  assert.equal((await node.store.get(scope, 'again'))?.text, '2')
  assert.equal((await node.store.put(scope, 'gone', '3')).created, true)
  assert.deepEqual(await keysOf(node), ['again', 'gone'])
})

test('marks that a node has left behind are taken away by the next', async t => {
  const { url } = await startNats(t)
  const connection = await dial(t, url)
  const one = await openNode(t, url)
  await one.store.put(scope, 'a', '1')
  await one.store.delete(scope, 'a')
  await one.store.close()
  const clock = new FakeClock()
  await openNode(t, url, { clock })
  assert.equal(await sizeOf(connection), 1)
  clock.advance(MARK_MS * 2)
  await until('the mark is gone', async () => (await sizeOf(connection)) === 0)
})

test('a node that was away for so long that there is no mark any more learns which keys are gone', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const clock = new FakeClock()
  const [away, other] = [await openNode(t, cable.url, { clock }), await openNode(t, server.url)]
  await other.store.put(scope, 'gone', '1')
  await other.store.put(scope, 'kept', '1')
  await until('all are told', () => away.changes.length === 2)
  cable.cut()
  await until('it is refused', () =>
    away.store.stats('acme').then(
      () => false,
      () => true
    )
  )
  await other.store.delete(scope, 'gone')
  const manager = await jetstreamManager(await dial(t, server.url))
  await manager.streams.purge(VALUES.stream, { filter: '$KV.AQ_STORE.acme.lab.gone' })
  clock.advance(MARK_MS)
  cable.mend()
  await until('it is told', () => away.changes.length === 3)
  assert.deepEqual(say(away.changes.slice(2)), ['delete gone'])
  assert.ok((away.changes[2]?.version ?? 0) > (away.changes[0]?.version ?? 0))
  assert.deepEqual(await keysOf(away), ['kept'])
})

test('why NATS does not serve the store is told once in ten seconds', async t => {
  const { url } = await startNats(t)
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, timestamp: false }, { write: line => void lines.push(JSON.parse(line)) })
  const clock = new FakeClock()
  const system = createSystemClock()
  const link = await Link.open({
    servers: [url],
    creds: undefined,
    name: 'test',
    clock: system,
    connectTimeoutMs: 5_000,
    log
  })
  const bucket = await Bucket.open(link, { subjects: VALUES, replicas: 1, maxValueBytes: 1_000, clock, log })
  t.after(async () => {
    bucket.close()
    await link.close()
  })
  await bucket.ensure()
  const { streams } = await jetstreamManager(link.connection)
  await streams.update(VALUES.stream, { max_msgs: 1 })
  const write = (key: string) =>
    bucket.write(VALUES.of({ ...scope, key }), { operation: 'set', version: 1, expiresAtMs: 1, text: '1' }, 0)
  await write('a')
  for (const key of ['b', 'c']) await assert.rejects(write(key), { code: 'ENGINE_UNAVAILABLE' })
  const line = {
    level: 40,
    stream: 'KV_AQ_STORE',
    reason: 'maximum messages exceeded',
    msg: 'NATS did not serve the store'
  }
  assert.deepEqual(lines, [line])
  clock.advance(10_000)
  assert.deepEqual(lines, [line, { ...line, repeated: 1 }])
})
