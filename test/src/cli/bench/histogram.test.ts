import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram } from '../../../../src/cli/bench/histogram.ts'

test('is empty at first', () => {
  const histogram = new Histogram()
  assert.deepEqual([histogram.count, histogram.maxMs, histogram.quantile(0.5)], [0, 0, 0])
})

test('reads every quantile back to one in a hundred', () => {
  const durations = fc.array(fc.double({ min: 0.01, max: 100_000, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, part) => {
      const histogram = new Histogram()
      for (const duration of all) histogram.add(duration)
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(all.length * part) - 1]!
      const read = histogram.quantile(part)
      assert.ok(read >= exact * 0.9999 && read <= exact * 1.011, `${read} for ${exact}`)
      assert.equal(histogram.maxMs, Math.max(...all))
    })
  )
})

test('takes what is shorter or longer than it can tell apart', () => {
  const histogram = new Histogram()
  for (const duration of [0, 1e12]) histogram.add(duration)
  assert.deepEqual([histogram.count, histogram.maxMs], [2, 1e12])
  assert.ok(histogram.quantile(0.5) < 0.002)
})
