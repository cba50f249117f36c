import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Sampled } from '../../../src/log/sampled.ts'
import { FakeClock } from '../../support/clock.ts'

const WINDOW_MS = 10_000

function setSampled(maxKeys = 10) {
  const clock = new FakeClock()
  const told: { at: number; thing: string; repeated: number }[] = []
  const sampled = new Sampled<string>({
    clock,
    windowMs: WINDOW_MS,
    maxKeys,
    tell: (thing, repeated) => void told.push({ at: clock.monotonic(), thing, repeated })
  })
  return { sampled, clock, told }
}

test('the first is told at once, the others as one number when the window ends', () => {
  const { sampled, clock, told } = setSampled()
  for (const thing of ['first', 'second', 'third']) sampled.add('key', thing)
  clock.advance(WINDOW_MS - 1)
  assert.deepEqual(told, [{ at: 0, thing: 'first', repeated: 0 }])
  clock.advance(1)
  assert.deepEqual(told[1], { at: WINDOW_MS, thing: 'first', repeated: 2 })
  assert.equal(told.length, 2)
})

test('what goes on after a window is told when the next one ends, and what pauses for one is told at once again', () => {
  const { sampled, clock, told } = setSampled()
  sampled.add('key', 'a')
  sampled.add('key', 'b')
  clock.advance(WINDOW_MS + 1)
  sampled.add('key', 'c')
  assert.equal(told.length, 2)
  clock.advance(2 * WINDOW_MS)
  assert.deepEqual(told[2], { at: 2 * WINDOW_MS, thing: 'a', repeated: 1 })
  sampled.add('key', 'd')
  assert.deepEqual(told[3], { at: 3 * WINDOW_MS + 1, thing: 'd', repeated: 0 })
})

test('keys are told apart, up to as many as may be remembered and not beyond', () => {
  const { sampled, told } = setSampled(2)
  for (const key of ['a', 'b', 'c', 'a', 'b', 'c']) sampled.add(key, key)
  assert.deepEqual(
    told.map(({ thing }) => thing),
    ['a', 'b', 'c', 'c']
  )
})

test('a timer runs only while there is something to remember, and closing tells what waits', () => {
  const { sampled, clock, told } = setSampled()
  assert.equal(clock.pending, 0)
  sampled.add('key', 'a')
  assert.equal(clock.pending, 1)
  clock.advance(WINDOW_MS)
  assert.equal(clock.pending, 0)
  sampled.add('key', 'b')
  sampled.add('key', 'c')
  sampled.close()
  assert.equal(clock.pending, 0)
  assert.deepEqual(
    told.map(({ thing, repeated }) => [thing, repeated]),
    [
      ['a', 0],
      ['b', 0],
      ['b', 1]
    ]
  )
})

test('however much comes, nothing is lost from the counts and each key has one line in a window', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 15_000 }))), steps => {
      const { sampled, clock, told } = setSampled()
      for (const [key, ms] of steps) {
        sampled.add(key, key)
        clock.advance(ms)
      }
      sampled.close()
      const last = clock.monotonic()
      for (const key of ['a', 'b']) {
        const lines = told.filter(({ thing }) => thing === key)
        const total = lines.reduce((sum, { repeated }) => sum + Math.max(1, repeated), 0)
        assert.equal(total, steps.filter(([name]) => name === key).length)
        assert.ok(lines.length <= 2 + last / WINDOW_MS + 1)
      }
    })
  )
})
