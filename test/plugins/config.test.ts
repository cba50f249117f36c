import assert from 'node:assert/strict'
import { test } from 'node:test'
import config from '../../plugins/config.ts'
import { readBuild } from '../../src/version.ts'
import { buildBare, defaultConfig } from './bare.ts'

const build = readBuild({})

test('the settings, the build, a clock that runs and makers of ids are there for the others', async t => {
  const { app } = buildBare(t, {})
  await app.register(config, { config: defaultConfig, build })
  assert.equal(app.config, defaultConfig)
  assert.equal(app.build, build)
  assert.ok(Math.abs(app.clock.now() - Date.now()) < 1000)
  assert.match(app.ids.message(), /^arq_[0-9a-f-]{36}$/)
})
