import assert from 'node:assert/strict'
import { test } from 'node:test'
import config from '../../plugins/config.ts'
import { readBuild } from '../../src/version.ts'
import { FakeClock } from '../support/clock.ts'
import { buildBare, defaultConfig } from './bare.ts'

const build = readBuild({})

test('the settings, the build, the clock and makers of ids are there for the others', async t => {
  const { app } = buildBare(t, {})
  const clock = new FakeClock()
  await app.register(config, { config: defaultConfig, build, clock })
  assert.equal(app.config, defaultConfig)
  assert.equal(app.build, build)
  assert.equal(app.clock, clock)
  assert.match(app.ids.message(), /^arq_[0-9a-f-]{36}$/)
})
