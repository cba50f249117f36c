import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdTurns, RecentIds } from '../../../src/broker/recent-ids.ts'

test('an id that is new is remembered with its sequence', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 }, new IdTurns(100))
  assert.equal(ids.claim('a', 1, 0), 1)
  assert.equal(ids.claim('b', 2, 0), 2)
  assert.equal(ids.claim('a', 3, 0), 1)
  assert.equal(ids.count, 2)
})

test('an id is remembered for its age, counted from when it was first seen', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 }, new IdTurns(100))
  ids.claim('a', 1, 0)
  assert.equal(ids.claim('a', 2, 60), 1)
  assert.equal(ids.claim('a', 2, 100), 1)
  assert.equal(ids.claim('a', 2, 101), 2)
})

test('the oldest id makes room for one too many', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 3 }, new IdTurns(100))
  for (const [index, id] of ['a', 'b', 'c'].entries()) ids.claim(id, index + 1, 0)
  assert.equal(ids.claim('a', 4, 0), 1)
  ids.claim('d', 4, 0)
  assert.equal(ids.count, 3)
  assert.equal(ids.claim('b', 5, 0), 2)
  assert.equal(ids.claim('a', 5, 0), 5)
})

test('with room for no id every id is new', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 0 }, new IdTurns(100))
  assert.equal(ids.claim('a', 1, 0), 1)
  assert.equal(ids.claim('a', 2, 0), 2)
  assert.equal(ids.count, 0)
})

test('ids that are too old are forgotten, the others stay', () => {
  const ids = new RecentIds({ maxAgeMs: 100, maxCount: 10 }, new IdTurns(100))
  ids.claim('a', 1, 0)
  ids.claim('b', 2, 50)
  ids.expire(101)
  assert.equal(ids.count, 1)
  assert.equal(ids.claim('b', 3, 101), 2)
  ids.expire(1_000)
  assert.equal(ids.count, 0)
})

test('of all owners together the oldest id makes room for one too many, whosever it is', () => {
  const turns = new IdTurns(3)
  const [first, second] = [0, 1].map(() => new RecentIds({ maxAgeMs: 100, maxCount: 10 }, turns))
  first?.claim('a', 1, 0)
  second?.claim('a', 1, 0)
  first?.claim('b', 2, 0)
  assert.deepEqual([first?.count, second?.count], [2, 1])
  second?.claim('b', 2, 0)
  assert.deepEqual([first?.count, second?.count], [1, 2])
  assert.equal(first?.claim('b', 3, 0), 2)
})

test('the turn of an id that is gone takes no other one', () => {
  const turns = new IdTurns(3)
  const [first, second] = [1, 10].map(maxCount => new RecentIds({ maxAgeMs: 100, maxCount }, turns))
  for (const [index, id] of ['a', 'b', 'c'].entries()) first?.claim(id, index + 1, 0)
  for (const [index, id] of ['a', 'b'].entries()) second?.claim(id, index + 1, 0)
  assert.deepEqual([first?.count, second?.count], [1, 2])
  first?.clear()
  for (const [index, id] of ['c', 'd'].entries()) second?.claim(id, index + 3, 0)
  assert.deepEqual([first?.count, second?.count], [0, 3])
})

test('a turn is given up once its id is gone and it is the first', () => {
  const turns = new IdTurns(3)
  const [first, second] = [0, 1].map(() => new RecentIds({ maxAgeMs: 100, maxCount: 10 }, turns))
  first?.claim('a', 1, 0)
  first?.claim('b', 2, 0)
  second?.claim('a', 1, 50)
  first?.expire(101)
  turns.trim()
  second?.claim('b', 2, 101)
  second?.claim('c', 3, 101)
  assert.equal(second?.count, 3)
})
