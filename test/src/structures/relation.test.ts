import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Relation } from '../../../src/structures/relation.ts'

test('a pair is found from both sides', () => {
  const relation = new Relation<string, number>()
  assert.equal(relation.add('a', 1), true)
  assert.equal(relation.add('b', 1), true)
  assert.equal(relation.has('a', 1), true)
  assert.deepEqual([...relation.rightsOf('a')], [1])
  assert.deepEqual([...relation.leftsOf(1)], ['a', 'b'])
})

test('a pair is added and removed once', () => {
  const relation = new Relation<string, number>()
  relation.add('a', 1)
  assert.equal(relation.add('a', 1), false)
  assert.equal(relation.size, 1)
  assert.equal(relation.delete('a', 1), true)
  assert.equal(relation.delete('a', 1), false)
  assert.equal(relation.size, 0)
})

test('a value without pairs is forgotten at once', () => {
  const relation = new Relation<string, number>()
  relation.add('a', 1)
  relation.delete('a', 1)
  assert.equal(relation.leftCount, 0)
  assert.equal(relation.rightCount, 0)
})

test('removing a left value returns its right values in the order in which they were added', () => {
  const relation = new Relation<string, number>()
  for (const right of [3, 1, 2]) relation.add('a', right)
  relation.add('b', 1)
  assert.deepEqual(relation.deleteLeft('a'), [3, 1, 2])
  assert.deepEqual(relation.deleteLeft('a'), [])
  assert.deepEqual([...relation.leftsOf(1)], ['b'])
  assert.equal(relation.size, 1)
  assert.equal(relation.rightCount, 1)
})

test('a value that is in no pair has one shared empty set', () => {
  const relation = new Relation<string, number>()
  assert.equal(relation.leftsOf(1).size, 0)
  assert.equal(relation.leftsOf(1), new Relation<string, number>().leftsOf(2))
})

test('the set of left values follows removals while it is iterated', () => {
  const relation = new Relation<string, number>()
  for (const left of ['a', 'b', 'c']) relation.add(left, 1)
  const seen: string[] = []
  for (const left of relation.leftsOf(1)) {
    seen.push(left)
    relation.deleteLeft('b')
  }
  assert.deepEqual(seen, ['a', 'c'])
})

test('a relation behaves like a set of pairs', () => {
  const operation = fc.record({
    kind: fc.constantFrom('add', 'add', 'delete', 'deleteLeft'),
    left: fc.integer({ min: 0, max: 5 }),
    right: fc.integer({ min: 0, max: 5 })
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), operations => {
      const relation = new Relation<number, string>()
      const model: { left: number; right: string }[] = []
      for (const { kind, left, right: number } of operations) {
        const right = `r${number}`
        const at = model.findIndex(pair => pair.left === left && pair.right === right)
        if (kind === 'add') {
          assert.equal(relation.add(left, right), at < 0)
          if (at < 0) model.push({ left, right })
        } else if (kind === 'delete') {
          assert.equal(relation.delete(left, right), at >= 0)
          if (at >= 0) model.splice(at, 1)
        } else {
          const rights = model.filter(pair => pair.left === left).map(pair => pair.right)
          assert.deepEqual(relation.deleteLeft(left), rights)
          for (const gone of rights)
            model.splice(
              model.findIndex(pair => pair.left === left && pair.right === gone),
              1
            )
        }
        const lefts = new Set(model.map(pair => pair.left))
        const rights = new Set(model.map(pair => pair.right))
        assert.equal(relation.size, model.length)
        assert.equal(relation.leftCount, lefts.size)
        assert.equal(relation.rightCount, rights.size)
        for (const one of lefts) {
          assert.deepEqual(
            [...relation.rightsOf(one)],
            model.filter(pair => pair.left === one).map(pair => pair.right)
          )
        }
        for (const one of rights) {
          assert.deepEqual(
            [...relation.leftsOf(one)],
            model.filter(pair => pair.right === one).map(pair => pair.left)
          )
        }
      }
    })
  )
})
