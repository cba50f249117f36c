import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryPage, HistoryQuery } from '../../src/broker/broker.ts'
import { type BrokerStage, type MakeBroker, setStage } from './broker-stage.ts'

/** What is remembered: positions, recovery, reading. */
export function brokerHistoryContract(name: string, make: MakeBroker): void {
  test(`${name}: a channel that nothing was published to stands at sequence 0`, async t => {
    const stage = await setStage(t, make)
    const position = await stage.broker.position(stage.key)
    assert.equal(position.sequence, 0)
    assert.notEqual(position.epoch, '')
    assert.deepEqual(await stage.broker.position(stage.key), position)
  })

  test(`${name}: a channel stands where its last message was stored`, async t => {
    const stage = await setStage(t, make)
    const { sequence, epoch } = (await stage.publishMany(3))[2]!
    await stage.publish(stage.message({ channel: 'other' }))
    assert.deepEqual(await stage.broker.position(stage.key), { sequence, epoch })
  })

  test(`${name}: the position of a channel that was never used is honoured once it is used`, async t => {
    const stage = await setStage(t, make)
    const since = await stage.broker.position(stage.key)
    const stored = await stage.publishMany(2)
    const recovery = await stage.broker.recover(stage.key, since, 10)
    assert.equal(recovery.recovered, true)
    assert.deepEqual(
      recovery.missed.map(({ sequence }) => sequence),
      stored.map(({ sequence }) => sequence)
    )
  })

  test(`${name}: the position that a recovery of a never used channel returns is honoured too`, async t => {
    const stage = await setStage(t, make)
    const first = await stage.broker.recover(stage.key, { sequence: 4, epoch: 'another' }, 10)
    assert.deepEqual([first.recovered, first.missed], [false, []])
    await stage.publish()
    const second = await stage.broker.recover(stage.key, first.position, 10)
    assert.equal(second.recovered, true)
    assert.equal(second.missed.length, 1)
  })

  test(`${name}: recovery returns exactly what was published after a position`, async t => {
    const stage = await setStage(t, make)
    const messages = Array.from({ length: 6 }, (_, index) => stage.message({ payload: JSON.stringify({ index }) }))
    const stored = await Promise.all(messages.map(message => stage.publish(message)))
    await stage.publish(stage.message({ channel: 'other' }))
    for (const [index, since] of stored.entries()) {
      const { recovered, missed, position } = await stage.broker.recover(stage.key, since, 10)
      assert.equal(recovered, true)
      assert.deepEqual(
        missed.map(({ message }) => message.id),
        messages.slice(index + 1).map(({ id }) => id)
      )
      assert.deepEqual(
        missed.map(({ sequence, epoch }) => [sequence, epoch]),
        stored.slice(index + 1).map(({ sequence, epoch }) => [sequence, epoch])
      )
      assert.deepEqual(
        missed.map(({ message }) => message.payload),
        messages.slice(index + 1).map(({ payload }) => payload)
      )
      assert.deepEqual(position, { sequence: stored[5]!.sequence, epoch: stored[5]!.epoch })
    }
  })

  test(`${name}: nothing is recovered from another epoch or from beyond the end`, async t => {
    const stage = await setStage(t, make)
    const last = (await stage.publishMany(3))[2]!
    for (const since of [
      { sequence: last.sequence, epoch: `${last.epoch}x` },
      { sequence: last.sequence, epoch: '' },
      { sequence: 0, epoch: 'another' },
      { sequence: last.sequence + 1, epoch: last.epoch },
      { sequence: last.sequence + 1_000_000, epoch: last.epoch }
    ]) {
      const { recovered, missed, position } = await stage.broker.recover(stage.key, since, 10)
      assert.deepEqual([recovered, missed], [false, []])
      assert.deepEqual(position, { sequence: last.sequence, epoch: last.epoch })
    }
  })

  test(`${name}: as many messages as the limit are recovered, one more are not`, async t => {
    const stage = await setStage(t, make)
    const stored = await stage.publishMany(5)
    assert.equal((await stage.broker.recover(stage.key, stored[0]!, 4)).missed.length, 4)
    const over = await stage.broker.recover(stage.key, stored[0]!, 3)
    assert.deepEqual([over.recovered, over.missed], [false, []])
    assert.equal(over.position.sequence, stored[4]!.sequence)
  })

  test(`${name}: what history has dropped cannot be recovered, the rest can`, async t => {
    const stage = await setStage(t, make, { historyCount: 5 })
    const origin = await stage.broker.position(stage.key)
    const stored = await stage.publishMany(20)
    for (const since of [origin, stored[0]!, stored[8]!]) {
      const { recovered, missed } = await stage.broker.recover(stage.key, since, 100)
      assert.deepEqual([recovered, missed], [false, []])
    }
    for (let index = 14; index < 20; index++) {
      const { recovered, missed } = await stage.broker.recover(stage.key, stored[index]!, 100)
      assert.equal(recovered, true)
      assert.deepEqual(
        missed.map(({ sequence }) => sequence),
        stored.slice(index + 1).map(({ sequence }) => sequence)
      )
    }
  })

  test(`${name}: a page is bounded on both sides, exclusively, and is always oldest first`, async t => {
    const stage = await setStage(t, make)
    const { sequences } = await publishTimed(stage)
    for (const [bounds, from, to] of [
      [{}, 0, 6],
      [{ afterSequence: sequences[1]! }, 2, 6],
      [{ afterSequence: 0 }, 0, 6],
      [{ afterSequence: sequences[5]! }, 6, 6],
      [{ afterMs: timeOf(1) }, 2, 6],
      [{ beforeMs: timeOf(4) }, 0, 4],
      [{ afterMs: timeOf(0), beforeMs: timeOf(5) }, 1, 5],
      [{ afterMs: timeOf(2), beforeMs: timeOf(3) }, 3, 3],
      [{ afterSequence: sequences[2]!, beforeMs: timeOf(5) }, 3, 5]
    ] as const) {
      for (const keep of ['oldest', 'newest'] as const) {
        const page = await stage.broker.read(stage.key, { ...bounds, limit: 100, keep })
        assert.deepEqual(sequencesOf(page), sequences.slice(from, to))
        assert.equal(page.total, 6)
        assert.equal(page.position.sequence, sequences[5])
      }
    }
  })

  test(`${name}: of more messages than the limit the wanted end is kept`, async t => {
    const stage = await setStage(t, make)
    const { sequences } = await publishTimed(stage)
    const read = async (query: HistoryQuery) => sequencesOf(await stage.broker.read(stage.key, query))
    assert.deepEqual(await read({ limit: 2, keep: 'oldest' }), sequences.slice(0, 2))
    assert.deepEqual(await read({ limit: 2, keep: 'newest' }), sequences.slice(4))
    assert.deepEqual(await read({ limit: 6, keep: 'newest' }), sequences)
    assert.deepEqual(await read({ afterSequence: sequences[0]!, limit: 2, keep: 'oldest' }), sequences.slice(1, 3))
    assert.deepEqual(await read({ afterSequence: sequences[3]!, limit: 1, keep: 'newest' }), sequences.slice(5))
    assert.deepEqual(await read({ afterMs: timeOf(0), limit: 2, keep: 'oldest' }), sequences.slice(1, 3))
    assert.deepEqual(await read({ beforeMs: timeOf(4), limit: 2, keep: 'newest' }), sequences.slice(2, 4))
  })

  test(`${name}: reading a channel that was never used finds nothing`, async t => {
    const stage = await setStage(t, make)
    const { publications, total, position } = await stage.broker.read(stage.key, { limit: 10, keep: 'newest' })
    assert.deepEqual([publications, total, position.sequence], [[], 0, 0])
  })

  test(`${name}: a forgotten channel has no history and starts in a new epoch`, async t => {
    const stage = await setStage(t, make)
    const old = (await stage.publishMany(3))[1]!
    await stage.publish(stage.message({ channel: 'other' }))
    await stage.broker.forget(stage.key)
    assert.equal((await stage.broker.read(stage.key, { limit: 10, keep: 'newest' })).total, 0)
    const fresh = await stage.publish()
    assert.notEqual(fresh.epoch, old.epoch)
    assert.deepEqual((await stage.broker.recover(stage.key, old, 10)).recovered, false)
    const page = await stage.broker.read(stage.key, { limit: 10, keep: 'newest' })
    assert.deepEqual(sequencesOf(page), [fresh.sequence])
    assert.equal(
      (await stage.broker.read(stage.message({ channel: 'other' }).key, { limit: 10, keep: 'newest' })).total,
      1
    )
  })

  test(`${name}: a channel forgotten while it is subscribed goes on being delivered`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.subscribe(stage.key)
    const first = await stage.flush()
    await stage.broker.forget(stage.key)
    const last = await stage.flush()
    assert.deepEqual(stage.sink.idsOf(stage.key), [first, last])
    assert.notEqual(stage.sink.publications[0]?.epoch, stage.sink.publications[1]?.epoch)
  })

  test(`${name}: forgetting a channel that does not exist does nothing`, async t => {
    const stage = await setStage(t, make)
    await stage.broker.forget(stage.key)
    assert.equal((await stage.broker.position(stage.key)).sequence, 0)
  })
}

/** Six messages, ten milliseconds apart. */
async function publishTimed(stage: BrokerStage): Promise<{ sequences: number[] }> {
  const messages = Array.from({ length: 6 }, (_, index) => stage.message({ timestampMs: timeOf(index) }))
  const stored = await Promise.all(messages.map(message => stage.publish(message)))
  return { sequences: stored.map(({ sequence }) => sequence) }
}

function timeOf(index: number): number {
  return Date.UTC(2026, 0, 1) + index * 10
}

function sequencesOf(page: HistoryPage): number[] {
  return page.publications.map(({ sequence }) => sequence)
}
