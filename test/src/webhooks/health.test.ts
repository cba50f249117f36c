import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Health } from '../../../src/webhooks/health.ts'
import { failures, resultOf } from './stage.ts'

const limits = { webhookBreakerFailures: 3, webhookBreakerMs: 1000 }
const failed = resultOf(failures[500])

test('a rule rests after as many failures in a row as the limit says, and not before', () => {
  const health = new Health(limits)
  health.note(failed, 0)
  health.note(failed, 1)
  assert.equal(health.stateAt(1), 'active')
  health.note(failed, 2)
  assert.deepEqual([health.stateAt(2), health.stateAt(1001), health.stateAt(1002)], ['resting', 'resting', 'active'])
})

test('a success ends the row', () => {
  const health = new Health(limits)
  for (const result of [failed, failed, resultOf(), failed, failed]) health.note(result, 0)
  assert.equal(health.stateAt(0), 'active')
})

test('after the rest one failure is enough for another, and one success for none', () => {
  for (const [result, state] of [
    [failed, 'resting'],
    [resultOf(), 'active']
  ] as const) {
    const health = new Health(limits)
    for (let count = 0; count < 3; count++) health.note(failed, 0)
    health.note(result, 1000)
    health.note(failed, 1000)
    assert.equal(health.stateAt(1500), state)
  }
})

test('410 disables a rule for good', () => {
  const health = new Health(limits)
  health.note(resultOf(failures[410]), 0)
  assert.deepEqual([health.isDisabled, health.stateAt(1e9)], [true, 'disabled'])
})

test('the pace is that of the last attempt: over 250 ms and time-outs are slow', () => {
  const health = new Health(limits)
  const paces = [
    resultOf({ durationMs: 251 }),
    resultOf({ durationMs: 250 }),
    resultOf({ ...failures.timeout, durationMs: 100 })
  ]
  assert.equal(health.pace, 'new')
  assert.deepEqual(
    paces.map(result => {
      health.note(result, 0)
      return health.pace
    }),
    ['slow', 'quick', 'slow']
  )
})
