import assert from 'node:assert/strict'
import { test } from 'node:test'
import casil from '../../plugins/casil.ts'
import { FakeClock } from '../support/clock.ts'
import { ada, contentOf, KEY } from '../support/gate.ts'
import { buildBare, defaultConfig } from './bare.ts'

test('the gate has the policy of the settings, tells the events, and leaves no timer behind', async t => {
  const clock = new FakeClock()
  const config = { ...defaultConfig, casilEnabled: true, casilScopeInclude: ['secure-*'] }
  const { app, log } = buildBare(t, { config: { config, clock }, records: {} })
  await app.register(casil)
  await app.ready()
  assert.deepEqual(app.gate.policy.scope_include, ['secure-*'])
  const told: string[] = []
  app.events.on(({ type }) => told.push(type))
  for (let count = 0; count < 2; count++) app.gate.pass(contentOf({ key: KEY }), ada)
  assert.deepEqual(told, ['casil_decision'])
  await app.close()
  assert.deepEqual(told, ['casil_decision', 'casil_decision'])
  assert.equal(clock.pending, 0)
  assert.deepEqual(
    log.map(({ msg }) => msg),
    ['CASIL policy loaded', 'CASIL found something', 'CASIL found something']
  )
})
