import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect } from '@nats-io/transport-node'
import type { Stored } from '../../../../src/broker/broker.ts'
import type { NatsBrokerLimits } from '../../../../src/broker/nats/broker.ts'
import type { BrokerStage } from '../../../contracts/broker-stage.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

interface Stage {
  readonly publisher: BrokerStage
  /** A node whose first member has just come. */
  readonly member: BrokerStage
  readonly stored: readonly Stored[]
  /** Asks for what came after a message and returns the sequences. */
  missedAfter(index: number): Promise<readonly number[]>
  /** How often the server was asked for something since that was asked last. */
  countReads(): Promise<number>
}

async function setStage(t: TestContext, count: number, limits: Partial<NatsBrokerLimits> = {}): Promise<Stage> {
  const server = await startNats(t)
  const publisher = await openNode(t, server.url, limits)
  const { key } = publisher
  const stored = await publisher.publishMany(count)
  const member = await openNode(t, server.url, limits)
  await member.broker.subscribe(key)
  const witness = await connect({ servers: server.url })
  t.after(() => witness.close())
  let reads = 0
  witness.subscribe('$JS.API.>', {
    callback: () => {
      reads++
    }
  })
  await witness.flush()
  return {
    publisher,
    member,
    stored,
    async missedAfter(index) {
      const { recovered, missed } = await member.broker.recover(key, stored[index] ?? assert.fail(), 1_000)
      assert.ok(recovered)
      return missed.map(({ sequence }) => sequence)
    },
    async countReads() {
      await witness.flush()
      const count = reads
      reads = 0
      return count
    }
  }
}

const sequencesOf = (stored: readonly Stored[]): number[] => stored.map(({ sequence }) => sequence)

test('of many who come back to a channel the first reads for itself, the second for all, and the others not at all', async t => {
  const { publisher, member, missedAfter, countReads, stored } = await setStage(t, 100)
  await countReads()
  const all = sequencesOf(stored)
  assert.deepEqual(await missedAfter(10), all.slice(11))
  assert.ok((await countReads()) > 0)
  assert.deepEqual(await Promise.all([missedAfter(20), missedAfter(30)]), [all.slice(21), all.slice(31)])
  assert.ok((await countReads()) > 0)
  const { sequence } = await publisher.publish()
  await until('it has come', () => member.sink.publications.length === 1)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => missedAfter(index)))
  for (const [index, answer] of answers.entries()) assert.deepEqual(answer, [...all.slice(index + 1), sequence])
  assert.equal(await countReads(), 0)
})

test('what has no room at hand is read from the stream, and nothing is missing', async t => {
  const { missedAfter, countReads, stored } = await setStage(t, 40, { historyBytesPerChannel: 10_000 })
  const all = sequencesOf(stored)
  for (let turn = 0; turn < 2; turn++) assert.deepEqual(await missedAfter(0), all.slice(1))
  await countReads()
  assert.deepEqual(await missedAfter(38), all.slice(39))
  assert.equal(await countReads(), 0)
  assert.deepEqual(await missedAfter(0), all.slice(1))
  assert.ok((await countReads()) > 0)
})

test('a beginning that the stream has dropped is no proof for anybody', async t => {
  const { member, missedAfter, publisher, stored } = await setStage(t, 30, { historyCount: 10 })
  const all = sequencesOf(stored)
  for (let turn = 0; turn < 3; turn++) assert.deepEqual(await missedAfter(25), all.slice(26))
  for (const index of [0, 10, 18]) {
    const { recovered, missed } = await member.broker.recover(publisher.key, stored[index] ?? assert.fail(), 1_000)
    assert.deepEqual([recovered, missed], [false, []])
  }
})
