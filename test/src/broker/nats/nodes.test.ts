import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Msg } from '@nats-io/transport-node'
import type { Link } from '../../../../src/broker/nats/link.ts'
import { Nodes } from '../../../../src/broker/nats/nodes.ts'
import type { BrokerStage } from '../../../contracts/broker-stage.ts'
import { createPatientClock, FakeClock } from '../../../support/clock.ts'
import { startNats } from '../../../support/nats-server.ts'
import { RecordingSink } from '../../../support/sink.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

/** Nodes that know each other, and wait for answers for as long as those take. */
async function openNodes(t: TestContext, count: number): Promise<readonly [BrokerStage, ...BrokerStage[]]> {
  const { url } = await startNats(t)
  const clock = createPatientClock()
  const nodes: BrokerStage[] = []
  for (let n = 0; n < count; n++) nodes.push(await openNode(t, url, {}, { clock }))
  await until('they know each other', () => nodes.every(({ broker }) => broker.peerCount === count - 1))
  return nodes as [BrokerStage, ...BrokerStage[]]
}

test('a question reaches the sinks of all other nodes, and what they say comes back', async t => {
  const [asking, ...others] = await openNodes(t, 3)
  for (const [index, { sink }] of others.entries()) sink.answer = question => ({ index, question })
  const question = { kind: 'any', text: 'é 🚀' }
  const answers = await asking.broker.ask(question)
  const byIndex = (a: object, b: object): number => Reflect.get(a, 'index') - Reflect.get(b, 'index')
  assert.deepEqual((answers as object[]).toSorted(byIndex), [
    { index: 0, question },
    { index: 1, question }
  ])
  assert.deepEqual(asking.sink.questions, [])
})

test('a node that has nothing to say answers all the same, and is not among the answers', async t => {
  const [asking, , other] = await openNodes(t, 3)
  other!.sink.answer = () => 0
  assert.deepEqual(await asking.broker.ask({}), [0])
})

test('an answer that is larger than the server takes counts as none, and the other ones come', async t => {
  const [asking, large, small] = await openNodes(t, 3)
  large!.sink.answer = () => 'x'.repeat(1_048_576)
  small!.sink.answer = () => 'x'.repeat(1_000_000)
  const answers = await asking.broker.ask({})
  assert.deepEqual(
    answers.map(answer => String(answer).length),
    [1_000_000]
  )
})

test('a question that is larger than the server takes is answered by nobody', async t => {
  const [asking, other] = await openNodes(t, 2)
  assert.deepEqual(await asking.broker.ask({ text: 'x'.repeat(1_048_576) }), [])
  assert.deepEqual(other!.sink.questions, [])
})

test('a private message that the server does not take is refused as too large, unless somebody is here', async t => {
  const [sending, other] = await openNodes(t, 2)
  sending.sink.clients.add('ann')
  other!.sink.clients.add('bob')
  const payload = JSON.stringify('x'.repeat(1_048_576))
  const send = (to: string[]) => sending.send(sending.message({ type: 'private', to, payload }))
  await assert.rejects(send(['bob']), { code: 'LIMIT_EXCEEDED' })
  assert.deepEqual(await send(['ann', 'bob']), ['bob'])
  assert.deepEqual(other!.sink.transients, [])
})

test('a broadcast that the server does not take reaches nobody, and others still come through', async t => {
  const [sending, other] = await openNodes(t, 2)
  const large = sending.message({ payload: JSON.stringify('x'.repeat(1_048_576)) })
  await assert.rejects(sending.broadcast(large), { code: 'LIMIT_EXCEEDED' })
  const small = sending.message()
  await sending.broadcast(small)
  await until('the small one is there', () => other!.sink.transients.length === 1)
  for (const { sink } of [sending, other!])
    assert.deepEqual(
      sink.transients.map(({ id }) => id),
      [small.id]
    )
})

test('while there is no connection a broadcast reaches nobody, and what is notified is told here', async t => {
  const nats = await startNats(t)
  const stage = await openNode(t, nats.url)
  await nats.kill()
  const notice = stage.message()
  await until('the broadcast is refused', () =>
    stage.broadcast(stage.message()).then(
      () => false,
      ({ code }) => code === 'ENGINE_UNAVAILABLE'
    )
  )
  stage.sink.transients.length = 0
  await assert.rejects(stage.broadcast(stage.message()), { code: 'ENGINE_UNAVAILABLE' })
  stage.broker.notify(notice)
  assert.deepEqual(
    stage.sink.transients.map(({ id }) => id),
    [notice.id]
  )
})

test('a node that is closed is known no more and asked no more', async t => {
  const [asking, leaving, staying] = await openNodes(t, 3)
  staying!.sink.answer = () => 'here'
  await leaving!.broker.close()
  await until('it is known no more', () => asking.broker.peerCount === 1)
  assert.deepEqual(await asking.broker.ask({}), ['here'])
  await staying!.broker.close()
  await until('nobody is left', () => asking.broker.peerCount === 0)
  assert.deepEqual(await asking.broker.ask({}), [])
})

test('while there is no connection a question is answered by nobody, and after it by all', async t => {
  const nats = await startNats(t)
  const [asking, other] = [await openNode(t, nats.url), await openNode(t, nats.url)]
  other.sink.answer = () => 'here'
  await until('they know each other', () => asking.broker.peerCount === 1)
  await nats.kill()
  await until('a question is in vain', async () => (await asking.broker.ask({})).length === 0)
  await nats.restart()
  await until('it is answered again', async () => (await asking.broker.ask({})).length === 1)
})

test('a node that is silent without a goodbye is known no more after 15 s at the latest, and one that is heard of stays', () => {
  const clock = new FakeClock()
  const takers = new Map<string, (message: Msg) => void>()
  const link = {
    onUp() {},
    publish: () => true,
    subscribe: (subject: string, take: (message: Msg) => void) => void takers.set(subject, take)
  }
  const nodes = new Nodes({
    node: 'me',
    link: link as unknown as Link,
    clock,
    log: { warn() {} } as never,
    sink: new RecordingSink(),
    forgotten() {},
    isInUse: () => false
  })
  const hear = (kind: string, node: string): void => {
    const data = Buffer.from(JSON.stringify({ kind, node }))
    takers.get('aq.ctl.all')?.({ data, json: () => ({ kind, node }) } as unknown as Msg)
  }
  for (const node of ['dead', 'alive', 'me']) hear('hello', node)
  assert.equal(nodes.size, 2)
  for (let second = 0; second < 10; second++) {
    clock.advance(1_000)
    hear('here', 'alive')
  }
  assert.equal(nodes.size, 2)
  clock.advance(5_000)
  assert.equal(nodes.size, 1)
  nodes.close()
})
