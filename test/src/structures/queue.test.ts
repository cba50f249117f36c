import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from '../../../src/structures/queue.ts'

test('a full queue refuses what does not fit and keeps what it has', () => {
  const queue = new BoundedQueue<string>(2)
  assert.equal(queue.push('a'), true)
  assert.equal(queue.push('b'), true)
  assert.equal(queue.push('c'), false)
  assert.equal(queue.length, 2)
  assert.equal(queue.shift(), 'a')
  assert.equal(queue.push('d'), true)
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['b', 'd', undefined])
})

test('a queue of capacity 0 refuses everything', () => {
  const queue = new BoundedQueue<string>(0)
  assert.equal(queue.push('a'), false)
  assert.equal(queue.shift(), undefined)
})

test('a cleared queue has room again', () => {
  const queue = new BoundedQueue<number>(1)
  queue.push(1)
  queue.clear()
  assert.equal(queue.length, 0)
  assert.equal(queue.push(2), true)
})

test('a queue behaves like an array that is never longer than its capacity', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20 }),
      fc.array(fc.boolean(), { maxLength: 200, size: 'max' }),
      (capacity, pushes) => {
        const queue = new BoundedQueue<number>(capacity)
        const model: number[] = []
        for (const [value, isPush] of pushes.entries()) {
          if (isPush) {
            const fits = model.length < capacity
            if (fits) model.push(value)
            assert.equal(queue.push(value), fits)
          } else assert.equal(queue.shift(), model.shift())
          assert.equal(queue.length, model.length)
        }
      }
    )
  )
})
