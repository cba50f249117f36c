import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  crc32Base36,
  crc32Base62,
  crc32HexReversed,
  endsWithCrc32Base62,
  isBech32
} from '../../../../src/casil/rules/checksum.ts'
import { firingRules, ruleNamed } from './table.ts'

// CRC-32 of "123456789" is cbf43926, the check value of its definition.
test('a CRC-32 is written in base 62, base 36 and reversed hexadecimal', () => {
  assert.equal(crc32Base62('123456789'), '3jZRME')
  assert.equal(crc32Base36('123456789'), '1kl8mjq')
  assert.equal(crc32HexReversed('123456789'), '2639f4cb')
})

test('a small CRC-32 is padded with zeros', () => {
  assert.equal(crc32Base62(''), '000000')
  assert.equal(crc32Base36(''), '0000000')
  assert.equal(crc32HexReversed(''), '00000000')
})

test('a body without room for more than its checksum has none', () => {
  assert.equal(endsWithCrc32Base62('000000'), false)
  assert.equal(endsWithCrc32Base62(''), false)
})

test('a GitHub or npm token fires with its checksum and with no other', () => {
  const body = fc.stringMatching(/^[0-9A-Za-z]{30}$/)
  fc.assert(
    fc.property(body, fc.constantFrom('ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'npm_'), (text, prefix) => {
      const rule = prefix === 'npm_' ? 'npm-token' : 'github-token'
      assert.deepEqual(firingRules(prefix + text + crc32Base62(text)), [rule])
      assert.deepEqual(firingRules(prefix + text + crc32Base62(`${text}.`)), [])
    }),
    { numRuns: 25 }
  )
})

test('a refresh token of GitHub, with 70 characters before the checksum, fires', () => {
  const body = 'NotARealToken0123456789'.repeat(4).slice(0, 70)
  assert.deepEqual(firingRules(`ghr_${body}${crc32Base62(body)}`), ['github-token'])
})

test('a routable token of GitLab fires only with the length of its payload and its checksum', () => {
  const head = 'glpat-NotARealPayload0123456789abcdefg.01.'
  const end = (length: string): string => head + length + crc32Base36(head + length)
  assert.deepEqual(firingRules(end('0w')), ['gitlab-token'])
  assert.deepEqual(firingRules(`old_${end('0w')}`), ['gitlab-token'])
  assert.deepEqual(firingRules(end('0v')), [])
  assert.deepEqual(firingRules(`${head}0w0000000`), [])
})

test('a Bech32 text holds its checksum in either case', () => {
  assert.equal(isBech32('A12UEL5L'), true)
  assert.equal(isBech32('a12uel5l'), true)
  assert.equal(isBech32('A12UEL5X'), false)
})

test('a text without separator, without name or with a foreign character is no Bech32', () => {
  assert.equal(isBech32('qqqqqq'), false)
  assert.equal(isBech32('1qqqqqq'), false)
  assert.equal(isBech32('a12uel5b'), false)
})

test('one changed character takes an age key its checksum', () => {
  const { example, check } = ruleNamed('age-secret-key')
  assert.equal(check?.(example), true)
  for (let index = 16; index < example.length; index++) {
    const other = example.charAt(index) === 'Q' ? 'P' : 'Q'
    assert.equal(check?.(example.slice(0, index) + other + example.slice(index + 1)), false)
  }
})
