import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from '../../../src/structures/token-bucket.ts'

test('a new bucket grants its burst and not one more', () => {
  const bucket = new TokenBucket({ ratePerSecond: 3, burst: 7 }, 0)
  for (let turn = 0; turn < 7; turn++) assert.equal(bucket.tryTake(0), true)
  assert.equal(bucket.tryTake(0), false)
})

test('tokens come back at the rate, up to the burst', () => {
  const bucket = new TokenBucket({ ratePerSecond: 10, burst: 5 }, 0)
  assert.equal(bucket.tryTake(0, 5), true)
  assert.equal(bucket.tokens(0), 0)
  assert.equal(bucket.tryTake(99), false)
  assert.equal(bucket.tryTake(100), true)
  assert.equal(bucket.tokens(250), 1.5)
  assert.equal(bucket.tokens(60_000), 5)
})

test('parts of a millisecond bring nothing back', () => {
  const bucket = new TokenBucket({ ratePerSecond: 1_000, burst: 1 }, 0.5)
  assert.equal(bucket.tryTake(0.5), true)
  assert.equal(bucket.tokens(0.9), 0)
  assert.equal(bucket.waitMs(0.9), 1)
  assert.equal(bucket.tryTake(1), true)
})

test('a refusal takes nothing', () => {
  const bucket = new TokenBucket({ ratePerSecond: 1, burst: 3 }, 0)
  assert.equal(bucket.tryTake(0, 4), false)
  assert.equal(bucket.tryTake(0, 3), true)
})

test('the wait for more than the burst never ends', () => {
  const bucket = new TokenBucket({ ratePerSecond: 1, burst: 3 }, 0)
  assert.equal(bucket.waitMs(0, 3), 0)
  assert.equal(bucket.waitMs(0, 4), Number.POSITIVE_INFINITY)
})

test('the wait at rate 0 never ends once the burst is spent', () => {
  const bucket = new TokenBucket({ ratePerSecond: 0, burst: 1 }, 0)
  assert.equal(bucket.waitMs(0), 0)
  assert.equal(bucket.tryTake(0), true)
  assert.equal(bucket.waitMs(1e12), Number.POSITIVE_INFINITY)
})

test('a clock that steps back grants nothing and does not stop the bucket', () => {
  const bucket = new TokenBucket({ ratePerSecond: 1, burst: 1 }, 1_000_000)
  assert.equal(bucket.tryTake(1_000_000), true)
  assert.equal(bucket.tryTake(0), false)
  assert.equal(bucket.waitMs(0), 1_000)
  assert.equal(bucket.tryTake(999), false)
  assert.equal(bucket.tryTake(1_000), true)
})

test('a third of a token per second grants exactly its share over a day of asking', () => {
  const bucket = new TokenBucket({ ratePerSecond: 1 / 3, burst: 1 }, 0)
  let granted = 0
  for (let nowMs = 0; nowMs < 86_400_000; nowMs += 50) if (bucket.tryTake(nowMs)) granted++
  assert.equal(granted, 28_800)
})

test('a bucket grants what counting every millisecond grants', () => {
  const step = fc.record({ elapsedMs: fc.integer({ min: 0, max: 300 }), count: fc.integer({ min: 1, max: 5 }) })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { maxLength: 100, size: 'max' }),
      (ratePerSecond, burst, steps) => {
        const bucket = new TokenBucket({ ratePerSecond, burst }, 0)
        let thousandths = burst * 1_000
        let nowMs = 0
        for (const { elapsedMs, count } of steps) {
          for (let turn = 0; turn < elapsedMs; turn++)
            thousandths = Math.min(burst * 1_000, thousandths + ratePerSecond)
          nowMs += elapsedMs
          const isEnough = thousandths >= count * 1_000
          assert.equal(bucket.tryTake(nowMs, count), isEnough)
          if (isEnough) thousandths -= count * 1_000
          assert.equal(bucket.tokens(nowMs), thousandths / 1_000)
        }
      }
    )
  )
})

test('after the wait the tokens are there, and one millisecond earlier they are not', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 5_000, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(
        fc.record({
          quarterMs: fc.integer({ min: 0, max: 20_000 }),
          count: fc.integer({ min: 1, max: 50 })
        }),
        {
          maxLength: 30,
          size: 'max'
        }
      ),
      (ratePerSecond, burst, steps) => {
        const bucket = new TokenBucket({ ratePerSecond, burst }, 0)
        let nowMs = 0
        for (const { quarterMs, count: wanted } of steps) {
          const count = Math.min(wanted, burst)
          nowMs += quarterMs / 4
          const waitMs = bucket.waitMs(nowMs, count)
          assert.equal(bucket.tryTake(nowMs, count), waitMs === 0)
          if (waitMs === 0) continue
          assert.equal(bucket.tryTake(nowMs + waitMs - 1, count), false)
          nowMs += waitMs
          assert.equal(bucket.tryTake(nowMs, count), true)
        }
      }
    )
  )
})
