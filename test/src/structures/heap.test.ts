import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Heap } from '../../../src/structures/heap.ts'

function drain<T>(heap: Heap<T>): T[] {
  const items: T[] = []
  for (let item = heap.shift(); item !== undefined; item = heap.shift()) items.push(item)
  return items
}

test('items come out by priority, equals in the order in which they were added', () => {
  const heap = new Heap<string>()
  for (const [item, priority] of [
    ['c', 2],
    ['a', 1],
    ['d', 2],
    ['b', 1]
  ] as const) {
    heap.set(item, priority)
  }
  assert.equal(heap.lowest, 1)
  assert.equal(heap.size, 4)
  assert.deepEqual(drain(heap), ['a', 'b', 'c', 'd'])
})

test('an empty heap has nothing to give', () => {
  const heap = new Heap<string>()
  assert.equal(heap.lowest, Number.POSITIVE_INFINITY)
  assert.equal(heap.shift(), undefined)
  assert.equal(heap.delete('a'), false)
})

test('an item can be taken out wherever it stands', () => {
  const heap = new Heap<number>()
  for (let item = 0; item < 20; item++) heap.set(item, (item * 7) % 20)
  assert.equal(heap.delete(11), true)
  assert.equal(heap.delete(11), false)
  const rest = Array.from({ length: 20 }, (_, item) => item).filter(item => item !== 11)
  assert.deepEqual(
    drain(heap),
    rest.sort((a, b) => ((a * 7) % 20) - ((b * 7) % 20))
  )
})

test('an item that is set again moves and comes after its new equals', () => {
  const heap = new Heap<string>()
  heap.set('a', 1)
  heap.set('b', 2)
  heap.set('a', 2)
  assert.equal(heap.size, 2)
  assert.deepEqual(drain(heap), ['b', 'a'])
})

test('a cleared heap is as good as new', () => {
  const heap = new Heap<string>()
  heap.set('a', 1)
  heap.clear()
  assert.equal(heap.size, 0)
  assert.equal(heap.shift(), undefined)
  heap.set('a', 3)
  assert.equal(heap.lowest, 3)
})

const steps = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('set' as const), item: fc.nat(30), priority: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ act: fc.constant('delete' as const), item: fc.nat(30), priority: fc.constant(0) }),
    fc.record({ act: fc.constant('shift' as const), item: fc.constant(0), priority: fc.constant(0) })
  ),
  { maxLength: 200 }
)

test('whatever is done to it, a heap gives what a sorted list gives', () => {
  fc.assert(
    fc.property(steps, sequence => {
      const heap = new Heap<number>()
      const list: { item: number; priority: number }[] = []
      for (const { act, item, priority } of sequence) {
        const at = list.findIndex(one => one.item === item)
        if (act === 'shift') assert.equal(heap.shift(), list.shift()?.item)
        else if (act === 'delete') {
          assert.equal(heap.delete(item), at >= 0)
          if (at >= 0) list.splice(at, 1)
        } else {
          heap.set(item, priority)
          if (at >= 0) list.splice(at, 1)
          list.push({ item, priority })
          list.sort((a, b) => a.priority - b.priority)
        }
        assert.equal(heap.size, list.length)
        assert.equal(heap.lowest, list[0]?.priority ?? Number.POSITIVE_INFINITY)
      }
      assert.deepEqual(
        drain(heap),
        list.map(({ item }) => item)
      )
    })
  )
})
