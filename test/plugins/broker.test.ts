import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import broker from '../../plugins/broker.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { createSystemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { createIds } from '../../src/ids.ts'
import { BrokerStage } from '../contracts/broker-stage.ts'
import { FakeClock } from '../support/clock.ts'
import { startNats } from '../support/nats-server.ts'
import { buildBare, defaultConfig } from './bare.ts'

/** The broker that the plugin makes of the settings, open, with a recorder behind it. */
async function setStage(t: TestContext, settings: Partial<Config>): Promise<{ stage: BrokerStage; clock: FakeClock }> {
  const clock = new FakeClock()
  const ids = createIds(clock, randomBytes)
  const { app } = buildBare(t, { config: { config: { ...defaultConfig, ...settings }, clock, ids } })
  await app.register(broker)
  const made: Broker = app.broker
  t.after(() => made.close())
  const stage = new BrokerStage(made)
  await made.open(stage.sink)
  return { stage, clock }
}

async function countOf({ broker: made, key }: BrokerStage): Promise<number> {
  return (await made.read(key, { limit: 1000, keep: 'newest' })).total
}

test('the broker keeps as many messages as the settings say', async t => {
  const { stage } = await setStage(t, { maxHistorySize: 2 })
  await stage.publishMany(3)
  assert.equal(await countOf(stage), 2)
  assert.equal(stage.broker.name, 'memory')
})

test('the broker keeps messages for as long as the settings say', async t => {
  const { stage, clock } = await setStage(t, { maxHistoryAgeMs: 1000 })
  await stage.publishMany(1)
  clock.advance(1000)
  assert.equal(await countOf(stage), 1)
  clock.advance(1)
  assert.equal(await countOf(stage), 0)
})

for (const limit of ['maxHistoryBytesPerChannel', 'maxHistoryTotalBytes'] as const) {
  test(`the broker keeps no more bytes than ${limit}`, async t => {
    const { stage } = await setStage(t, { [limit]: 4000 })
    await stage.publishMany(20)
    const kept = await countOf(stage)
    assert.ok(kept > 0 && kept < 20)
    assert.ok(stage.broker.stats().bytes <= 4000)
  })
}

test('the broker knows ids again for as long and as many as the settings say', async t => {
  const { stage, clock } = await setStage(t, { duplicateWindowMs: 1000, duplicateWindowIds: 2 })
  const first = stage.message({ id: 'arq_1' })
  await stage.publish(first)
  assert.equal((await stage.publish(first)).duplicate, true)
  clock.advance(1001)
  assert.equal((await stage.publish(first)).duplicate, false)
  await stage.publish(stage.message({ id: 'arq_2' }))
  await stage.publish(stage.message({ id: 'arq_3' }))
  assert.equal((await stage.publish(first)).duplicate, false)
})

test('the broker is NATS, and keeps as many messages there as the settings say', async t => {
  const server = await startNats(t)
  const clock = createSystemClock()
  const config: Config = {
    ...defaultConfig,
    broker: 'nats',
    natsUrl: ` ${server.url}, ${server.url}`,
    maxHistorySize: 2
  }
  const { app, log } = buildBare(t, { config: { config, clock, ids: createIds(clock, randomBytes) } })
  await app.register(broker)
  const made: Broker = app.broker
  t.after(() => made.close())
  const stage = new BrokerStage(made)
  await made.open(stage.sink)
  await stage.publishMany(3)
  assert.equal(await countOf(stage), 2)
  assert.equal(made.name, 'nats')
  assert.match(String(log.find(line => line.server !== undefined)?.msg), /^NATS \d+\.\d+\.\d+ carries the messages/)
})
