import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TSchema, Type } from '@sinclair/typebox'
import { exampleOf, NO_SAMPLE } from '../../../src/protocol/examples.ts'
import { plainSchema } from '../../../src/protocol/plain-schema.ts'

for (const [what, schema, example] of [
  ['its own example', Type.String({ examples: ['mine'], default: 'theirs' }), 'mine'],
  ['its only value', Type.Literal(true), true],
  ['the first of its values', Type.Unsafe({ enum: ['a', 'b'] }), 'a'],
  ['the sample of a name', Type.Object({ room: Type.String() }), { room: 'science' }],
  ['the sample of the right type', Type.Object({ version: Type.Integer() }), { version: 83127 }],
  ['a list of one', Type.Array(Type.Object({ channel: Type.String() })), [{ channel: 'explore' }]],
  ['the sample of a list', Type.Object({ types: Type.Array(Type.String()) }), { types: ['message', 'event'] }],
  ['the default', Type.Integer({ default: 5 }), 5],
  ['the first of several', Type.Union([Type.Integer(), Type.Null()]), 1],
  ['false', Type.Object({ hardcoded: Type.Boolean() }), { hardcoded: false }],
  ['a moment', Type.Object({ joined_at: Type.String() }), { joined_at: '2026-11-22T12:00:00.000Z' }],
  ['nothing', Type.Null(), null],
  ['an empty object', Type.Object({}, { additionalProperties: true }), {}],
  ['what no document is to hold', Type.Object({ nameless: Type.String() }), { nameless: NO_SAMPLE }]
] as const satisfies readonly (readonly [string, TSchema, unknown])[]) {
  test(`the example of ${JSON.stringify(schema)} is ${what}`, () => {
    assert.deepEqual(exampleOf(plainSchema(schema)), example)
  })
}

test('an object with members of its own is put together from them, whatever its name', () => {
  const schema = Type.Object({ payload: Type.Object({ room: Type.String() }) })
  assert.deepEqual(exampleOf(plainSchema(schema)), { payload: { room: 'science' } })
})
