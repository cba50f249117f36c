import fc from 'fast-check'
import type { Json } from '../../../src/protocol/json.ts'

/** Patterns that RE2 takes, over few characters, so that they often match {@link texts}. */
export const patterns = fc.letrec<{ choice: string; sequence: string; part: string; atom: string }>(tie => ({
  choice: fc.array(tie('sequence'), { minLength: 1, maxLength: 3 }).map(branches => branches.join('|')),
  sequence: fc
    .array(fc.oneof({ weight: 9, arbitrary: tie('part') }, { weight: 1, arbitrary: fc.constant('(?i)') }), {
      maxLength: 5
    })
    .map(parts => parts.join('')),
  part: fc
    .tuple(tie('atom'), fc.constantFrom('', '', '', '', '?', '*', '+', '{2}', '{0,2}', '{1,}', '+?', '??'))
    .map(([atom, repeat]) => atom + repeat),
  atom: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'pattern' },
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'K', 's', 'key', '-', '\\.', '\\-', 'é') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('[ab]', '[a-c]', '[^a]', '[]b]', '[[:alpha:]]', '\\d', '\\w', '.', '\\pL', '\\x61')
    },
    { weight: 1, arbitrary: fc.constantFrom('\\b', '(?:^)', '(?:$)', '(?:\\A)', '\\Qa-b\\E') },
    { weight: 2, arbitrary: tie('choice').map(inner => `(?:${inner})`) },
    { weight: 1, arbitrary: tie('choice').map(inner => `(?i:${inner})`) },
    { weight: 1, arbitrary: tie('choice').map(inner => `(${inner})`) }
  )
})).choice

/** Texts over the characters of {@link patterns}, and those that are the same letters in another case. */
export const texts = fc.string({
  unit: fc.constantFrom(
    'a',
    'A',
    'b',
    'B',
    'k',
    'K',
    '\u212a',
    's',
    'S',
    '\u017f',
    'e',
    'y',
    'key',
    '-',
    '.',
    '\n',
    ' ',
    '1',
    'é',
    'É'
  ),
  maxLength: 16
})

/** Any JSON value as JSON.parse gives it: `__proto__` keys, lone surrogates, huge numbers. */
export const payloads: fc.Arbitrary<Json> = fc
  .json({ stringUnit: 'binary', depthSize: 'small' })
  .map(text => JSON.parse(text) as Json)

/** Payloads in which the words are frequent, as keys and within strings. */
export function payloadsWith(words: readonly string[]): fc.Arbitrary<Json> {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 })), { maxLength: 4 })
    .map(parts => parts.join(' '))
  const { value } = fc.letrec<{ value: Json }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      text,
      fc.constantFrom<Json>(null, true, 0, -1.5e300),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(text, fc.constantFrom('password', '__proto__', '0')), tie('value')), { maxLength: 4 })
        .map(entries =>
          JSON.parse(`{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`)}}`)
        )
    )
  }))
  return value
}

/** Every string of a payload, keys excepted. */
export function stringsOf(value: Json): string[] {
  if (typeof value === 'string') return [value]
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(stringsOf)
}
