import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SortedKeys } from '../../../src/store/sorted-keys.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '\uffff', '\u{1f600}', '\u0000'), maxLength: 4 })

test('a page is what sorting and filtering all texts would give', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(text, { maxLength: 20 }),
      fc.array(fc.nat(20), { maxLength: 5 }),
      text,
      fc.option(text, { nil: undefined }),
      fc.integer({ min: 1, max: 8 }),
      (added, removed, prefix, after, count) => {
        const keys = new SortedKeys()
        const held = new Set(added)
        for (const key of added) keys.add(key)
        for (const at of removed) {
          const key = added[at]
          if (key !== undefined && held.delete(key)) keys.delete(key)
        }
        const expected = [...held].sort().filter(key => key.startsWith(prefix) && (after === undefined || key > after))
        assert.deepEqual(keys.page(prefix, after, count), expected.slice(0, count))
        assert.equal(keys.size, held.size)
      }
    ),
    { numRuns: 500 }
  )
})

test('many texts, added and removed in any order, stay sorted', () => {
  const names = Array.from({ length: 5000 }, (_, at) => String((at * 7919) % 5000))
  const keys = new SortedKeys()
  for (const name of names) keys.add(name)
  assert.deepEqual(keys.page('', undefined, 5001), [...names].sort())
  assert.deepEqual(keys.page('49', '499', 3), ['4990', '4991', '4992'])
  for (const name of names) if (Number(name) % 3 > 0) keys.delete(name)
  const rest = names.filter(name => Number(name) % 3 === 0).sort()
  assert.deepEqual(keys.page('', undefined, 5001), rest)
  for (const name of rest) keys.delete(name)
  assert.deepEqual(keys.page('', undefined, 1), [])
  assert.equal(keys.size, 0)
  keys.add('a')
  assert.deepEqual(keys.page('', undefined, 1), ['a'])
})
