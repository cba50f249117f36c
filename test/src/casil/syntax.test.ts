import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAnchored, repeatsRepetition, toPieces } from '../../../src/casil/syntax.ts'
import { patterns } from './arbitraries.ts'

const nested = [
  '(a+)+$',
  '(a*)*',
  '((a+))+',
  '(?:\\w*)+',
  '(a|b+)*',
  '(?:[a-z]+|x)+',
  '(a{2,})*',
  '(?P<n>a+)+',
  '(a+?)+'
]
const plain = [
  'a+',
  '(a+)',
  '(a+){2}',
  '(a+)?',
  '(a{2})+',
  '([a-z]+\\.)+com',
  '(?:\\d[ -]*?){13,16}',
  '[+*]+',
  '\\(a+\\)+',
  '\\Q(a+)+\\E'
]

for (const source of nested) {
  test(`${source} repeats a repetition`, () => assert.equal(repeatsRepetition(source), true))
}

for (const source of plain) {
  test(`${source} repeats no repetition`, () => assert.equal(repeatsRepetition(source), false))
}

test('the pieces of a pattern are all of it', () => {
  const join = (source: string) =>
    toPieces(source)
      .map(piece => piece.text)
      .join('')
  fc.assert(fc.property(patterns, source => join(source) === source))
  fc.assert(fc.property(fc.string({ unit: 'binary' }), source => join(source) === source))
})

test('a pattern is anchored if an end of the text or of a line is part of it', () => {
  for (const source of ['^a', 'a$', '\\Aa', 'a\\z', '(?:^|,)a']) assert.equal(isAnchored(source), true, source)
  for (const source of ['a', '\\ba\\b', '[^a]', '[$]', '\\^\\$']) assert.equal(isAnchored(source), false, source)
})
