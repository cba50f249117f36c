import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PROTOCOL_VERSION, readBuild, VERSION } from '../../src/version.ts'

test('the version is the one of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(VERSION, manifest.version)
})

test('the protocol is 1.0', () => {
  assert.equal(PROTOCOL_VERSION, '1.0')
})

test('the build is what the environment says, and unknown when it says nothing', () => {
  const env = { ARQONBUS_BUILD_COMMIT: 'c0ffee', ARQONBUS_BUILD_DATE: '2026-11-22' }
  assert.deepEqual(readBuild(env), { gitCommit: 'c0ffee', buildDate: '2026-11-22' })
  assert.deepEqual(readBuild({ ARQONBUS_BUILD_COMMIT: '' }), { gitCommit: 'unknown', buildDate: 'unknown' })
})
