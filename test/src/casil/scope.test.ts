import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileScope, compileTargets, targetOf } from '../../../src/casil/scope.ts'

test('the target is room:channel, or whichever exists', () => {
  assert.equal(targetOf('secure', 'ops'), 'secure:ops')
  assert.equal(targetOf('secure', ''), 'secure')
  assert.equal(targetOf('', 'ops'), 'ops')
  assert.equal(targetOf('', ''), '')
})

const table: readonly [pattern: string, fits: readonly string[], misses: readonly string[]][] = [
  ['secure-*', ['secure-vault:ops', 'secure-', 'secure-:'], ['secure:ops', 'insecure-vault:ops', 'Secure-vault:ops']],
  ['secure', ['secure'], ['secure:ops', 'secure-vault']],
  ['secure:*', ['secure:ops', 'secure:'], ['secure', 'secure-vault:ops']],
  ['*', ['secure:ops', 'a'], []],
  ['*:ops', ['secure:ops', 'a:b:ops'], ['secure:ops2', 'ops']],
  ['sec*:ops', ['secure:ops', 'sec:x:ops'], ['secure:op', 'isec:ops']],
  ['room?:a', ['room1:a'], ['room:a', 'room12:a']],
  ['a?*', ['a?b'], ['axb']]
]

for (const [pattern, fits, misses] of table) {
  test(`the scope pattern ${pattern} fits exactly what it says`, () => {
    const matches = compileTargets([pattern])
    for (const target of fits) assert.equal(matches(target), true, target)
    for (const target of misses) assert.equal(matches(target), false, target)
  })
}

test('an empty include means everything', () => {
  assert.equal(compileScope([], [])('any:thing'), true)
})

test('one pattern of several is enough', () => {
  const isInScope = compileScope(['secure-*', 'pii-*'], [])
  assert.deepEqual(['secure-a:b', 'pii-c', 'lobby:d'].map(isInScope), [true, true, false])
})

test('exclude wins over include', () => {
  const isInScope = compileScope(['secure-*'], ['*:public', 'secure-test*'])
  assert.deepEqual(['secure-a:ops', 'secure-a:public', 'secure-test:ops'].map(isInScope), [true, false, false])
  assert.equal(compileScope([], ['*'])('secure-a:ops'), false)
})

test('what has neither room nor channel is not in scope', () => {
  assert.equal(compileScope([], [])(''), false)
  assert.equal(compileScope(['*'], [])(''), false)
})
