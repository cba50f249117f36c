import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { payloadTextsOf } from '../../../src/protocol/items.ts'
import { anyJson, anyObject, choices, spell } from './spelling.ts'

test('the payload of every item is told as it is written, whatever stands in and around it', () => {
  const items = fc.array(fc.oneof(anyJson, fc.record({ a: anyJson, payload: anyObject, z: anyJson })), { minLength: 1 })
  fc.assert(
    fc.property(items, choices, (list, choose) => {
      const texts = list.map(item => spell(item, choose))
      const told = payloadTextsOf(`{"before":${spell({ n: 1 }, choose)},"list" : [${texts.join(',')}],"after":0}`)
      assert.equal(told.length, list.length)
      for (const [index, text] of told.entries()) {
        assert.deepEqual(text && JSON.parse(text), payloadOf(JSON.parse(texts[index] as string)))
        assert.ok(text === undefined || texts[index]?.includes(text))
      }
    })
  )
})

test('digits, blanks and escapes stay', () => {
  assert.deepEqual(
    payloadTextsOf('{"list":[{"payload": {"n":12345678901234567890}},17,{"\\u0070ayload":{"u":"\\u0041"}}]}'),
    [' {"n":12345678901234567890}', undefined, '{"u":"\\u0041"}']
  )
})

function payloadOf(item: unknown): unknown {
  const isObject = item !== null && typeof item === 'object' && !Array.isArray(item)
  return isObject ? (item as { readonly payload?: unknown }).payload : undefined
}
