import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { compileFinder } from '../../../src/casil/automaton.ts'
import { literalsOf } from '../../../src/casil/literals.ts'
import { patterns, texts } from './arbitraries.ts'

const table: readonly [source: string, literals: readonly string[]][] = [
  ['password', ['password']],
  ['(?i)api[ _-]?key', ['apikey', 'api key', 'api_key', 'api-key']],
  ['[sr]k_(?:live|test)_[0-9A-Za-z]{16,}', ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_']],
  ['\\bAKIA[0-9A-Z]{16}\\b', ['AKIA']],
  ['gh[op]_[0-9A-Za-z]{36}', ['gho_', 'ghp_']],
  ['(?:\\b|_)(?i:basic)\\s+\\w+', ['basic', '_basic']],
  ['food{3}bar', ['food']],
  ['fo+bar', ['obar']],
  ['colou?r', ['color', 'colour']],
  ['(?:abc)*secret', ['secret']],
  ['(foo|bar)+baz', ['foobaz', 'barbaz']],
  ['a\\.b\\-c', ['a.b-c']],
  ['aa|bbb|c+d', ['aa', 'bbb', 'cd']],
  ['secret|\\d+', []],
  ['\\d{3}-\\d{2}', ['-']],
  ['[0-9a-f]{32}', []],
  ['.*', []],
  ['(?:secret)?', []],
  ['key=é', ['key=']],
  ['\\Qsecret\\E', []],
  ['\\x61bc', ['bc']]
]

for (const [source, literals] of table) {
  test(`every match of ${source} contains one of [${literals.join(', ')}]`, () => {
    assert.deepEqual([...literalsOf(source)].sort(), [...literals].sort())
  })
}

test('a text without any of the literals is not matched by the pattern', () => {
  fc.assert(
    fc.property(patterns, texts, (source, text) => {
      const literals = literalsOf(source)
      fc.pre(literals.length > 0)
      const find = compileFinder(literals.map(literal => ({ text: literal, owner: 0 })))
      return find(text).length > 0 || !RE2JS.compile(source).test(text)
    }),
    { numRuns: 2_500 }
  )
})
