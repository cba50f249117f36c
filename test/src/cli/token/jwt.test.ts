import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSignedWith, mintToken, parseToken } from '../../../../src/cli/token/jwt.ts'
import { signToken, TEST_SECRET } from '../../../support/tokens.ts'

test('makes the same token as any other library', () => {
  const claims = { sub: 'alice', exp: 1 }
  assert.equal(mintToken(claims, TEST_SECRET), signToken(claims))
})

test('knows what was signed with the secret, and what with another', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 1 }), (claims, secret) => {
      const token = mintToken(claims, secret)
      const parts = parseToken(token)
      assert.ok(parts)
      assert.deepEqual(parts.claims, JSON.parse(JSON.stringify(claims)))
      assert.ok(isSignedWith(parts, secret))
      assert.ok(!isSignedWith(parts, `${secret}!`))
      assert.ok(!isSignedWith({ ...parts, signature: '' }, secret))
    })
  )
})

for (const token of ['', 'a.b', 'a.b.c', 'e30.e30', 'e30.W10.x', 'e30.bnVsbA.x', 'e30.e30.x.y']) {
  test(`finds no token in "${token}"`, () => assert.equal(parseToken(token), undefined))
}
