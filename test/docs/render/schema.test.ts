import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { fieldsOf, plainSchema, sayBounds, sayType } from '../../../docs/render/schema.ts'

test('the wording of a fault becomes the description, unless there is one', () => {
  const schema = Type.Object({
    a: Type.String({ expected: 'a name' }),
    b: Type.Array(Type.Integer({ expected: 'a count', description: 'How many' }))
  })
  assert.deepEqual(plainSchema(schema), {
    type: 'object',
    required: ['a', 'b'],
    properties: {
      a: { type: 'string', description: 'a name' },
      b: { type: 'array', items: { type: 'integer', description: 'How many' } }
    }
  })
})

test('a property may be called like a keyword', () => {
  const schema = Type.Object({ expected: Type.String(), properties: Type.Object({ anyOf: Type.Null() }) })
  assert.deepEqual(plainSchema(schema), JSON.parse(JSON.stringify(schema)))
})

test('fields within objects and lists have a path', () => {
  const schema = Type.Object({
    server: Type.Object({ version: Type.String() }),
    channels: Type.Optional(Type.Array(Type.Object({ name: Type.String() })))
  })
  assert.deepEqual(
    fieldsOf(schema).map(({ path, isRequired }) => [path, isRequired]),
    [
      ['server', true],
      ['server.version', true],
      ['channels', false],
      ['channels[].name', true]
    ]
  )
})

test('types are said in words', () => {
  assert.equal(sayType(Type.Union([Type.String(), Type.Null()])), 'string or null')
  assert.equal(sayType(Type.Array(Type.Object({}))), 'list of object')
  assert.equal(sayType(Type.Literal('running')), '"running"')
  assert.equal(sayType(Type.String({ format: 'date-time' })), 'date and time')
})

test('bounds are said in words', () => {
  assert.equal(sayBounds(Type.Integer({ minimum: 1, maximum: 500 })), '1–500')
  assert.equal(sayBounds(Type.Integer({ minimum: 0 })), 'at least 0')
  assert.equal(sayBounds(Type.String({ maxLength: 9 })), 'at most 9 characters')
  assert.equal(sayBounds(Type.String({ minLength: 1, maxLength: 9, pattern: '^a' })), '1–9 characters, `^a`')
  assert.equal(sayBounds(Type.Boolean()), '')
})
