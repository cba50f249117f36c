import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_TARGETS } from '../../../src/protocol/envelope.ts'
import type { Json, JsonObject } from '../../../src/protocol/json.ts'
import { deliveryText } from '../../../src/protocol/replies.ts'
import { makeMessage } from '../../support/messages.ts'
import { decode, decodeFrame, faultsOf, fieldNames } from './decoding.ts'
import { anyJson, anyObject, choices, keys, spellMembers } from './spelling.ts'

test('payload and metadata as relayed mean what their parsed values mean', () => {
  const ownKeys = keys.filter(
    key => !['sequence', 'vector_clock', 'causal_parent_id', 'traceparent', 'echo'].includes(key)
  )
  const metadata = fc.dictionary(ownKeys, anyJson, { maxKeys: 4, noNullPrototype: true })
  const others = fc.array(
    fc.tuple(
      keys.filter(key => !fieldNames.includes(key)),
      anyJson
    ),
    { maxLength: 3 }
  )
  fc.assert(
    fc.property(anyObject, metadata, others, choices, fc.boolean(), (payload, about, more, choose, isFirst) => {
      const unique = new Map<string, Json>(more)
      const members: [string, Json][] = [...unique, ['type', 'message'], ['metadata', about]]
      const text = spellMembers(
        isFirst ? [['payload', payload], ...members] : [...members, ['payload', payload]],
        choose
      )
      const envelope = decode(text)
      assert.deepEqual(envelope.payload, payload)
      assert.deepEqual(envelope.metadata, about)
      assert.ok(envelope.payloadText !== undefined && envelope.metadataText !== undefined)
      const spliced = makeMessage({ payload: envelope.payloadText, metadata: envelope.metadataText })
      const written = { ...spliced, payload: JSON.stringify(payload), metadata: JSON.stringify(about) }
      const position = { sequence: 7, epoch: 'abc' }
      assert.deepEqual(JSON.parse(deliveryText(spliced, position)), JSON.parse(deliveryText(written, position)))
    })
  )
})

test('payload and metadata are relayed byte for byte, also when their names are written with escapes', () => {
  const payload = '{"n":123456789012345678901234567890,"f":1.50,"e":1E2,"z":-0,"u":"\\u0041\\/"}'
  for (const [name, about] of [
    ['payload', 'metadata'],
    ['p\\u0061yload', 'met\\u0061data'],
    ['\\u0070\\u0061\\u0079\\u006c\\u006F\\u0061\\u0064', '\\u006D\\u0065\\u0074\\u0061\\u0064\\u0061\\u0074\\u0061']
  ]) {
    const envelope = decode(`{"type":"message","${name}":${payload},"${about}":{"n":1.0}}`)
    assert.equal(envelope.payloadText, payload)
    assert.equal(envelope.metadataText, '{"n":1.0}')
  }
})

test('white space around a payload is relayed too, and harmless', () => {
  assert.equal(decode('{"type":"message","payload" : \n{ } \r\n}').payloadText, ' \n{ } \r\n')
})

test('a payload that is absent or null has no text, one that is empty has', () => {
  assert.equal(decodeFrame({ type: 'message' }).payloadText, undefined)
  assert.equal(decodeFrame({ type: 'message', payload: null }).payloadText, undefined)
  assert.equal(decodeFrame({ type: 'message', payload: {} }).payloadText, '{}')
})

test('a payload given twice is refused, in whatever spelling', () => {
  for (const second of ['payload', 'p\\u0061yload', '\\u0070ayload']) {
    const text = `{"type":"message","payload":{"a":1},"${second}":{"a":2}}`
    assert.deepEqual(faultsOf(text), ['duplicate key in an object'])
  }
})

test('what is not a JSON object is refused with one sentence', () => {
  for (const text of [
    '',
    ' ',
    '{',
    '{"type":"ping"',
    '\ufeff{"type":"ping"}',
    '{"type":"ping"}\0',
    "{'type':'ping'}"
  ]) {
    assert.deepEqual(faultsOf(text), ['message: must be JSON'])
  }
  for (const text of ['null', '1', '"ping"', '[]', '[{"type":"ping"}]', 'true']) {
    assert.deepEqual(faultsOf(text), ['message: must be a JSON object'])
  }
})

test('targets come from to, else to_client, each once', () => {
  assert.deepEqual(decodeFrame({ type: 'message', to: 'a' }).to, ['a'])
  assert.deepEqual(decodeFrame({ type: 'message', to: ['a', 'b', 'a'] }).to, ['a', 'b'])
  assert.deepEqual(decodeFrame({ type: 'message', to_client: ['c'] }).to, ['c'])
  assert.deepEqual(decodeFrame({ type: 'message', to: 'a', to_client: 'c' }).to, ['a'])
  assert.equal(
    decodeFrame({ type: 'private', to: Array.from({ length: MAX_TARGETS }, (_, at) => `c${at}`) }).to?.length,
    MAX_TARGETS
  )
})

test('payload.target is a target where the message is private anyway, and nothing elsewhere', () => {
  const payload = { target: ['a', 'a'] }
  assert.deepEqual(decodeFrame({ type: 'private', payload }).to, ['a'])
  assert.deepEqual(decodeFrame({ type: 'event', channel: 'pm', payload }).to, ['a'])
  assert.equal(decodeFrame({ type: 'message', channel: 'x', payload }).to, undefined)
  assert.equal(decodeFrame({ type: 'command', command: 'x', channel: 'pm', payload }).to, undefined)
})

test('a private message without targets is refused, and so is one on the channel pm', () => {
  const expected = [`to: must be a client id or a list of 1 to ${MAX_TARGETS} client ids`]
  assert.deepEqual(faultsOf({ type: 'private' }), expected)
  assert.deepEqual(faultsOf({ type: 'private', payload: { target: 7 } }), expected)
  assert.deepEqual(faultsOf({ type: 'private', payload: { target: [] } }), expected)
  assert.deepEqual(faultsOf({ type: 'message', channel: 'pm' }), expected)
})

test('what is not routed is never private, whatever channel it names', () => {
  for (const type of ['ping', 'pong', 'response', 'error'])
    assert.equal(decodeFrame({ type, channel: 'pm' }).to, undefined)
})

test('a command is named by command, else by payload.command; arguments are args, else payload.parameters', () => {
  const inside = { command: 'inner', parameters: { a: 1 } }
  const read = (frame: JsonObject) => {
    const { command, args } = decodeFrame({ type: 'command', ...frame })
    return [command, args]
  }
  assert.deepEqual(read({ payload: inside }), ['inner', { a: 1 }])
  assert.deepEqual(read({ command: 'outer', args: { b: 2 }, payload: inside }), ['outer', { b: 2 }])
  assert.deepEqual(read({ command: 'outer', payload: inside }), ['outer', { a: 1 }])
  assert.deepEqual(read({ payload: { command: 'inner', parameters: [1] } }), ['inner', {}])
  assert.deepEqual(decodeFrame({ type: 'message', payload: inside }).args, {})
  assert.equal(decodeFrame({ type: 'message', payload: inside }).command, undefined)
})

test('a command without a name is refused', () => {
  for (const payload of [{}, { command: '' }, { command: 1 }, { command: ['ping'] }]) {
    assert.deepEqual(faultsOf({ type: 'command', payload }), ['command: must be the name of a command'])
  }
})

test('telemetry without an event type or a payload of its own is refused', () => {
  const [eventType, payload] = ['payload.eventType: must be a string', 'payload.payload: must be an object']
  assert.deepEqual(faultsOf({ type: 'telemetry' }), [eventType, payload])
  assert.deepEqual(faultsOf({ type: 'telemetry', payload: { eventType: '', payload: {} } }), [eventType])
  assert.deepEqual(faultsOf({ type: 'telemetry', payload: { eventType: 'x', payload: [] } }), [payload])
  assert.deepEqual(decodeFrame({ type: 'telemetry', payload: { eventType: 'x', payload: {} } }).payload, {
    eventType: 'x',
    payload: {}
  })
})
