import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAbsences } from '../../../../src/broker/nats/versions.ts'

test('a server below the floor cannot be used', () => {
  assert.match(findAbsences('2.9.9', 1).fault ?? '', /^NATS 2\.9\.9 is too old: 2\.9\.10 or newer is needed$/)
  assert.match(findAbsences('1.4.0', 1).fault ?? '', /too old/)
  assert.match(findAbsences('', 1).fault ?? '', /too old/)
  assert.equal(findAbsences('2.9.10', 1).fault, undefined)
})

test('replicas need a newer server', () => {
  assert.match(findAbsences('2.9.25', 3).fault ?? '', /too old for 3 replicas/)
  assert.equal(findAbsences('2.10.0', 3).fault, undefined)
})

test('what is weaker than it could be is named', () => {
  assert.equal(findAbsences('2.9.10', 1).absent.length, 2)
  assert.equal(findAbsences('2.12.6', 3).absent.length, 1)
  assert.deepEqual(findAbsences('2.12.7', 3).absent, [])
  assert.deepEqual(findAbsences('2.14.0-preview.1', 5).absent, [])
})
