import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameError } from '../../../src/protocol/codec.ts'
import { clientTypes, MAX_TARGETS } from '../../../src/protocol/envelope.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { decodeFrame, faultsOf, fieldNames, refusalOf, tryDecode } from './decoding.ts'

test('null in a field of the envelope counts as absent', () => {
  const nulls = Object.fromEntries(fieldNames.filter(name => name !== 'type').map(name => [name, null]))
  assert.deepEqual(decodeFrame({ ...nulls, type: 'message' }), decodeFrame({ type: 'message' }))
  assert.deepEqual(faultsOf({ type: null }), ['type: is required'])
})

test('keys that are not known are ignored', () => {
  const more = { sender: 1, from: [], from_client: {}, foo: 'bar', constructor: 1, toString: 2, hasOwnProperty: 3 }
  assert.deepEqual(decodeFrame({ ...more, type: 'message' }), decodeFrame({ type: 'message' }))
})

/** Values that a field refuses, with the sentence that says why. */
const wrongFields: Readonly<Record<string, { readonly values: readonly Json[]; readonly fault: string }>> = {
  id: {
    values: ['x', 'arq_', `arq_${'a'.repeat(125)}`, 'arq_a b', 'arq_é', 'arq_a\n', 7, {}, ' arq_a'],
    fault: 'id: must be "arq_" and 1 to 124 letters, digits, ".", "_", "-"'
  },
  type: {
    values: ['', 'Message', 'message_response', 'constructor', '__proto__', 1, [], {}],
    fault: `type: must be one of ${clientTypes.join(', ')}`
  },
  version: { values: ['1', '2.0', '1.0 ', 1, 1.5, {}], fault: 'version: must be "1.0"' },
  timestamp: {
    values: [
      '',
      'now',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-02-30T00:00:00Z',
      '2016-12-31T23:59:60Z',
      '2026-01-01T00:00:00+05',
      1,
      {}
    ],
    fault: 'timestamp: must be an ISO 8601 date and time with Z or an offset'
  },
  room: {
    values: [
      '',
      '.a',
      'a/b',
      'a b',
      'a:',
      ':a',
      'a:b:c',
      '*:a',
      'a:*',
      'é',
      'a'.repeat(65),
      'constructor',
      'prototype',
      'a:prototype',
      '__proto__',
      1,
      {}
    ],
    fault: 'room: must be a name of 1 to 64 letters, digits, ".", "_", "-", or "room:channel"'
  },
  channel: {
    values: ['', '-a', 'a:b', '*', 'a'.repeat(65), 'constructor', 'prototype', '__proto__', 1, []],
    fault: 'channel: must be a name of 1 to 64 letters, digits, ".", "_", "-"'
  },
  to: {
    values: ['', 'a'.repeat(129), [], [''], ['a', 1], 1, {}, Array<string>(MAX_TARGETS + 1).fill('a')],
    fault: `to: must be a client id or a list of 1 to ${MAX_TARGETS} client ids`
  },
  to_client: {
    values: ['', [], [1], Array<number>(5_000).fill(1)],
    fault: `to_client: must be a client id or a list of 1 to ${MAX_TARGETS} client ids`
  },
  payload: { values: ['', 'x', 1, true, []], fault: 'payload: must be an object' },
  command: { values: ['', 'a'.repeat(129), 1, {}], fault: 'command: must be the name of a command' },
  args: { values: ['', 1, []], fault: 'args: must be an object' },
  metadata: { values: ['', 1, []], fault: 'metadata: must be an object' },
  ack: { values: ['true', 1, 0, 'yes', {}], fault: 'ack: must be true or false' }
}

for (const [name, { values, fault }] of Object.entries(wrongFields)) {
  test(`a wrong ${name} is refused with one sentence that says what it must be`, () => {
    for (const value of values) assert.deepEqual(faultsOf({ type: 'message', [name]: value }), [fault])
  })
}

const wrongMetadata: readonly (readonly [name: string, values: readonly Json[], expected: string])[] = [
  ['sequence', [0, -1, 1.5, '1', null], 'an integer of at least 1'],
  ['vector_clock', [1, 'a', [], null], 'an object'],
  ['causal_parent_id', [1, 'a'.repeat(129), null], 'a string of up to 128 characters'],
  ['traceparent', [1, 'a'.repeat(129)], 'a string of up to 128 characters'],
  ['echo', ['true', 1, null], 'true or false']
]

for (const [name, values, expected] of wrongMetadata) {
  test(`a wrong metadata.${name} is refused`, () => {
    for (const value of values) {
      const faults = faultsOf({ type: 'message', metadata: { [name]: value } })
      assert.deepEqual(faults, [`metadata.${name}: must be ${expected}`])
    }
  })
}

/** Every field with one value that it refuses. */
const oneWrong = Object.fromEntries(Object.entries(wrongFields).map(([name, { values }]) => [name, values[0] as Json]))

test('all faults of a frame are named in one answer, each once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...fieldNames), { minLength: 1 }), names => {
      const frame = { type: 'message', ...Object.fromEntries(names.map(name => [name, oneWrong[name] as Json])) }
      const expected = names.map(name => wrongFields[name]?.fault)
      assert.deepEqual([...faultsOf(frame)].sort(), expected.sort())
    })
  )
})

test('faults of shape, of fields and of the type are named together', () => {
  const faults = faultsOf('{"type":"telemetry","id":"no","ack":1,"x":{"__proto__":1,"a":1e999,"a":2}}')
  assert.deepEqual(faults, [
    'x: the key __proto__ is not allowed',
    'duplicate key in an object',
    'id: must be "arq_" and 1 to 124 letters, digits, ".", "_", "-"',
    'ack: must be true or false',
    'payload.eventType: must be a string',
    'payload.payload: must be an object'
  ])
})

test('what a type demands is not asked of a field that is wrong by itself', () => {
  assert.deepEqual(faultsOf({ type: 'telemetry', payload: 1 }), ['payload: must be an object'])
  assert.deepEqual(faultsOf({ type: 'command', command: 1 }), ['command: must be the name of a command'])
  assert.equal(faultsOf({ type: 'private', to: [] }).length, 1)
  assert.equal(faultsOf({ type: 'private', to_client: 1 }).length, 1)
})

test('a refusal carries the id of the frame if that is a sound one', () => {
  assert.equal(refusalOf('{"id":"arq_1","type":"x"}').requestId, 'arq_1')
  assert.equal(refusalOf('{"id":"1","type":"x"}').requestId, undefined)
  assert.equal(refusalOf('{"id":null,"type":"x"}').requestId, undefined)
  assert.equal(refusalOf('{"id":"arq_1","type":"message","a":1,"a":1}').requestId, 'arq_1')
})

test('ids, names and times at their edges are taken', () => {
  for (const id of ['arq_a', `arq_${'a'.repeat(124)}`, 'arq_A.z_0-9'])
    assert.equal(decodeFrame({ type: 'ping', id }).id, id)
  for (const name of ['a', '0', 'a'.repeat(64), 'A.b_c-d', 'Constructor', 'prototypes', 'constructor.x']) {
    const { room, channel } = decodeFrame({ type: 'message', room: `${name}:${name}`, channel: name })
    assert.deepEqual([room, channel], [`${name}:${name}`, name])
  }
  for (const timestamp of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456+05:30', '2024-02-29T23:59:59-12:00']) {
    assert.equal(decodeFrame({ type: 'message', timestamp }).timestamp, timestamp)
  }
})

test('every time that is taken is one that the server can read', () => {
  const part = (min: number, max: number) => fc.integer({ min, max }).map(number => String(number).padStart(2, '0'))
  const zones = fc.constantFrom('Z', 'z', '+00:00', '-23:59', '+0530', '+05', '', '+24:00')
  const times = fc
    .tuple(
      part(0, 9999),
      part(0, 13),
      part(0, 32),
      fc.constantFrom('T', 't', ' '),
      part(0, 24),
      part(0, 60),
      part(0, 61),
      zones
    )
    .map(
      ([year, month, day, gap, hour, minute, second, zone]) =>
        `${year.padStart(4, '0')}-${month}-${day}${gap}${hour}:${minute}:${second}${zone}`
    )
  fc.assert(
    fc.property(times, timestamp => {
      const result = tryDecode(JSON.stringify({ type: 'ping', timestamp }))
      if (!(result instanceof FrameError)) assert.ok(!Number.isNaN(Date.parse(timestamp)), timestamp)
    }),
    { numRuns: 1000 }
  )
})
