import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { Stored } from '../../../src/broker/broker.ts'
import { createMemoryBroker, type MemoryBrokerLimits } from '../../../src/broker/memory.ts'
import { createIds } from '../../../src/ids.ts'
import { brokerContract } from '../../contracts/broker.ts'
import { BrokerStage } from '../../contracts/broker-stage.ts'
import { FakeClock } from '../../support/clock.ts'
import { usedHeapBytes } from '../../support/heap.ts'
import { sizeInHistory } from '../../support/messages.ts'

const DEFAULTS: MemoryBrokerLimits = {
  historyCount: 500,
  historyBytesPerChannel: 1_048_576,
  historyAgeMs: 86_400_000,
  historyTotalBytes: 134_217_728,
  duplicateWindowMs: 120_000,
  duplicateWindowIds: 10_000,
  duplicateWindowTotalIds: 1_000_000
}

function makeBroker(limits: Partial<MemoryBrokerLimits> = {}, clock = new FakeClock()) {
  return createMemoryBroker({ clock, ids: createIds(clock, randomBytes), limits: { ...DEFAULTS, ...limits } })
}

async function setStage(
  t: TestContext,
  limits: Partial<MemoryBrokerLimits> = {},
  clock = new FakeClock()
): Promise<BrokerStage> {
  const stage = new BrokerStage(makeBroker(limits, clock))
  t.after(() => stage.broker.close())
  await stage.broker.open(stage.sink)
  return stage
}

/** The sequences that a channel's history holds. */
async function held(stage: BrokerStage, channel = 'explore'): Promise<number[]> {
  const { publications } = await stage.broker.read(stage.message({ channel }).key, { limit: 1_000, keep: 'oldest' })
  return publications.map(({ sequence }) => sequence)
}

brokerContract('memory', async options => ({ broker: makeBroker(options) }))

test('a message is settled and delivered before publish returns', async t => {
  const stage = await setStage(t)
  await stage.broker.subscribe(stage.key)
  const settled: (Stored | undefined)[] = []
  stage.broker.publish(stage.message(), (_, stored) => settled.push(stored))
  assert.equal(settled[0]?.sequence, 1)
  assert.equal(stage.sink.publications[0]?.sequence, 1)
})

test('the sequences of a channel start at 1 and leave none out', async t => {
  const stage = await setStage(t)
  await stage.publish(stage.message({ channel: 'other' }))
  assert.deepEqual(
    (await stage.publishMany(4)).map(({ sequence }) => sequence),
    [1, 2, 3, 4]
  )
})

test('a message to another channel, published from a delivery, is delivered after it', async t => {
  const stage = await setStage(t)
  const other = stage.message({ channel: 'other' })
  await stage.broker.subscribe(stage.key)
  await stage.broker.subscribe(other.key)
  const log: string[] = []
  stage.sink.onDeliver = ({ message }) => {
    if (message.key === stage.key) stage.broker.publish(other, () => log.push('other is settled'))
    log.push(`${message.channel} is delivered`)
  }
  await stage.publish()
  assert.deepEqual(log, ['other is settled', 'explore is delivered', 'other is delivered'])
})

test('what waits for a delivery to end is not delivered once the channel is unsubscribed', async t => {
  const stage = await setStage(t)
  await stage.broker.subscribe(stage.key)
  stage.sink.onDeliver = () => {
    stage.broker.publish(stage.message(), () => {})
    stage.broker.unsubscribe(stage.key)
  }
  const { sequence } = await stage.publish()
  assert.deepEqual(
    stage.sink.publications.map(publication => publication.sequence),
    [sequence]
  )
  assert.deepEqual(await held(stage), [1, 2])
})

test('nothing is delivered after a close from within settling or delivering', async t => {
  const early = await setStage(t)
  await early.broker.subscribe(early.key)
  early.broker.publish(early.message(), () => void early.broker.close())
  assert.equal(early.sink.publications.length, 0)

  const late = await setStage(t)
  await late.broker.subscribe(late.key)
  late.sink.onDeliver = () => {
    late.broker.publish(late.message(), () => {})
    void late.broker.close()
  }
  late.broker.publish(late.message(), () => {})
  assert.equal(late.sink.publications.length, 1)
})

test('a sink that throws against its contract does not stop the channel', async t => {
  const stage = await setStage(t)
  await stage.broker.subscribe(stage.key)
  stage.sink.onDeliver = () => {
    stage.sink.onDeliver = () => {}
    throw new Error('broken sink')
  }
  assert.throws(() => stage.broker.publish(stage.message(), () => {}), /broken sink/)
  await stage.publish()
  assert.deepEqual(
    stage.sink.publications.map(({ sequence }) => sequence),
    [1, 2]
  )
})

test('a channel holds as many messages as it may and drops the oldest for one more', async t => {
  const stage = await setStage(t, { historyCount: 3 })
  await stage.publishMany(3)
  assert.deepEqual(await held(stage), [1, 2, 3])
  await stage.publish()
  assert.deepEqual(await held(stage), [2, 3, 4])
  assert.equal(stage.broker.stats().messages, 3)
})

test('without history positions are given and only one who missed nothing recovers', async t => {
  const stage = await setStage(t, { historyCount: 0 })
  const stored = await stage.publishMany(2)
  assert.deepEqual(
    stored.map(({ sequence }) => sequence),
    [1, 2]
  )
  assert.deepEqual(await held(stage), [])
  assert.equal((await stage.broker.recover(stage.key, stored[1]!, 10)).recovered, true)
  assert.equal((await stage.broker.recover(stage.key, stored[0]!, 10)).recovered, false)
  assert.deepEqual(stage.broker.stats(), { channels: 1, messages: 0, bytes: 0 })
})

test('a channel holds as many bytes as it may and drops the oldest for one more', async t => {
  const size = sizeInHistory(new BrokerStage(makeBroker()).message({ payload: '{"text":"ten chars."}' }))
  const stage = await setStage(t, { historyBytesPerChannel: size * 3 })
  const publish = (payload: string) => stage.publish(stage.message({ payload }))
  for (let turn = 0; turn < 3; turn++) await publish('{"text":"ten chars."}')
  assert.deepEqual(await held(stage), [1, 2, 3])
  assert.equal(stage.broker.stats().bytes, size * 3)
  await publish('{"text":"eleven ch.."}')
  assert.deepEqual(await held(stage), [3, 4])
})

test('the newest message of a channel stays, however large', async t => {
  const stage = await setStage(t, { historyBytesPerChannel: 1_000 })
  await stage.publishMany(1)
  await stage.publish(stage.message({ payload: JSON.stringify({ text: 'x'.repeat(5_000) }) }))
  assert.deepEqual(await held(stage), [2])
})

test('a message is held for its age and is gone one millisecond later', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, { historyAgeMs: 1_500 }, clock)
  const [first] = await stage.publishMany(1)
  clock.advance(500)
  await stage.publish()
  clock.advance(1_000)
  assert.deepEqual(await held(stage), [1, 2])
  clock.advance(1)
  assert.deepEqual(await held(stage), [2])
  assert.equal((await stage.broker.recover(stage.key, first!, 10)).recovered, true)
  clock.advance(500)
  assert.equal((await stage.broker.recover(stage.key, first!, 10)).recovered, false)
})

test('messages that are too old are dropped though nobody reads', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, { historyAgeMs: 10_000 }, clock)
  await stage.publishMany(3)
  clock.advance(60_000)
  assert.deepEqual(stage.broker.stats(), { channels: 1, messages: 0, bytes: 0 })
})

test('a jump of the wall clock makes no message old', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, { historyAgeMs: 10_000 }, clock)
  await stage.publishMany(1)
  clock.set(clock.now() + 86_400_000)
  assert.deepEqual(await held(stage), [1])
})

test('over the total the oldest messages of the process go first, whatever their channel', async t => {
  const size = sizeInHistory(new BrokerStage(makeBroker()).message({ channel: 'a' }))
  const stage = await setStage(t, { historyTotalBytes: size * 4 })
  for (const channel of ['a', 'b', 'a', 'c']) await stage.publish(stage.message({ channel }))
  assert.deepEqual([await held(stage, 'a'), await held(stage, 'b'), await held(stage, 'c')], [[1, 2], [1], [1]])
  await stage.publish(stage.message({ channel: 'c' }))
  assert.deepEqual([await held(stage, 'a'), await held(stage, 'b'), await held(stage, 'c')], [[2], [1], [1, 2]])
  await stage.publish(stage.message({ channel: 'c' }))
  assert.deepEqual([await held(stage, 'a'), await held(stage, 'b'), await held(stage, 'c')], [[2], [], [1, 2, 3]])
  assert.deepEqual(stage.broker.stats(), { channels: 3, messages: 4, bytes: size * 4 })
})

test('who missed a message that the total took does not recover', async t => {
  const size = sizeInHistory(new BrokerStage(makeBroker()).message())
  const stage = await setStage(t, { historyTotalBytes: size })
  const since = await stage.broker.position(stage.key)
  const own = await stage.publish()
  await stage.publish(stage.message({ channel: 'other' }))
  assert.equal((await stage.broker.recover(stage.key, since, 10)).recovered, false)
  assert.equal((await stage.broker.recover(stage.key, own, 10)).recovered, true)
})

test('a message that is larger than the total is delivered and not held', async t => {
  const stage = await setStage(t, { historyTotalBytes: 100 })
  await stage.broker.subscribe(stage.key)
  await stage.publish()
  assert.equal(stage.sink.publications.length, 1)
  assert.equal(stage.broker.stats().messages, 0)
})

test('an id is a duplicate for the window and new one millisecond later', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, {}, clock)
  const isDuplicate = async () => (await stage.publish(stage.message({ id: 'arq_a' }))).duplicate
  assert.equal(await isDuplicate(), false)
  clock.advance(120_000)
  assert.equal(await isDuplicate(), true)
  clock.advance(1)
  assert.equal(await isDuplicate(), false)
})

test('an id is a duplicate among the latest ids of its channel and new after one more', async t => {
  const stage = await setStage(t, { duplicateWindowIds: 3 })
  const isDuplicate = async (id: string) => (await stage.publish(stage.message({ id }))).duplicate
  for (const id of ['arq_a', 'arq_b', 'arq_c']) await isDuplicate(id)
  await stage.publishMany(5)
  assert.equal(await isDuplicate('arq_a'), true)
  assert.equal(await isDuplicate('arq_d'), false)
  assert.equal(await isDuplicate('arq_a'), false)
})

test('an id is a duplicate among the latest ids of the process and new after one more, whatever the channels', async t => {
  const stage = await setStage(t, { duplicateWindowTotalIds: 3 })
  const isDuplicate = async (id: string, channel: string) =>
    (await stage.publish(stage.message({ id, channel }))).duplicate
  for (const channel of ['a', 'b', 'c']) await isDuplicate('arq_1', channel)
  assert.equal(await isDuplicate('arq_1', 'a'), true)
  assert.equal(await isDuplicate('arq_2', 'c'), false)
  assert.equal(await isDuplicate('arq_1', 'b'), true)
  assert.equal(await isDuplicate('arq_1', 'a'), false)
})

test('a duplicate is found after its message has left history', async t => {
  const stage = await setStage(t, { historyCount: 1 })
  const first = await stage.publish(stage.message({ id: 'arq_a' }))
  await stage.publishMany(3)
  assert.deepEqual(await stage.publish(stage.message({ id: 'arq_a' })), { ...first, duplicate: true })
})

test('a forgotten channel has forgotten its ids', async t => {
  const stage = await setStage(t)
  await stage.publish(stage.message({ id: 'arq_a' }))
  await stage.broker.forget(stage.key)
  assert.equal((await stage.publish(stage.message({ id: 'arq_a' }))).duplicate, false)
})

test('reading channels that were never used leaves nothing behind', async t => {
  const stage = await setStage(t)
  for (let turn = 0; turn < 100; turn++) await held(stage, `c${turn}`)
  assert.equal(stage.broker.stats().channels, 0)
})

test('an open broker has one timer and a closed one has none and holds nothing', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, {}, clock)
  await stage.publishMany(3)
  assert.equal(clock.pending, 1)
  await stage.broker.close()
  assert.equal(clock.pending, 0)
  assert.deepEqual(stage.broker.stats(), { channels: 0, messages: 0, bytes: 0 })
})

test('ids that are too old take no memory though nobody publishes', async t => {
  const clock = new FakeClock()
  const stage = await setStage(t, { historyCount: 0 }, clock)
  const beforeBytes = usedHeapBytes()
  for (let turn = 0; turn < 50_000; turn++) {
    stage.broker.publish(stage.message({ id: `arq_${turn}`, channel: `c${turn % 5}` }), () => {})
  }
  const usedBytes = usedHeapBytes() - beforeBytes
  clock.advance(130_000)
  assert.ok(usedHeapBytes() - beforeBytes < usedBytes / 10)
  assert.equal(stage.broker.stats().channels, 5)
})

test('histories take no more memory than they are counted as', async t => {
  const stage = await setStage(t, { historyCount: 10_000 })
  const beforeBytes = usedHeapBytes()
  for (let turn = 0; turn < 20_000; turn++) stage.broker.publish(stage.message({ channel: `c${turn % 20}` }), () => {})
  assert.ok(usedHeapBytes() - beforeBytes <= stage.broker.stats().bytes)
})

test('fifty thousand channels leave no memory behind once they are forgotten', async t => {
  const stage = await setStage(t)
  const beforeBytes = usedHeapBytes()
  for (let turn = 0; turn < 50_000; turn++) {
    stage.broker.publish(stage.message({ id: `arq_${turn}`, channel: `c${turn}` }), () => {})
  }
  assert.equal(stage.broker.stats().channels, 50_000)
  const usedBytes = usedHeapBytes() - beforeBytes
  for (let turn = 0; turn < 50_000; turn++) await stage.broker.forget(stage.message({ channel: `c${turn}` }).key)
  assert.deepEqual(stage.broker.stats(), { channels: 0, messages: 0, bytes: 0 })
  assert.ok(usedHeapBytes() - beforeBytes < usedBytes / 10)
})
