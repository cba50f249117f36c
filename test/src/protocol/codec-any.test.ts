import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError } from '../../../src/protocol/codec.ts'
import { clientTypes } from '../../../src/protocol/envelope.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { fieldNames, tryDecode } from './decoding.ts'
import { anyJson, choices, spell } from './spelling.ts'

const frames = fc
  .tuple(fc.constantFrom(...clientTypes), fc.dictionary(fc.constantFrom(...fieldNames), anyJson, { maxKeys: 6 }))
  .map(([type, fields]) => ({ type, ...fields }))

test('any JSON is taken or refused with VALIDATION_ERROR, nothing else', () => {
  fc.assert(fc.property(anyJson, choices, (value, choose) => void tryDecode(spell(value, choose))))
})

test('any text is refused with VALIDATION_ERROR', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => assert.ok(tryDecode(text) instanceof FrameError)))
})

test('any values in the fields of an envelope are taken or refused with VALIDATION_ERROR', () => {
  fc.assert(fc.property(frames, choices, (frame, choose) => void tryDecode(spell(frame as Json, choose))))
})

test('a frame with any character changed, dropped, doubled or cut off is taken or refused with VALIDATION_ERROR', () => {
  const bites = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '\0',
    ' ',
    'e',
    '-',
    '\\u0070',
    '__proto__'
  )
  fc.assert(
    fc.property(frames, choices, fc.nat(), bites, fc.nat(3), (frame, choose, where, bite, kind) => {
      const text = spell(frame as Json, choose)
      const at = where % text.length
      const [head, tail] = [text.slice(0, at), text.slice(at)]
      tryDecode([head + bite + tail, head + bite + tail.slice(1), head + tail.slice(1), head][kind] as string)
    }),
    { numRuns: 500 }
  )
})

test('decoding leaves the prototypes of objects alone', () => {
  tryDecode('{"type":"message","__proto__":{"polluted":1},"payload":{"__proto__":{"polluted":1}}}')
  tryDecode('{"type":"message","constructor":{"prototype":{"polluted":1}}}')
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})
