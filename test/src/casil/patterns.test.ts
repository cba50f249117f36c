import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { Effort } from '../../../src/casil/effort.ts'
import { combinePatterns, findPatternFault, Pattern } from '../../../src/casil/patterns.ts'
import { patterns, texts } from './arbitraries.ts'

const plenty = () => new Effort(Infinity)
const rule = (source: string, check?: (match: string) => boolean) =>
  new Pattern(check === undefined ? { name: source, source } : { name: source, source, check })

/** Where the library finds matches that are not empty, one search after the other. */
function findPlainly(source: string, text: string): { start: number; end: number }[] {
  const matcher = RE2JS.compile(source).matcher(text)
  const spans = []
  while (matcher.find()) if (matcher.end() > matcher.start()) spans.push({ start: matcher.start(), end: matcher.end() })
  return spans
}

test('a pattern matches and stands where the library says', () => {
  fc.assert(
    fc.property(patterns, texts, (source, text) => {
      const pattern = rule(source)
      assert.equal(pattern.matches(text, plenty()), RE2JS.compile(source).test(text))
      assert.deepEqual(pattern.spans(text, plenty()), findPlainly(source, text))
    }),
    { numRuns: 1_500 }
  )
})

test('every pattern that matches a text is a suspect, alone and among other texts', () => {
  fc.assert(
    fc.property(
      fc.array(patterns, { minLength: 1, maxLength: 4 }),
      fc.array(texts, { maxLength: 4 }),
      (sources, all) => {
        const set = combinePatterns(sources.map(source => rule(source)))
        const within = set.within(all, plenty())
        for (const text of all) {
          const expected = sources.filter(source => RE2JS.compile(source).test(text))
          for (const { suspects } of [set, within]) {
            const names = suspects(text).map(({ name }) => name)
            assert.deepEqual(
              expected.filter(source => !names.includes(source)),
              []
            )
          }
        }
      }
    ),
    { numRuns: 1_000 }
  )
})

test('suspects come in the order of the patterns', () => {
  const { suspects } = combinePatterns(['\\d+', 'beta', 'alpha', '[a-z]{3}'].map(source => rule(source)))
  assert.deepEqual(
    suspects('alpha beta').map(({ name }) => name),
    ['\\d+', 'beta', 'alpha', '[a-z]{3}']
  )
})

test('a pattern that has letters of one case only is no suspect of a text in the other', () => {
  assert.deepEqual(combinePatterns([rule('AKIA[0-9A-Z]{4}')]).suspects('akia1234'), [])
  assert.equal(combinePatterns([rule('(?i)AKIA[0-9A-Z]{4}')]).suspects('akia1234').length, 1)
})

test('flags are written as in Python', () => {
  for (const [source, text] of [
    ['(?i)password', 'PassWord'],
    ['(?im)^token$', 'a\nTOKEN\nb'],
    ['(?s)BEGIN.END', 'BEGIN\nEND'],
    ['(?P<name>secret)', 'secret'],
    ['a(?i:b)c', 'aBc']
  ] as const) {
    assert.equal(rule(source).matches(text, plenty()), true, source)
  }
  assert.equal(rule('a(?i:b)c').matches('ABc', plenty()), false)
})

test('a match is found at every place of a long text, with the words around it as they are', () => {
  const pattern = rule('\\bkey-[0-9]{4}\\b')
  for (let start = 1_000; start < 7_000; start += start > 1_900 && start < 3_200 ? 1 : 97) {
    const text = `${'x '.repeat(start / 2)}${start % 2 === 0 ? '' : ' '}key-1234 ${'y '.repeat(4_000)}`
    assert.deepEqual(pattern.spans(text, plenty()), [{ start, end: start + 8 }])
  }
})

test('a match that is longer than a window is found whole', () => {
  const before = '- '.repeat(3_000)
  for (const length of [10, 900, 1_100, 3_000, 5_000, 20_000]) {
    const match = `BEGIN${'a'.repeat(length)}END`
    const expected = [{ start: before.length, end: before.length + match.length }]
    assert.deepEqual(rule('BEGINa+END').spans(`${before}${match}${before}`, plenty()), expected, `${length}`)
    assert.deepEqual(rule('BEGINa+').spans(`${before}${match}${before}`, plenty()), [
      { start: before.length, end: before.length + match.length - 3 }
    ])
  }
})

test('an end of the text is found at the end of a long text only', () => {
  const text = `${'key '.repeat(3_000)}key`
  assert.deepEqual(rule('key$').spans(text, plenty()), [{ start: 12_000, end: 12_003 }])
  assert.deepEqual(rule('^key').spans(text, plenty()), [{ start: 0, end: 3 }])
})

test('a match that its check refuses is none, and the next one counts', () => {
  const pattern = rule('id[0-9]', match => match === 'id2')
  assert.equal(pattern.matches('id1 id3', plenty()), false)
  assert.equal(pattern.matches('id1 id2', plenty()), true)
  assert.deepEqual(pattern.spans('id1 id2 id3', plenty()), [{ start: 4, end: 7 }])
})

test('a search that would be too much work says so', () => {
  assert.equal(rule('[a-z]').matches('a'.repeat(1_000), new Effort(500)), undefined)
  assert.equal(rule('[a-z]', () => false).matches('a'.repeat(1_000), new Effort(10_000)), undefined)
  assert.equal(rule('[a-z]').spans('a'.repeat(1_000), new Effort(10_000)), undefined)
})

test('effort that was refused once is refused for good', () => {
  const effort = new Effort(10)
  assert.deepEqual([effort.spend(4), effort.spend(7), effort.spend(1), effort.spend(0)], [true, false, false, false])
})

const faults: readonly [source: string, fault: RegExp][] = [
  ['(', /not RE2 syntax: missing closing \)/],
  ['[a', /not RE2 syntax: missing closing \]/],
  ['(?=x)', /not RE2 syntax/],
  ['(?!x)', /not RE2 syntax/],
  ['(?<=a)b', /not RE2 syntax/],
  ['(?<!a)b', /not RE2 syntax/],
  ['(a)\\1', /not RE2 syntax/],
  ['a**', /not RE2 syntax/],
  ['(?x) a', /not RE2 syntax/],
  ['a{1001}', /not RE2 syntax: invalid repeat count/],
  ['a'.repeat(513), /longer than 512 characters/],
  ['(?:abc){250}', /compiles to \d+ instructions, more than 600/],
  ['(a+)+$', /nothing but a repetition/],
  ['', /matches empty text/],
  ['a*', /matches empty text/],
  ['\\b', /matches empty text/],
  ['^', /matches empty text/],
  ['secret|', /matches empty text/],
  ['\\s+$', /matches white space/],
  ['.+', /matches white space/],
  ['[^a-z]', /matches white space/]
]

for (const [source, fault] of faults) {
  test(`the pattern ${JSON.stringify(source.slice(0, 20))} is refused`, () => {
    assert.match(findPatternFault(source) ?? '', fault)
  })
}

test('patterns that a policy may hold have no fault', () => {
  const sources = [
    'a',
    'a'.repeat(512),
    '(?i)password\\s*[:=]\\s*\\S+',
    '\\b\\d{3}-\\d{2}-\\d{4}\\b',
    '\\b(?:\\d[ -]*?){13,16}\\b',
    '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}',
    '([a-z]+\\.)+internal',
    '(?i)(?:key|token).{0,40}[0-9a-f]{32}',
    '-----BEGIN [A-Z ]+-----[\\s\\S]+?-----END'
  ]
  for (const source of sources) assert.equal(findPatternFault(source), undefined, source)
})

test('what makes other engines take exponential time takes linear time', () => {
  const pattern = rule('(?:a|a|aa)*b')
  assert.equal(pattern.matches('a'.repeat(65_536), plenty()), false)
})
