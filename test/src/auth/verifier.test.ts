import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, MAX_TOKEN_LENGTH } from '../../../src/auth/verifier.ts'
import { BusError } from '../../../src/errors.ts'

const token = 'head.SECRET.signature'

function failing(error: unknown): Promise<unknown> {
  return createVerifier(() => {
    throw error
  }).verify(token)
}

test('a token that passes the check gives its claims', async () => {
  assert.deepEqual(await createVerifier(() => ({ sub: 'a' })).verify(token), { sub: 'a' })
  assert.deepEqual(await createVerifier(async () => ({ sub: 'b' })).verify(token), { sub: 'b' })
})

test('a token over the length limit is refused unchecked, at the limit it is checked', async () => {
  const verifier = createVerifier(text => text.length)
  assert.equal(await verifier.verify('x'.repeat(MAX_TOKEN_LENGTH)), MAX_TOKEN_LENGTH)
  await assert.rejects(verifier.verify('x'.repeat(MAX_TOKEN_LENGTH + 1)), { code: 'AUTH_INVALID' })
})

test('a failed check is AUTH_INVALID with the code of its error and without its text', async () => {
  const error = Object.assign(new Error(`cannot parse ${token}`), { code: 'MALFORMED' })
  await assert.rejects(failing(error), {
    code: 'AUTH_INVALID',
    message: 'Token refused: MALFORMED',
    faults: ['MALFORMED'],
    cause: undefined
  })
})

test('a check that fails with anything else is AUTH_INVALID', async () => {
  for (const error of [new Error(token), token, { code: 1 }, null, undefined]) {
    await assert.rejects(failing(error), (refusal: unknown) => {
      assert.ok(refusal instanceof BusError)
      assert.equal(refusal.code, 'AUTH_INVALID')
      assert.doesNotMatch(String(refusal.message), /SECRET/)
      return true
    })
  }
})

test('an error of our own comes through, also out of the error that wraps it', async () => {
  const overloaded = new BusError('OVERLOADED')
  await assert.rejects(failing(overloaded), overloaded)
  await assert.rejects(failing(Object.assign(new Error('wrapped'), { originalError: overloaded })), overloaded)
})
