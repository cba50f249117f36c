import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob } from '../../../src/structures/glob.ts'

const table: readonly [pattern: string, fits: readonly string[], misses: readonly string[]][] = [
  ['', [''], ['a']],
  ['*', ['', 'a', 'room:channel', '*'], []],
  ['?', ['a', ':', '?'], ['', 'ab']],
  ['room:channel', ['room:channel'], ['room:channe', 'room:channels', 'Room:channel']],
  ['room:*', ['room:', 'room:a', 'room:a:b', 'room:*'], ['room', 'aroom:b']],
  ['*:audit', ['room:audit', ':audit', 'a:b:audit'], ['room:audit2', 'audit']],
  ['a*b*c', ['abc', 'aXbYc', 'abbbcc'], ['ab', 'acb', 'abcd']],
  ['a?c', ['abc', 'a*c'], ['ac', 'abbc']],
  ['?*', ['a', 'ab'], ['']],
  ['**', ['', 'ab'], []],
  ['a**b', ['ab', 'axb'], ['a']],
  ['[a-z].{b}\\$', ['[a-z].{b}\\$'], ['ax{b}\\$', 'a']],
  ['é?', ['éa'], ['e\u0301a', 'é']]
]

for (const [pattern, fits, misses] of table) {
  test(`the pattern "${pattern}" fits exactly what it says`, () => {
    const matches = compileGlob(pattern)
    for (const text of fits) assert.equal(matches(text), true, text)
    for (const text of misses) assert.equal(matches(text), false, text)
  })
}

test('a pattern agrees with a naive reference', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 10 })
  fc.assert(
    fc.property(pattern, text, (glob, subject) => compileGlob(glob)(subject) === matchesNaively(glob, subject)),
    { numRuns: 5000 }
  )
})

test('a pattern without wildcards fits itself only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (glob, text) => {
      fc.pre(!/[*?]/.test(glob))
      return compileGlob(glob)(glob) && compileGlob(glob)(text) === (glob === text)
    })
  )
})

test('a pathological text takes no more steps than text length × pattern length', () => {
  const patterns = [`${'a*'.repeat(64)}b`, `${'*?'.repeat(64)}b`, `${'*a?'.repeat(40)}b`, `*${'a'.repeat(120)}b`]
  for (const pattern of patterns) {
    const matches = compileGlob(pattern)
    for (const length of [100, 200, 400, 800]) {
      const counted = countReads('a'.repeat(length))
      assert.equal(matches(counted.text), false)
      assert.ok(counted.reads() <= length * pattern.length, `${pattern}: ${counted.reads()} steps for ${length}`)
    }
  }
})

test('a pathological text costs in proportion to its length', () => {
  const matches = compileGlob(`${'*a'.repeat(50)}*b`)
  const [short, long] = [1000, 4000].map(length => {
    const counted = countReads('a'.repeat(length))
    matches(counted.text)
    return counted.reads()
  })
  assert.ok(short! > 0)
  assert.ok(long! <= short! * 4.5, `${short} steps grew to ${long}`)
})

/** Text that counts how often a character of it is looked at. */
function countReads(text: string): { readonly text: string; reads(): number } {
  let reads = 0
  const counted = {
    length: text.length,
    charCodeAt(index: number) {
      reads++
      return text.charCodeAt(index)
    }
  }
  return { text: counted as unknown as string, reads: () => reads }
}

function matchesNaively(glob: string, text: string): boolean {
  if (glob === '') return text === ''
  if (glob[0] === '*') {
    return matchesNaively(glob.slice(1), text) || (text !== '' && matchesNaively(glob, text.slice(1)))
  }
  return text !== '' && (glob[0] === '?' || glob[0] === text[0]) && matchesNaively(glob.slice(1), text.slice(1))
}
