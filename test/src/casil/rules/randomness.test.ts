import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bitsPerCharacter, isMixed, isVaried } from '../../../../src/casil/rules/randomness.ts'

test('entropy is counted in bits per character', () => {
  assert.equal(bitsPerCharacter(''), 0)
  assert.equal(bitsPerCharacter('aaaa'), 0)
  assert.equal(bitsPerCharacter('abab'), 1)
  assert.equal(bitsPerCharacter('0123456789abcdef'), 4)
})

test('a row of few characters and a form to fill in are not varied', () => {
  for (const text of [
    '00000000000000000000',
    'abababababababababab',
    'token-xxxxxxxxxxxx-0123456789',
    'YOUR_API_KEY_0123456789',
    'sk_live_...4242424242abcdef',
    '0123456789***REDACTED***'
  ]) {
    assert.equal(isVaried(text), false, text)
  }
  assert.equal(isVaried('3f8a1c09e7b2d4560fa1'), true)
})

test('a mixed text has both cases and a digit', () => {
  assert.equal(isMixed('NotARealToken0123'), true)
  assert.equal(isMixed('NotARealTokenAtAll'), false)
  assert.equal(isMixed('notarealtoken0123'), false)
  assert.equal(isMixed('NOTAREALTOKEN0123'), false)
  assert.equal(isMixed('aA0aA0aA0aA0'), false)
})
