import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Ring } from '../../../src/structures/ring.ts'
import { usedHeapBytes } from '../../support/heap.ts'

test('values come out in the order in which they went in', () => {
  const ring = new Ring<number>()
  for (let value = 0; value < 100; value++) ring.push(value)
  assert.equal(ring.length, 100)
  assert.deepEqual(
    Array.from({ length: 100 }, () => ring.shift()),
    Array.from({ length: 100 }, (_, value) => value)
  )
  assert.equal(ring.length, 0)
})

test('an empty ring gives undefined', () => {
  const ring = new Ring<number>()
  assert.equal(ring.shift(), undefined)
  assert.equal(ring.peekFront(), undefined)
  assert.equal(ring.at(0), undefined)
  assert.deepEqual([...ring], [])
})

test('a place outside of the ring gives undefined', () => {
  const ring = new Ring<string>()
  ring.push('only')
  assert.equal(ring.at(-1), undefined)
  assert.equal(ring.at(0), 'only')
  assert.equal(ring.at(1), undefined)
})

test('a ring keeps no value alive that was taken from it', () => {
  const ring = new Ring<Uint8Array[]>()
  const beforeBytes = usedHeapBytes()
  for (let turn = 0; turn < 8; turn++) ring.push(Array.from({ length: 10_000 }, () => new Uint8Array(8)))
  for (let turn = 0; turn < 8; turn++) ring.shift()
  assert.ok(usedHeapBytes() - beforeBytes < 1_000_000)
  assert.equal(ring.length, 0)
})

test('a ring that was long gives its space back', () => {
  const ring = new Ring<number>()
  const beforeBytes = usedHeapBytes()
  for (let value = 0; value < 1_000_000; value++) ring.push(value)
  while (ring.length > 10) ring.shift()
  assert.ok(usedHeapBytes() - beforeBytes < 1_000_000)
  assert.equal(ring.at(9), 999_999)
})

test('a cleared ring can be used again', () => {
  const ring = new Ring<number>()
  for (let value = 0; value < 20; value++) ring.push(value)
  ring.clear()
  assert.equal(ring.length, 0)
  ring.push(7)
  assert.deepEqual([...ring], [7])
})

test('a ring of a steady length goes round without losing its order', () => {
  const ring = new Ring<number>()
  for (let value = 0; value < 5; value++) ring.push(value)
  for (let value = 5; value < 1_000; value++) {
    ring.push(value)
    assert.equal(ring.shift(), value - 5)
  }
  assert.deepEqual([...ring], [995, 996, 997, 998, 999])
})

test('a ring behaves like an array under any use', () => {
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('push'), count: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('shift'), count: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear'), count: fc.constant(1) }) }
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), operations => {
      const ring = new Ring<number>()
      const model: number[] = []
      let next = 0
      for (const { kind, count } of operations) {
        for (let turn = 0; turn < count; turn++) {
          if (kind === 'push') {
            ring.push(next)
            model.push(next++)
          } else if (kind === 'shift') assert.equal(ring.shift(), model.shift())
          else {
            ring.clear()
            model.length = 0
          }
        }
        assert.equal(ring.length, model.length)
        assert.equal(ring.peekFront(), model[0])
        assert.deepEqual([...ring], model)
        for (let index = -1; index <= model.length; index++) assert.equal(ring.at(index), model[index])
      }
    })
  )
})
