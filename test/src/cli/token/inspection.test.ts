import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspectToken } from '../../../../src/cli/token/inspection.ts'
import { signToken, TEST_SECRET, validClaims } from '../../../support/tokens.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
const NOW_SECONDS = NOW_MS / 1000
const rules = { nowMs: NOW_MS, toleranceSeconds: 30, maxLifeSeconds: 86_400, issuer: undefined, audience: undefined }

test('finds nothing wrong with a good token', () => {
  const { isValid, faults, signature, header } = inspectToken(signToken(validClaims(NOW_MS)), TEST_SECRET, rules)
  assert.deepEqual(
    { isValid, faults, signature, header },
    { isValid: true, faults: [], signature: 'right', header: { alg: 'HS256', typ: 'JWT' } }
  )
})

test('does not check the signature without a secret', () => {
  const { isValid, signature } = inspectToken(signToken(validClaims(NOW_MS)), undefined, rules)
  assert.deepEqual([isValid, signature], [true, 'unchecked'])
})

for (const [why, token, fault] of [
  ['is none', 'abc', 'it is no JSON Web Token: three parts in base64url with dots between them'],
  [
    'is signed with another secret',
    signToken(validClaims(NOW_MS), { key: 'x'.repeat(32) }),
    'wrong signature: it was signed with another secret, or changed afterwards'
  ],
  ['is not signed', signToken(validClaims(NOW_MS), { algorithm: 'none' }), 'it is not signed'],
  [
    'is of another algorithm',
    signToken(validClaims(NOW_MS), { header: { alg: 'RS256' } }),
    'it is signed with RS256, not HS256'
  ],
  ['has expired', signToken({ iat: NOW_SECONDS - 900, exp: NOW_SECONDS - 300 }), 'expired 5 min ago'],
  ['is not yet valid', signToken(validClaims(NOW_MS, { nbf: NOW_SECONDS + 7200 })), 'not yet valid: nbf is in 2 h'],
  [
    'was issued in the future',
    signToken({ iat: NOW_SECONDS + 60, exp: NOW_SECONDS + 90 }),
    'issued in the future: iat is in 1 min; are the clocks right?'
  ],
  ['lives too long', signToken({ exp: NOW_SECONDS + 90_000 }), 'exp allows a life of more than 86400 s'],
  ['never ends', signToken({ sub: 'a' }), 'exp is missing'],
  ['has a bad tenant', signToken(validClaims(NOW_MS, { tenant_id: 'a b' })), 'tenant_id is not a name'],
  ['has bad capabilities', signToken(validClaims(NOW_MS, { channels: [] })), 'channels is not an object']
] as const) {
  test(`says that a token ${why}`, () => {
    const { isValid, faults } = inspectToken(token, TEST_SECRET, rules)
    assert.deepEqual([isValid, faults], [false, [fault]])
  })
}

test('says everything that is wrong at once', () => {
  const token = signToken({ exp: NOW_SECONDS - 60, role: 5 }, { key: 'x'.repeat(32) })
  assert.equal(inspectToken(token, TEST_SECRET, { ...rules, issuer: 'me', audience: 'you' }).faults.length, 5)
})
