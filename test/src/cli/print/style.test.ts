import assert from 'node:assert/strict'
import { test } from 'node:test'
import { styleOf } from '../../../../src/cli/print/style.ts'

test('colours text on a terminal', () => {
  assert.equal(styleOf({}, true).red('no'), '\u001b[31mno\u001b[39m')
  assert.equal(styleOf({ NO_COLOR: '' }, true).bold('a'), '\u001b[1ma\u001b[22m')
})

test('leaves nothing behind for empty text', () => {
  assert.equal(styleOf({}, true).dim(''), '')
})

for (const [why, env, isTerminal] of [
  ['in a pipe', {}, false],
  ['with NO_COLOR', { NO_COLOR: '1' }, true],
  ['on a dumb terminal', { TERM: 'dumb' }, true]
] as const) {
  test(`has no colours ${why}`, () => assert.equal(styleOf(env, isTerminal).green('yes'), 'yes'))
}
