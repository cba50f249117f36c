import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stored } from '../../src/broker/broker.ts'
import { BusError } from '../../src/errors.ts'
import { until } from '../support/until.ts'
import { type MakeBroker, setStage } from './broker-stage.ts'

/** Opening, probing, closing. */
export function brokerLifeContract(name: string, make: MakeBroker): void {
  test(`${name}: an open broker has a name, answers the probe and counts what it holds`, async t => {
    const stage = await setStage(t, make)
    assert.notEqual(stage.broker.name, '')
    await stage.broker.probe()
    await stage.publishMany(2)
    const { channels, messages, bytes } = stage.broker.stats()
    for (const count of [channels, messages, bytes]) assert.ok(Number.isSafeInteger(count) && count >= 0)
  })

  test(`${name}: a broker without other nodes knows that, and a question is answered by nobody`, async t => {
    const { broker, sink } = await setStage(t, make)
    assert.equal(broker.peerCount, 0)
    assert.deepEqual(await broker.ask({ kind: 'any' }), [])
    await broker.probe()
    assert.deepEqual(sink.questions, [])
  })

  test(`${name}: closing settles every publish that is under way exactly once`, async t => {
    const stage = await setStage(t, make)
    const settlements: (Stored | BusError | undefined)[][] = []
    for (let turn = 0; turn < 20; turn++) {
      const own: (Stored | BusError | undefined)[] = []
      settlements.push(own)
      stage.broker.publish(stage.message(), (error, stored) => own.push(error ?? stored))
    }
    await stage.broker.close()
    await until('all are settled', () => settlements.every(own => own.length > 0))
    for (const [outcome, ...more] of settlements) {
      assert.deepEqual(more, [])
      if (outcome instanceof BusError) assert.equal(outcome.code, 'ENGINE_UNAVAILABLE')
      else assert.ok(outcome !== undefined && outcome.sequence >= 1)
    }
  })

  test(`${name}: a closed broker settles what is published or sent with ENGINE_UNAVAILABLE`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    stage.sink.clients.add('ann')
    await stage.broker.close()
    await assert.rejects(stage.publish(), { code: 'ENGINE_UNAVAILABLE' })
    await assert.rejects(stage.publish(stage.message({ id: 'arq_late' })), { code: 'ENGINE_UNAVAILABLE' })
    await assert.rejects(stage.send(stage.message({ type: 'private', to: ['ann'] })), { code: 'ENGINE_UNAVAILABLE' })
    await assert.rejects(stage.broadcast(stage.message()), { code: 'ENGINE_UNAVAILABLE' })
    stage.broker.notify(stage.message())
    stage.broker.unsubscribe(stage.key)
    assert.deepEqual([stage.sink.publications, stage.sink.transients], [[], []])
  })

  test(`${name}: a closed broker rejects every question with ENGINE_UNAVAILABLE`, async t => {
    const { broker, key } = await setStage(t, make)
    await broker.close()
    for (const question of [
      () => broker.subscribe(key),
      () => broker.position(key),
      () => broker.recover(key, { sequence: 0, epoch: 'any' }, 10),
      () => broker.read(key, { limit: 10, keep: 'newest' }),
      () => broker.forget(key),
      () => broker.ask({ kind: 'any' }),
      () => broker.probe()
    ]) {
      await assert.rejects(question, { code: 'ENGINE_UNAVAILABLE' })
    }
  })

  test(`${name}: a broker can be closed more than once`, async t => {
    const { broker } = await setStage(t, make)
    await Promise.all([broker.close(), broker.close()])
    await broker.close()
  })
}
