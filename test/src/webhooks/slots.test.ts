import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Pace, Slots } from '../../../src/webhooks/slots.ts'

/** How many of one pace begin when nothing else does. */
function fill(capacity: number, pace: Pace, before: readonly Pace[] = []): number {
  const slots = new Slots(capacity)
  for (const taken of before) slots.take(taken)
  let count = 0
  for (; slots.admits(pace); count++) slots.take(pace)
  return count
}

const shares: readonly (readonly [capacity: number, quick: number, fresh: number, slow: number])[] = [
  [1, 1, 1, 1],
  [2, 2, 1, 1],
  [3, 3, 2, 1],
  [4, 4, 3, 2],
  [8, 8, 6, 4],
  [32, 32, 24, 16]
]

for (const [capacity, quick, fresh, slow] of shares) {
  test(`of ${capacity} slots quick rules get ${quick}, new ones ${fresh} and slow ones ${slow}`, () => {
    assert.deepEqual([fill(capacity, 'quick'), fill(capacity, 'new'), fill(capacity, 'slow')], [quick, fresh, slow])
  })
}

test('what slow rules have taken is missing to new ones, and the other way round', () => {
  assert.equal(fill(4, 'new', ['slow', 'slow']), 1)
  assert.equal(fill(4, 'slow', ['new', 'new', 'new']), 0)
  assert.equal(fill(4, 'slow', ['new', 'new']), 1)
})

test('quick rules get whatever is free', () => {
  assert.equal(fill(4, 'quick', ['slow', 'slow', 'new']), 1)
})

test('what is released can be taken again', () => {
  const slots = new Slots(1)
  slots.take('slow')
  assert.deepEqual([slots.isFull, slots.taken, slots.admits('quick')], [true, 1, false])
  slots.release('slow')
  assert.deepEqual([slots.isFull, slots.taken, slots.admits('quick')], [false, 0, true])
})
