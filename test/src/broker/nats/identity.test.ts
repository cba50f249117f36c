import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { identified, identityOf } from '../../../../src/broker/nats/identity.ts'
import { findNatsProgram } from '../../../support/nats-program.ts'
import { NatsServer } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

const CONFIG: { name: string; metadata?: Record<string, string> } = { name: 'A' }

test('a stream that is made has an identity of its own, which does not go by the time of its creation', () => {
  const [one, other] = [identified(CONFIG, '2.10.0'), identified(CONFIG, '2.12.7')]
  assert.equal(one.name, 'A')
  assert.notEqual(identityOf({ config: one, created: 'now' }), identityOf({ config: other, created: 'now' }))
  assert.equal(identityOf({ config: one, created: 'now' }), identityOf({ config: one, created: 'a moment later' }))
})

test('where the server keeps no words with a stream, or another program has made it, the time of creation tells which it is', () => {
  assert.deepEqual(identified(CONFIG, '2.9.25'), CONFIG)
  assert.equal(identityOf({ config: CONFIG, created: 'now' }), 'now')
  assert.equal(identityOf({ config: { metadata: { of: 'others' } }, created: 'now' }), 'now')
})

/** Whether the stream of messages that a node makes on a server has an identity, after which settings of another node have changed it. */
async function makesIdentified(t: TestContext, program: string): Promise<boolean> {
  const server = await NatsServer.start([], { program })
  t.after(() => server.remove())
  const first = await openNode(t, server.url)
  const { epoch } = await first.publish()
  const second = await openNode(t, server.url, { historyCount: 7 })
  assert.equal((await second.broker.position(first.key)).epoch, epoch)
  const connection = await connect({ servers: server.url })
  const { config, created } = await (await jetstreamManager(connection)).streams.info('AQ_MSG')
  await connection.close()
  assert.equal(config.max_msgs_per_subject, 8)
  return identityOf({ config, created }) !== String(created)
}

test('a newer server keeps the identity of a stream, also when its settings change, and an older one is not asked to', async t => {
  const [usual, newer] = [findNatsProgram(), findNatsProgram('2.10.0')]
  assert.equal(await makesIdentified(t, usual.path), usual.path === newer?.path)
  if (newer !== undefined) assert.ok(await makesIdentified(t, newer.path))
})

test('a stream that an operator gives another identity is another one, and no position in it counts any more', async t => {
  const newer = findNatsProgram('2.10.0')
  if (newer === undefined) return t.diagnostic('not shown: there is no server that keeps an identity')
  const server = await NatsServer.start([], { program: newer.path })
  t.after(() => server.remove())
  const stage = await openNode(t, server.url)
  const { broker, key, sink } = stage
  await broker.subscribe(key)
  const old = await stage.publish()
  const connection = await connect({ servers: server.url })
  const { streams } = await jetstreamManager(connection)
  const { config } = await streams.info('AQ_MSG')
  await streams.update('AQ_MSG', { ...config, metadata: { ...config.metadata, arqonbus_identity: 'another' } })
  await connection.close()
  await until('members are sent away', async () => {
    await broker.probe().catch(() => {})
    return sink.losses.length > 0
  })
  const { recovered, position } = await broker.recover(key, old, 10)
  assert.equal(recovered, false)
  assert.equal(position.sequence, old.sequence)
  assert.notEqual(position.epoch, old.epoch)
})
