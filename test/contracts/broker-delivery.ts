import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stored } from '../../src/broker/broker.ts'
import { until } from '../support/until.ts'
import { type MakeBroker, setStage } from './broker-stage.ts'

/** What reaches whom, in which order, and what is answered to the publisher. */
export function brokerDeliveryContract(name: string, make: MakeBroker): void {
  test(`${name}: a message reaches the subscribed sink as it was published, with its position`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const message = stage.message({
      type: 'event',
      payload: '{"a":"é\\u0000🚀"}',
      metadata: '{"sequence":9}',
      echo: true
    })
    const { sequence, epoch, duplicate } = await stage.publish(message)
    await until('it is delivered', () => stage.sink.publications.length > 0)
    const [publication] = stage.sink.publications
    assert.ok(sequence >= 1)
    assert.notEqual(epoch, '')
    assert.equal(duplicate, false)
    assert.equal(publication?.sequence, sequence)
    assert.equal(publication.epoch, epoch)
    const { hasClientId, publisher, ...seenByReceivers } = message
    const { hasClientId: _, publisher: __, ...received } = publication.message
    assert.deepEqual({ ...received }, seenByReceivers)
  })

  test(`${name}: a presence notice is delivered as one`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    await stage.publish(stage.message({ type: 'system', isPresence: true }))
    await until('it is delivered', () => stage.sink.publications.length > 0)
    assert.equal(stage.sink.publications[0]?.message.isPresence, true)
  })

  test(`${name}: several publishers are stored and delivered in one order that keeps the order of each`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const publishers = ['ann', 'bob', 'cat', 'dan']
    const settledIds: string[] = []
    for (let turn = 0; turn < 20; turn++) {
      for (const publisher of publishers) {
        const message = stage.message({ publisher, sender: publisher, payload: JSON.stringify({ turn }) })
        stage.broker.publish(message, () => settledIds.push(message.id))
      }
    }
    await until('all are delivered', () => stage.sink.publications.length === 80)
    const delivered = stage.sink.publications
    for (const [index, { sequence }] of delivered.entries()) {
      if (index > 0) assert.ok(sequence > delivered[index - 1]!.sequence)
    }
    for (const publisher of publishers) {
      const turns = delivered
        .filter(({ message }) => message.sender === publisher)
        .map(({ message }) => JSON.parse(message.payload).turn)
      assert.deepEqual(
        turns,
        turns.toSorted((one, other) => one - other)
      )
    }
    const { publications } = await stage.broker.read(stage.key, { limit: 100, keep: 'oldest' })
    assert.deepEqual(
      publications.map(({ message }) => message.id),
      stage.sink.idsOf(stage.key)
    )
    assert.equal(settledIds.length, 80)
  })

  test(`${name}: a publish settles exactly once, before the sink sees the message`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const log: string[] = []
    stage.sink.onDeliver = ({ message }) => log.push(`delivered ${message.id}`)
    const messages = Array.from({ length: 10 }, () => stage.message())
    for (const message of messages) stage.broker.publish(message, () => log.push(`settled ${message.id}`))
    await until('all are delivered', () => stage.sink.publications.length === 10)
    await stage.flush()
    for (const { id } of messages) {
      assert.deepEqual(
        log.filter(line => line.endsWith(` ${id}`)),
        [`settled ${id}`, `delivered ${id}`]
      )
    }
  })

  test(`${name}: messages published while one is settled or delivered come after it, in the order of the calls`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const published: string[] = []
    const publish = (label: string, settled: () => void = () => {}) => {
      const message = stage.message({ payload: JSON.stringify({ label }) })
      published.push(label)
      stage.broker.publish(message, settled)
    }
    stage.sink.onDeliver = ({ message }) => {
      const { label } = JSON.parse(message.payload)
      if (label === 'first') publish('from the sink', () => publish('from settled within the sink'))
    }
    publish('first', () => publish('from settled', () => publish('from settled within settled')))
    await until('all are delivered', () => stage.sink.publications.length === 5)
    assert.deepEqual(
      stage.sink.publications.map(({ message }) => JSON.parse(message.payload).label),
      published
    )
    const sequences = stage.sink.publications.map(({ sequence }) => sequence)
    assert.deepEqual(
      sequences,
      sequences.toSorted((one, other) => one - other)
    )
  })

  test(`${name}: a channel that is subscribed twice is delivered once`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    await stage.broker.subscribe(stage.key)
    const last = await stage.flush()
    assert.deepEqual(stage.sink.idsOf(stage.key), [last])
  })

  test(`${name}: only subscribed channels reach the sink`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    await stage.publish(stage.message({ channel: 'other' }))
    await stage.publish(stage.message({ channel: '' }))
    const last = await stage.flush()
    await stage.broker.probe()
    assert.deepEqual(
      stage.sink.publications.map(({ message }) => message.id),
      [last]
    )
  })

  test(`${name}: a channel is silent from unsubscribe until it is subscribed again`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const first = await stage.flush()
    stage.broker.unsubscribe(stage.key)
    stage.broker.unsubscribe(stage.key)
    stage.broker.unsubscribe(stage.message({ channel: 'never-used' }).key)
    await stage.publish()
    await stage.broker.probe()
    await stage.broker.subscribe(stage.key)
    const last = await stage.flush()
    assert.deepEqual(stage.sink.idsOf(stage.key), [first, last])
  })

  test(`${name}: a repeated id is reported with the first position, and neither stored nor delivered again`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const settled: Stored[] = []
    for (let turn = 0; turn < 3; turn++) settled.push(await stage.publish(stage.message({ id: 'arq_once' })))
    settled.push(...(await Promise.all([1, 2].map(() => stage.publish(stage.message({ id: 'arq_once' }))))))
    const last = await stage.flush()
    const { sequence, epoch } = settled[0]!
    assert.deepEqual(
      settled.map(({ duplicate }) => duplicate),
      [false, true, true, true, true]
    )
    for (const stored of settled) assert.deepEqual([stored.sequence, stored.epoch], [sequence, epoch])
    assert.deepEqual(stage.sink.idsOf(stage.key), ['arq_once', last])
    assert.equal((await stage.broker.read(stage.key, { limit: 10, keep: 'oldest' })).total, 2)
  })

  test(`${name}: a duplicate that follows at once is found too`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const settled = await Promise.all([1, 2].map(() => stage.publish(stage.message({ id: 'arq_twice' }))))
    const last = await stage.flush()
    assert.deepEqual(
      settled.map(({ duplicate }) => duplicate),
      [false, true]
    )
    assert.deepEqual(stage.sink.idsOf(stage.key), ['arq_twice', last])
  })

  test(`${name}: the same id from another publisher, channel, room or tenant is no duplicate`, async t => {
    const stage = await setStage(t, make)
    await stage.publish(stage.message({ id: 'arq_same', publisher: 'ann' }))
    for (const parts of [
      { publisher: 'bob' },
      { publisher: 'ann', channel: 'other' },
      { publisher: 'ann', room: 'other' },
      { publisher: 'ann', tenant: `${stage.tenant}-2` }
    ]) {
      assert.equal((await stage.publish(stage.message({ id: 'arq_same', ...parts }))).duplicate, false)
    }
  })

  test(`${name}: publisher and id are compared apart, whatever the publisher is called`, async t => {
    const stage = await setStage(t, make)
    await stage.publish(stage.message({ id: 'arq_a', publisher: 'b c' }))
    for (const [id, publisher] of [
      ['arq_a.b', 'c'],
      ['arq_a', 'b  c'],
      ['arq_a', 'b\0c'],
      ['arq_a', 'b.c']
    ] as const) {
      assert.equal((await stage.publish(stage.message({ id, publisher }))).duplicate, false)
    }
  })

  test(`${name}: an id that the server made is never a duplicate`, async t => {
    const stage = await setStage(t, make)
    for (let turn = 0; turn < 2; turn++) {
      assert.equal((await stage.publish(stage.message({ id: 'arq_server', hasClientId: false }))).duplicate, false)
    }
  })

  for (const way of ['broadcast', 'notify'] as const) {
    test(`${name}: a message by ${way} reaches the sink and is in no history`, async t => {
      const stage = await setStage(t, make)
      await stage.broker.subscribe(stage.key)
      const message = stage.message({ type: 'telemetry', payload: '{"n":1}' })
      if (way === 'notify') stage.broker.notify(message)
      else await stage.broadcast(message)
      await until('it is delivered', () => stage.sink.transients.length > 0)
      await stage.broker.probe()
      assert.deepEqual(
        stage.sink.transients.map(({ id, payload }) => [id, payload]),
        [[message.id, '{"n":1}']]
      )
      assert.equal(stage.sink.publications.length, 0)
      assert.equal((await stage.broker.read(stage.key, { limit: 10, keep: 'newest' })).total, 0)
    })
  }

  test(`${name}: a broadcast is settled before the sink sees it`, async t => {
    const stage = await setStage(t, make)
    const seen: (number | undefined)[] = []
    stage.broker.broadcast(stage.message(), error => seen.push(error ? undefined : stage.sink.transients.length))
    await until('it is delivered', () => stage.sink.transients.length > 0)
    assert.deepEqual(seen, [0])
  })

  test(`${name}: a private message reaches each connected target once, and the missing ones are named`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    stage.sink.clients.add('ann').add('bob')
    const message = stage.message({ type: 'private', to: ['ann', 'nobody', 'bob', 'gone'] })
    const missing = await stage.send(message)
    assert.deepEqual(missing.toSorted(), ['gone', 'nobody'])
    const reached = stage.sink.transients.flatMap(({ to }) => to.filter(client => stage.sink.clients.has(client)))
    assert.deepEqual(reached.toSorted(), ['ann', 'bob'])
    for (const { id } of stage.sink.transients) assert.equal(id, message.id)
    assert.equal(stage.sink.publications.length, 0)
    assert.equal((await stage.broker.read(stage.key, { limit: 10, keep: 'newest' })).total, 0)
  })

  test(`${name}: a private message to connected clients misses nobody, one to absent clients misses all`, async t => {
    const stage = await setStage(t, make)
    stage.sink.clients.add('ann')
    assert.deepEqual(await stage.send(stage.message({ type: 'private', to: ['ann'] })), [])
    assert.deepEqual(await stage.send(stage.message({ type: 'private', to: ['nobody'] })), ['nobody'])
  })

  test(`${name}: a private message settles exactly once`, async t => {
    const stage = await setStage(t, make)
    stage.sink.clients.add('ann')
    let settlements = 0
    stage.broker.send(stage.message({ type: 'private', to: ['ann', 'nobody'] }), () => settlements++)
    await until('it settles', () => settlements > 0)
    await stage.broker.probe()
    assert.equal(settlements, 1)
  })
}
