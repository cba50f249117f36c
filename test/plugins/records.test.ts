import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import records from '../../plugins/records.ts'
import { createSystemClock } from '../../src/clock.ts'
import type { OpenRecords } from '../../src/structures/records.ts'
import { startNats } from '../support/nats-server.ts'
import { buildBare, defaultConfig } from './bare.ts'

async function build(t: TestContext, settings: Partial<typeof defaultConfig>) {
  const config = { ...defaultConfig, ...settings }
  const { app } = buildBare(t, { config: { config, clock: createSystemClock() }, broker: {} })
  await app.register(records)
  return app
}

test('where there is but one node nothing is shared', async t => {
  const app = await build(t, { broker: 'memory' })
  await app.ready()
  assert.equal(app.records, undefined)
})

test('what one node writes, another reads: from when it is ready until it is closed', async t => {
  const { url } = await startNats(t)
  const settings = { broker: 'nats', natsUrl: url } as const
  const [one, two] = [await build(t, settings), await build(t, settings)]
  const open = (app: typeof one): OpenRecords => app.records ?? assert.fail('nothing is shared')
  await assert.rejects(open(one)('kind').put('a', '1'), { code: 'ENGINE_UNAVAILABLE' })
  await Promise.all([one.ready(), two.ready()])
  await open(one)('kind').put('a', '1')
  assert.equal(await open(two)('kind').create('a', '2'), false)
  await one.close()
  await assert.rejects(open(one)('kind').put('a', '1'), { code: 'ENGINE_UNAVAILABLE' })
  assert.equal(await open(two)('kind').delete('a'), true)
})
