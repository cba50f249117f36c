import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Buckets } from '../../../src/telemetry/metrics-buckets.ts'

const bounds = [1, 2, 5]

test('a value at a bound is within it, and one above the last bound is only in the total', () => {
  const buckets = new Buckets(bounds)
  for (const value of [0, 1, 1.5, 2, 5, 6]) buckets.observe(value)
  assert.deepEqual(buckets.cumulative(), [2, 4, 5, 6])
  assert.equal(buckets.sum, 15.5)
})

test('without observations everything is 0', () => {
  const buckets = new Buckets(bounds)
  assert.deepEqual(buckets.cumulative(), [0, 0, 0, 0])
  assert.equal(buckets.sum, 0)
})

test('for each bound as many are counted as are not above it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 8 })), values => {
      const buckets = new Buckets(bounds)
      for (const value of values) buckets.observe(value)
      const expected = [...bounds, Number.POSITIVE_INFINITY].map(bound => values.filter(one => one <= bound).length)
      assert.deepEqual(buckets.cumulative(), expected)
      assert.equal(
        buckets.sum,
        values.reduce((sum, value) => sum + value, 0)
      )
    })
  )
})
