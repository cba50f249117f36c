import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { Link } from '../../../../src/broker/nats/link.ts'
import { liveSubject, placeOf } from '../../../../src/broker/nats/subjects.ts'
import { wrap } from '../../../../src/broker/nats/wire.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import type { BrokerStage } from '../../../contracts/broker-stage.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

interface Stage {
  readonly member: BrokerStage
  /** Hands a message on as the stream would, whether or not it is stored. */
  handOn(sequence: number, previous: number, id?: string): void
}

/** A node that follows a channel, and a way to make the deliveries of the stream look disturbed. */
async function setStage(t: TestContext): Promise<Stage> {
  const server = await startNats(t)
  const member = await openNode(t, server.url)
  const forger = await Link.open({
    servers: [server.url],
    creds: undefined,
    name: 'forger',
    connectTimeoutMs: 5_000,
    clock: createSystemClock(),
    log: pino({ level: 'silent' })
  })
  t.after(() => forger.close())
  await member.broker.subscribe(member.key)
  return {
    member,
    handOn(sequence, previous, id = `arq_forged-${sequence}`) {
      const { headers, body } = wrap(member.message({ id }), 1, { node: 'other', number: 1 })
      headers.set('Nats-Sequence', String(sequence))
      headers.set('Nats-Last-Sequence', String(previous))
      forger.publish(liveSubject(placeOf(member.key)), Buffer.from(body), { headers })
    }
  }
}

test('a message that is handed on twice is delivered once', async t => {
  const { member, handOn } = await setStage(t)
  const { sequence } = await member.publish(member.message({ id: 'arq_a' }))
  handOn(sequence, 1, 'arq_a')
  handOn(sequence, 0, 'arq_a')
  const last = await member.flush()
  assert.deepEqual(member.sink.idsOf(member.key), ['arq_a', last])
})

test('a message whose predecessor is nowhere in the stream is delivered once that is known', async t => {
  const { member, handOn } = await setStage(t)
  const { sequence } = await member.publish(member.message({ id: 'arq_a' }))
  handOn(sequence + 100, sequence + 90, 'arq_b')
  await until('all are there', () => member.sink.publications.length === 2)
  assert.deepEqual(member.sink.idsOf(member.key), ['arq_a', 'arq_b'])
  assert.deepEqual(member.sink.losses, [])
  assert.equal(member.broker.engine?.().gapsMended, 1)
})

test('a message that follows an emptied channel is delivered', async t => {
  const { member } = await setStage(t)
  await member.publish(member.message({ id: 'arq_a' }))
  await member.broker.forget(member.key)
  const last = await member.flush()
  assert.deepEqual(member.sink.idsOf(member.key), ['arq_a', last])
  assert.deepEqual(member.sink.losses, [])
})

test('what is no message of this program is passed over', async t => {
  const { member, handOn } = await setStage(t)
  const { sequence } = await member.publish(member.message({ id: 'arq_a' }))
  handOn(sequence + 1, sequence, 'no id at all')
  handOn(sequence + 2, sequence + 1, 'arq_b')
  await until('the next is there', () => member.sink.publications.length === 2)
  assert.deepEqual(member.sink.idsOf(member.key), ['arq_a', 'arq_b'])
})

test('a position is never ahead of what was delivered', async t => {
  const server = await startNats(t)
  const [member, other] = [await openNode(t, server.url), await openNode(t, server.url)]
  const { key } = other
  await member.broker.subscribe(key)
  let isWanted = true
  const publishing = Array.from({ length: 10 }, async (_, index) => {
    while (isWanted) await (index % 2 ? other : member).publish(other.message())
  })
  for (let turn = 0; turn < 300; turn++) {
    const { sequence, epoch } =
      turn % 2
        ? await member.broker.position(key)
        : (await member.broker.recover(key, { sequence: 0, epoch: 'x' }, 1)).position
    const delivered = member.sink.publications.at(-1)?.sequence ?? 0
    assert.ok(delivered >= sequence, `${sequence} is told in turn ${turn}, and ${delivered} is delivered`)
    assert.notEqual(epoch, '')
  }
  isWanted = false
  await Promise.all(publishing)
  assert.deepEqual(member.sink.losses, [])
})
