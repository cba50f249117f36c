import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatJson } from '../../../src/cli/json.ts'

test('writes what JSON.parse reads back as the same value, on one line or indented', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const plain: unknown = JSON.parse(JSON.stringify(value))
      const text = formatJson(plain, indent)
      assert.deepEqual(JSON.parse(text), plain)
      if (indent === 0) assert.equal(text.split(/\s*[\r\n\u0085\u2028\u2029]/).length, 1)
    })
  )
})

test('indents as JSON.stringify does', () => {
  const value = { a: [1, { b: null }, [], {}], c: { d: 'e' } }
  assert.equal(formatJson(value, 2), JSON.stringify(value, null, 2))
  assert.equal(formatJson(value), JSON.stringify(value))
})

test('sorts the keys of every object, also those that look like integers', () => {
  const value: unknown = JSON.parse('{"b":[{"z":1,"y":2}],"a":{"9":1,"10":2,"__proto__":3}}')
  assert.equal(formatJson(value), '{"a":{"10":2,"9":1,"__proto__":3},"b":[{"y":2,"z":1}]}')
})

test('escapes every character that could steer a terminal or end a line', () => {
  const text = formatJson('\u001b[2J\u007f\u009b2J\u0085\u2028\u2029é')
  assert.equal(text, '"\\u001b[2J\\u007f\\u009b2J\\u0085\\u2028\\u2029é"')
})
