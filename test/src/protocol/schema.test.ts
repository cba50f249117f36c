import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { compileCheck } from '../../../src/protocol/schema.ts'

const closed = { additionalProperties: false }

test('a value that fits has no faults', () => {
  const check = compileCheck(Type.Object({ a: Type.Integer() }, closed))
  assert.deepEqual(check({ a: 1 }), [])
})

test('a fault says what the field must be, in the words of the schema', () => {
  const check = compileCheck(Type.Object({ a: Type.Integer({ minimum: 1, expected: 'a number of at least 1' }) }))
  for (const a of [0, 'x', null]) assert.deepEqual(check({ a }), ['a: must be a number of at least 1'])
})

test('without such words the fault is that of the rule that was broken', () => {
  const check = compileCheck(Type.Object({ a: Type.Integer() }))
  assert.deepEqual(check({ a: 'x' }), ['a: must be integer'])
})

test('missing and unknown fields are named', () => {
  const check = compileCheck(Type.Object({ a: Type.Object({ b: Type.String() }, closed) }, closed))
  assert.deepEqual(check({}), ['a: is required'])
  assert.deepEqual(check({ a: { c: 1 }, d: 1 }), ['d: is not known', 'a.b: is required', 'a.c: is not known'])
})

test('a value as a whole is called message', () => {
  assert.deepEqual(compileCheck(Type.Object({}))(7), ['message: must be object'])
})

test('an unknown field is named by its beginning only', () => {
  const check = compileCheck(Type.Object({}, closed))
  assert.deepEqual(check({ ['k'.repeat(500)]: 1 }), [`${'k'.repeat(64)}: is not known`])
})

test('a list stands for its elements: one fault, however many are wrong', () => {
  const check = compileCheck(Type.Object({ list: Type.Array(Type.String({ expected: 'texts' })) }))
  assert.deepEqual(check({ list: [1, 'a', 2, 3] }), ['list: must be texts'])
})

test('a bounded number of faults is named', () => {
  const check = compileCheck(Type.Object({}, closed))
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, at]))
  assert.equal(check(fields).length, 20)
})

test('a time is one that the calendar and the server know', () => {
  const check = compileCheck(Type.Object({ at: Type.String({ format: 'date-time', expected: 'a time' }) }))
  for (const at of ['2026-01-01T00:00:00Z', '2024-02-29T12:00:00.5+02:00']) assert.deepEqual(check({ at }), [])
  for (const at of ['2025-02-29T12:00:00Z', '2016-12-31T23:59:60Z', '2026-01-01T00:00:00+05', '2026-01-01', 'x']) {
    assert.deepEqual(check({ at }), ['at: must be a time'])
  }
})
