import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorTable } from '../../../src/errors.ts'
import { ErrorAnswer, errorResponseOf, type RequestTraits, refusalsOf } from '../../../src/protocol/http.ts'
import { compileCheck } from '../../../src/protocol/schema.ts'

const plain: RequestTraits = { isGuarded: false, isChange: false, hasBody: false, isIdempotent: false, refusals: [] }

function codesOf(traits: Partial<RequestTraits>): ErrorCode[] {
  return [...refusalsOf({ ...plain, ...traits }).values()].flat()
}

test('every code stands under its own status, once', () => {
  const all = refusalsOf({
    ...plain,
    isGuarded: true,
    isChange: true,
    hasBody: true,
    refusals: ['NOT_FOUND', 'CONFLICT']
  })
  for (const [status, codes] of all) for (const code of codes) assert.equal(errorTable[code].status, status)
  const codes = [...all.values()].flat()
  assert.deepEqual([...new Set(codes)], codes)
})

for (const [what, traits, code] of [
  ['a door', { isGuarded: true }, 'AUTH_REQUIRED'],
  ['a change', { isChange: true }, 'DRAINING'],
  ['a body', { hasBody: true }, 'PAYLOAD_TOO_LARGE'],
  ['a key', { isIdempotent: true }, 'CONFLICT'],
  ['a reason of its own', { refusals: ['TARGET_NOT_FOUND'] }, 'TARGET_NOT_FOUND']
] as const) {
  test(`only with ${what} a request can be refused with ${code}`, () => {
    assert.ok(codesOf(traits).includes(code))
    assert.ok(!codesOf({}).includes(code))
  })
}

test('a response shows an example of each of its codes, as errors are answered', () => {
  const check = compileCheck(ErrorAnswer)
  const { content } = errorResponseOf(['AUTH_REQUIRED', 'AUTH_INVALID']) as {
    readonly content: {
      readonly 'application/json': { readonly examples: Record<string, { readonly value: unknown }> }
    }
  }
  const { examples } = content['application/json']
  assert.deepEqual(Object.keys(examples), ['AUTH_REQUIRED', 'AUTH_INVALID'])
  for (const { value } of Object.values(examples)) assert.deepEqual(check(value), [])
})

test('a refusal for want of a token names what is wanted, and one for now says for how long', () => {
  const headersOf = (code: ErrorCode): string[] => Object.keys((errorResponseOf([code]).headers ?? {}) as object)
  assert.deepEqual(headersOf('AUTH_REQUIRED'), ['WWW-Authenticate'])
  assert.deepEqual(headersOf('RATE_LIMITED'), ['Retry-After'])
  assert.deepEqual(headersOf('OVERLOADED'), ['Retry-After'])
  assert.deepEqual(headersOf('NOT_FOUND'), [])
})
