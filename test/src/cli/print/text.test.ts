import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutText, toVisible, widthOf } from '../../../../src/cli/print/text.ts'

test('writes what could steer a terminal or break a line as escapes', () => {
  assert.equal(toVisible('a\u001b[2J\n\u009b\u2028é \u{e0001}'), 'a\\u001b[2J\\u000a\\u009b\\u2028é \\u{e0001}')
})

test('counts the columns that text takes', () => {
  assert.deepEqual(['abc', 'é', 'e\u0301', '日本', '🚀', ''].map(widthOf), [3, 1, 1, 4, 2, 0])
})

test('cuts text to the columns that there are', () => {
  assert.deepEqual([cutText('abcdef', 6), cutText('abcdef', 4), cutText('日本語', 4)], ['abcdef', 'abc…', '日…'])
})

test('cut text never takes more columns than allowed, and is never cut without need', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
      const shown = cutText(text, columns)
      assert.ok(widthOf(shown) <= columns)
      if (widthOf(text) <= columns) assert.equal(shown, text)
    })
  )
})
