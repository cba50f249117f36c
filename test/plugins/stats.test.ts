import assert from 'node:assert/strict'
import { test } from 'node:test'
import stats from '../../plugins/stats.ts'
import { type BusEvent, createBusEvents } from '../../src/bus/events.ts'
import { BusStage } from '../support/bus.ts'
import { buildBare, defaultConfig } from './bare.ts'

test('every interval the log tells how much goes on, and after the close nothing', async t => {
  const stage = new BusStage()
  const { clock, bus } = stage
  const config = { ...defaultConfig, statsIntervalMs: 10_000 }
  const events = createBusEvents()
  const told: BusEvent[] = []
  events.on(event => told.push(event))
  const { app, log } = buildBare(t, { config: { config, clock }, bus: { bus }, casil: { events } })
  await app.register(stats)
  await bus.start()
  t.after(() => bus.close())
  const ada = stage.connect()
  for (let n = 0; n < 25; n++) ada.say({ type: 'message', room: 'lab:one' })
  clock.advance(10_000)
  clock.advance(10_000)
  const lines = log.filter(line => line.msg === 'stats')
  assert.deepEqual(
    lines.map(({ clients, rooms, channels, messages, messages_per_second }) => [
      clients,
      rooms,
      channels,
      messages,
      messages_per_second
    ]),
    [
      [1, 4, 11, 25, 2.5],
      [1, 4, 11, 25, 0]
    ]
  )
  assert.deepEqual(
    told.map(({ type, tenant, payload }) => [type, tenant, payload]),
    lines.map(({ clients, rooms, channels, messages, messages_per_second }, n) => [
      'stats',
      undefined,
      { clients, rooms, channels, messages, messages_per_second, uptime_seconds: 10 * (n + 1) }
    ])
  )
  await app.close()
  clock.advance(60_000)
  assert.equal(log.filter(line => line.msg === 'stats').length, 2)
})
