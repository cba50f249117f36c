import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileFinder } from '../../../src/casil/automaton.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'k', 's', '-'), minLength: 1, maxLength: 4 })

test('a needle is found whatever the case of its letters', () => {
  const find = compileFinder([{ text: 'ApiKey', owner: 7 }])
  for (const text of ['apikey', 'APIKEY', 'my aPIkEY=1', 'apiapikey']) assert.deepEqual(find(text), [7], text)
  for (const text of ['', 'apike', 'api key', 'apikéy']) assert.deepEqual(find(text), [], text)
})

test('the two letters beyond ASCII that fold to one of ASCII are found', () => {
  assert.deepEqual(compileFinder([{ text: 'secret', owner: 1 }])('\u017fecret'), [1])
  assert.deepEqual(compileFinder([{ text: 'token', owner: 1 }])('to\u212aen'), [1])
  assert.deepEqual(compileFinder([{ text: 'bearer', owner: 1 }])('\u017f\u212a'), [])
})

test('without needles nothing is found', () => {
  assert.deepEqual(compileFinder([])('anything'), [])
})

test('exactly the owners whose needles occur are found, each once', () => {
  fc.assert(
    fc.property(
      fc.array(letters, { minLength: 1, maxLength: 8 }),
      fc.array(letters, { maxLength: 12 }),
      (needles, parts) => {
        const text = parts.join('')
        const owned = needles.map((needle, index) => ({ text: needle, owner: index % 3 }))
        const expected = new Set(
          owned.filter(needle => text.toLowerCase().includes(needle.text.toLowerCase())).map(needle => needle.owner)
        )
        assert.deepEqual([...compileFinder(owned)(text)].sort(), [...expected].sort())
      }
    ),
    { numRuns: 2_000 }
  )
})
