import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSystemClock } from '../../../src/clock.ts'
import { Alarm } from '../../../src/store/alarm.ts'
import { FakeClock } from '../../support/clock.ts'

function set() {
  const clock = new FakeClock()
  const rung: number[] = []
  return { clock, rung, alarm: new Alarm(clock, () => rung.push(clock.monotonic())) }
}

test('it rings once, at its moment', () => {
  const { clock, rung, alarm } = set()
  alarm.set(1000)
  clock.advance(999)
  assert.deepEqual(rung, [])
  clock.advance(5000)
  assert.deepEqual(rung, [1000])
  assert.equal(clock.pending, 0)
})

test('it can be moved either way, called off, and set again after it rang', () => {
  const { clock, rung, alarm } = set()
  for (const atMs of [1000, 500, 700]) alarm.set(atMs)
  assert.equal(clock.pending, 1)
  clock.advance(2000)
  alarm.set(2500)
  alarm.set(Number.POSITIVE_INFINITY)
  assert.equal(clock.pending, 0)
  clock.advance(1000)
  alarm.set(3500)
  clock.advance(1000)
  assert.deepEqual(rung, [700, 3500])
})

test('a moment that has passed rings as soon as can be', () => {
  const { clock, rung, alarm } = set()
  clock.advance(100)
  alarm.set(50)
  clock.advance(0)
  assert.deepEqual(rung, [100])
})

test('a moment that no timer reaches is waited for in parts', () => {
  const { clock, rung, alarm } = set()
  const atMs = 2 ** 32 + 5
  alarm.set(atMs)
  clock.advance(atMs - 1)
  assert.deepEqual(rung, [])
  clock.advance(1)
  assert.deepEqual(rung, [atMs])
})

test('on the real clock it does not ring early', async () => {
  const clock = createSystemClock()
  const atMs = clock.monotonic() + 20.7
  const keepAlive = setInterval(() => {}, 1000)
  const rungAtMs = await new Promise<number>(resolve => {
    new Alarm(clock, () => resolve(clock.monotonic())).set(atMs)
  })
  clearInterval(keepAlive)
  assert.ok(rungAtMs >= atMs)
})
