import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { identified, identityOf } from '../../../../src/broker/nats/identity.ts'
import { findNatsProgram } from '../../../support/nats-program.ts'
import { NatsServer } from '../../../support/nats-server.ts'
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
