import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Deadlines, type Due } from '../../../src/store/deadlines.ts'

const due = (dueMs: number): Due => ({ dueMs, place: -1 })

test('what is due first is first, whatever else is added and taken out', () => {
  const step = fc.record({ dueMs: fc.integer({ min: 0, max: 20 }), taken: fc.option(fc.nat(20), { nil: undefined }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const deadlines = new Deadlines<Due>()
      const held: Due[] = []
      for (const { dueMs, taken } of steps) {
        const thing = due(dueMs)
        held.push(thing)
        deadlines.add(thing)
        const [out] = taken === undefined ? [] : held.splice(taken, 1)
        if (out) deadlines.delete(out)
        assert.equal(deadlines.size, held.length)
        assert.equal(deadlines.first?.dueMs, held.length === 0 ? undefined : Math.min(...held.map(one => one.dueMs)))
      }
      const order: number[] = []
      for (let first = deadlines.first; first !== undefined; first = deadlines.first) {
        order.push(first.dueMs)
        deadlines.delete(first)
      }
      assert.deepEqual(
        order,
        held.map(one => one.dueMs).sort((a, b) => a - b)
      )
    })
  )
})

test('taking out what is not in changes nothing', () => {
  const deadlines = new Deadlines<Due>()
  const [first, stranger] = [due(1), due(0)]
  deadlines.add(first)
  deadlines.delete(stranger)
  assert.equal(deadlines.first, first)
  deadlines.delete(first)
  deadlines.delete(first)
  assert.equal(deadlines.size, 0)
  assert.equal(deadlines.first, undefined)
})
