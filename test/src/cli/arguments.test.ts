import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from '../../../src/cli/arguments.ts'

for (const [texts, args] of [
  [[], {}],
  [['{"room":"science","limit":1}'], { room: 'science', limit: 1 }],
  [[' {} '], {}],
  [['room=science', 'limit=10', 'strict=true', 'code="10"'], { room: 'science', limit: 10, strict: true, code: '10' }],
  [['a=b=c', 'list=["x"]', 'empty='], { a: 'b=c', list: ['x'], empty: '' }]
] as const) {
  test(`reads ${JSON.stringify(texts)}`, () => assert.deepEqual(parseArguments(texts), args))
}

for (const texts of [['room'], ['=1'], ['{}', 'a=1'], ['{'], ['[]']]) {
  test(`refuses ${JSON.stringify(texts)}`, () =>
    assert.throws(() => parseArguments(texts), { code: 'commander.invalidArgument' }))
}
