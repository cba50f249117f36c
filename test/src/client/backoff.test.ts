import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffMs } from '../../../src/client/backoff.ts'

const limits = { baseMs: 250, maxMs: 20_000 }

test('the bound of the wait doubles with each failure, up to the greatest', () => {
  const bounds = [0, 1, 2, 6, 7, 1000].map(attempt => backoffMs(attempt, limits, () => 1))
  assert.deepEqual(bounds, [250, 500, 1000, 16_000, 20_000, 20_000])
})

test('the wait is any part of its bound', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, chance) => {
      const waitMs = backoffMs(attempt, limits, () => chance)
      assert.ok(waitMs >= 0 && waitMs <= limits.maxMs)
      assert.equal(waitMs, chance * backoffMs(attempt, limits, () => 1))
    })
  )
})
