import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Shelved, Shelves } from '../../../src/store/shelves.ts'

function slot(namespace: string, key: string, bytes = 1, dueMs = Number.POSITIVE_INFINITY): Shelved {
  return { namespace, key, bytes, dueMs, place: -1 }
}

test('a slot takes the place of the one under its key, and only the new one counts and comes due', () => {
  const shelves = new Shelves()
  shelves.set(slot('lab', 'a', 5, 10))
  shelves.set(slot('lab', 'a', 3, 20))
  assert.deepEqual(shelves.stats, { keys: 1, bytes: 3 })
  assert.equal(shelves.nextDueMs, 20)
  assert.equal(shelves.due(19), undefined)
  assert.equal(shelves.due(20)?.bytes, 3)
})

test('a namespace exists while it has keys', () => {
  const shelves = new Shelves()
  const [one, two] = [slot('lab', 'a'), slot('box', 'a')]
  shelves.set(one)
  shelves.set(two)
  assert.deepEqual(shelves.namespaces, ['box', 'lab'])
  shelves.remove(two)
  assert.deepEqual(shelves.namespaces, ['lab'])
  shelves.remove(one)
  assert.ok(shelves.isEmpty)
  assert.deepEqual(shelves.stats, { keys: 0, bytes: 0 })
})

test('all slots of all namespaces can be gone through', () => {
  const shelves = new Shelves()
  for (const one of [slot('lab', 'a'), slot('lab', 'b'), slot('box', 'a')]) shelves.set(one)
  const names = [...shelves].map(({ namespace, key }) => `${namespace}/${key}`)
  assert.deepEqual(names.sort(), ['box/a', 'lab/a', 'lab/b'])
})
