import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counts } from '../../../src/structures/counts.ts'

test('everything is counted for itself, in the order of the first times', () => {
  const counts = new Counts<string>()
  for (const key of ['b', 'a', 'b']) counts.add(key)
  assert.deepEqual(counts.list(), [
    { key: 'b', count: 2 },
    { key: 'a', count: 1 }
  ])
})

test('what never happened is counted as 0 and not listed', () => {
  const counts = new Counts<number>()
  assert.equal(counts.of(7), 0)
  assert.deepEqual(counts.list(), [])
})
