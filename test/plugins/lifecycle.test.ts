import assert from 'node:assert/strict'
import { test } from 'node:test'
import lifecycle from '../../plugins/lifecycle.ts'
import { type BusEvent, createBusEvents } from '../../src/bus/events.ts'
import { VERSION } from '../../src/version.ts'
import { FakeClock } from '../support/clock.ts'
import { buildBare, defaultConfig } from './bare.ts'

test('beginning and end are told, the end before anything else ends', async t => {
  const clock = new FakeClock()
  const events = createBusEvents()
  const told: BusEvent[] = []
  events.on(event => told.push(event))
  const config = { ...defaultConfig, nodeName: 'node-7' }
  const { app } = buildBare(t, { config: { config, clock }, casil: { events } })
  await app.register(lifecycle)
  let toldAtDrain = 0
  app.addHook('preClose', async () => {
    toldAtDrain = told.length
  })
  await app.ready()
  assert.deepEqual(told, [])
  await app.listen({ host: '127.0.0.1', port: 0 })
  clock.advance(61_400)
  await app.close()
  const event = { severity: 'info', tenant: undefined }
  assert.deepEqual(told, [
    { type: 'system_started', ...event, payload: { node: 'node-7', version: VERSION } },
    { type: 'system_stopping', ...event, payload: { node: 'node-7', uptime_seconds: 61 } }
  ])
  assert.equal(toldAtDrain, 2)
})
