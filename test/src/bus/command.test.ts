import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TSchema, Type } from '@sinclair/typebox'
import { channelArgs } from '../../../src/bus/arguments.ts'
import { command, prepareArgs } from '../../../src/bus/command.ts'
import { table } from '../../../src/commands/index.ts'
import { isName } from '../../../src/protocol/address.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { compileCheck } from '../../../src/protocol/schema.ts'
import { decodeFrame } from '../protocol/decoding.ts'

const addressed = { args: Type.Object(channelArgs), isAddressed: true }
const records = Object.values(table).flatMap<(typeof table)[keyof typeof table][number]>(list => [...list])

function envelopeOf(frame: object) {
  return decodeFrame({ type: 'command', command: 'x', ...frame })
}

/** What one argument becomes under the schema. */
function coerced(schema: TSchema, value: Json): Json | undefined {
  const { args, faults } = prepareArgs({ args: Type.Object({ a: schema }) }, envelopeOf({ args: { a: value } }))
  assert.deepEqual(faults, [])
  return args.a
}

const where = { room: 'science', channel: 'explore' }

for (const [spelling, frame] of Object.entries({
  'room and channel': { args: where },
  'room and name': { args: { room: 'science', name: 'explore' } },
  'room with a colon': { args: { room: 'science:explore' } },
  channel_id: { args: { channel_id: 'science:explore' } },
  'room and channel of the envelope': where,
  'room with a colon of the envelope': { room: 'science:explore' },
  'room of the envelope and channel': { room: 'science', args: { channel: 'explore' } },
  'room of the envelope and name': { room: 'science', args: { name: 'explore' } },
  'payload.parameters': { payload: { parameters: where } },
  'all of them, agreeing': {
    ...where,
    args: { ...where, name: 'explore', channel_id: 'science:explore' }
  },
  'arguments, which win over the envelope': { room: 'other', channel: 'other', args: where },
  'arguments beside null': { args: { ...where, name: null, channel_id: null } }
})) {
  test(`an address is understood as ${spelling}`, () => {
    assert.deepEqual(prepareArgs(addressed, envelopeOf(frame)), { args: where, faults: [] })
  })
}

for (const [what, args, faults] of [
  ['two rooms', { room: 'a', channel_id: 'b:explore' }, ['room: is given twice, and differently']],
  ['two channels', { ...where, name: 'other' }, ['channel: is given twice, and differently']],
  ['two channels, one in the room', { room: 'a:b', channel: 'c' }, ['channel: is given twice, and differently']],
  [
    'two addresses',
    { ...where, channel_id: 'a:b' },
    ['room', 'channel'].map(f => `${f}: is given twice, and differently`)
  ]
] as const) {
  test(`an address that names ${what} is refused`, () => {
    assert.deepEqual(prepareArgs(addressed, envelopeOf({ args })).faults, faults)
  })
}

test('a part of an address that was not given is left out, for the schema to say', () => {
  assert.deepEqual(prepareArgs(addressed, envelopeOf({})).args, {})
  assert.deepEqual(prepareArgs(addressed, envelopeOf({ args: { channel_id: 'science' } })).args, { room: 'science' })
  assert.deepEqual(prepareArgs(addressed, envelopeOf({ args: { channel: 'explore' } })).args, { channel: 'explore' })
})

test('an address in strange shapes reaches the schema and is refused there', () => {
  const check = compileCheck(addressed.args)
  for (const args of [
    { room: 7, channel: 'a' },
    { room: 'a:b:c' },
    { room: ':' },
    { channel_id: ['a:b'] },
    { room: {}, name: [] }
  ]) {
    const ready = prepareArgs(addressed, envelopeOf({ args }))
    assert.ok(ready.faults.length + check(ready.args).length > 0, JSON.stringify(args))
  }
})

test('a command without a channel takes the room from an address and leaves the rest', () => {
  const record = { args: Type.Object({ room: channelArgs.room }), isAddressed: true }
  for (const frame of [where, { room: 'science:explore' }, { args: { room: 'science:explore' } }]) {
    assert.deepEqual(prepareArgs(record, envelopeOf(frame)), { args: { room: 'science' }, faults: [] })
  }
})

test('a command without an address keeps its arguments as they are', () => {
  const record = { args: Type.Object({ name: Type.String(), room: Type.String() }) }
  const args = { name: 'a', room: 'b:c', channel_id: 'd:e' }
  assert.deepEqual(prepareArgs(record, envelopeOf({ ...where, args })), { args, faults: [] })
})

test('null arguments count as absent', () => {
  assert.equal(coerced(Type.Integer(), null), undefined)
})

for (const schema of [Type.Integer(), Type.Number(), Type.Optional(Type.Integer({ minimum: 3 }))]) {
  test(`text that is a number becomes one where the schema wants it: ${JSON.stringify(schema)}`, () => {
    for (const [text, number] of [
      ['10', 10],
      ['-5', -5],
      ['0', 0],
      [' 7 ', 7],
      ['1e3', 1000],
      ['1.5', 1.5]
    ] as const) {
      assert.equal(coerced(schema, text), number)
    }
    for (const value of ['', ' ', 'ten', '1,5', '10px', 'Infinity', 'NaN', '1e999', true, [1], { a: 1 }]) {
      assert.deepEqual(coerced(schema, value), value)
    }
  })
}

test('the eight words for truth become a boolean where the schema wants one, in any case', () => {
  for (const [words, truth] of [
    [['true', '1', 'yes', 'on', 'TRUE', 'Yes', 'oN', 1], true],
    [['false', '0', 'no', 'off', 'FALSE', 'No', 'OFF', 0], false]
  ] as const) {
    for (const word of words) assert.equal(coerced(Type.Boolean(), word), truth)
  }
  for (const value of ['', 'y', 'maybe', 2, -1, 0.5, [true], {}])
    assert.deepEqual(coerced(Type.Boolean(), value), value)
})

test('text stays text where the schema wants text or anything', () => {
  for (const schema of [Type.String(), Type.Unknown(), Type.Union([Type.Integer(), Type.String()])]) {
    for (const value of ['10', 'true', 10, true]) assert.equal(coerced(schema, value), value)
  }
})

test('what the schema does not know is left for the check to refuse', () => {
  const args = { b: '10', constructor: '1', toString: 'yes' }
  const ready = prepareArgs({ args: Type.Object({ a: Type.Integer() }) }, envelopeOf({ args }))
  assert.deepEqual(ready.args, args)
})

test('a declared command is its record', () => {
  const record = {
    name: 'x',
    summary: 'Do it.',
    role: 'user',
    args: Type.Object({}),
    result: Type.Object({}),
    run: () => ({ message: '', data: {} })
  } as const
  assert.equal(command(record), record)
})

test('every command has a sentence, closed arguments with a described check, and names that no other has', () => {
  const names = records.flatMap(record => [record.name, ...('aliases' in record ? (record.aliases ?? []) : [])])
  assert.equal(new Set(names).size, names.length)
  for (const { name, summary, args } of records) {
    assert.ok(isName(name))
    assert.match(summary, /^[A-Z].*\.$/)
    assert.equal(args.additionalProperties, false, name)
    for (const [key, schema] of Object.entries(args.properties)) assert.ok('expected' in schema, `${name}: ${key}`)
  }
})
