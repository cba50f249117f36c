import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentIds } from '../../../src/broker/recent-ids.ts'

test('an id that is new is remembered with its sequence', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 })
  assert.equal(ids.claim('a', 1, 0), 1)
  assert.equal(ids.claim('b', 2, 0), 2)
  assert.equal(ids.claim('a', 3, 0), 1)
  assert.equal(ids.count, 2)
})

test('an id is remembered for its age, counted from when it was first seen', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 })
  ids.claim('a', 1, 0)
  assert.equal(ids.claim('a', 2, 60), 1)
  assert.equal(ids.claim('a', 2, 100), 1)
  assert.equal(ids.claim('a', 2, 101), 2)
})

test('the oldest id makes room for one too many', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 3 })
  for (const [index, id] of ['a', 'b', 'c'].entries()) ids.claim(id, index + 1, 0)
  assert.equal(ids.claim('a', 4, 0), 1)
  ids.claim('d', 4, 0)
  assert.equal(ids.count, 3)
  assert.equal(ids.claim('b', 5, 0), 2)
  assert.equal(ids.claim('a', 5, 0), 5)
})

test('with room for no id every id is new', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 0 })
  assert.equal(ids.claim('a', 1, 0), 1)
  assert.equal(ids.claim('a', 2, 0), 2)
  assert.equal(ids.count, 0)
})

test('ids that are too old are forgotten, the others stay', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 })
  ids.claim('a', 1, 0)
  ids.claim('b', 2, 50)
  ids.expire(101)
  assert.equal(ids.count, 1)
  assert.equal(ids.claim('b', 3, 101), 2)
  ids.expire(1_000)
  assert.equal(ids.count, 0)
})
