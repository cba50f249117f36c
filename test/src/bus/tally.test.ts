import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tallies } from '../../../src/bus/tally.ts'

test('what a tenant does counts for it and for all', () => {
  const tallies = new Tallies()
  tallies.add('acme', 'accepted')
  tallies.add('acme', 'messages')
  tallies.add('other', 'messages')
  assert.deepEqual(tallies.of('acme'), { accepted: 1, messages: 1 })
  assert.deepEqual(tallies.of('other'), { accepted: 0, messages: 1 })
  assert.deepEqual(tallies.total, { accepted: 1, messages: 2 })
})

test('a tenant that is forgotten starts anew, and the sum does not', () => {
  const tallies = new Tallies()
  tallies.add('acme', 'messages')
  assert.deepEqual(tallies.tenants(), ['acme'])
  tallies.forget('acme')
  assert.deepEqual(tallies.tenants(), [])
  assert.deepEqual([tallies.of('acme').messages, tallies.total.messages], [0, 1])
})
