import assert from 'node:assert/strict'
import { test } from 'node:test'
import version from '../../routes/version.ts'
import { VERSION } from '../../src/version.ts'
import { buildBare } from '../plugins/bare.ts'
import { FakeClock } from '../support/clock.ts'

test('the version tells software, protocol and build', async t => {
  const clock = new FakeClock()
  const { app } = buildBare(t, { all: { clock, build: { gitCommit: 'abc', buildDate: '2026-01-01' } } })
  await app.register(version)
  const reply = await app.inject('/version')
  assert.equal(reply.statusCode, 200)
  assert.deepEqual(reply.json(), {
    service: 'arqonbus',
    name: 'ArqonBus',
    version: VERSION,
    protocol: '1.0',
    build: { git_commit: 'abc', build_date: '2026-01-01' },
    timestamp: clock.iso()
  })
})
