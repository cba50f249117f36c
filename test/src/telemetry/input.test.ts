import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusError } from '../../../src/errors.ts'
import { createInputDecoder } from '../../../src/telemetry/input.ts'
import { eventKinds } from '../../../src/telemetry/kinds.ts'

const decode = createInputDecoder({ depth: 4, keysPerObject: 5, nodes: 20, keyBytes: 16 })

function faultsOf(text: string): readonly string[] {
  try {
    decode(text)
  } catch (error) {
    assert.ok(error instanceof BusError)
    assert.equal(error.code, 'VALIDATION_ERROR')
    return error.faults
  }
  return assert.fail('was taken')
}

for (const [text, expected] of [
  ['{"type":"ping"}', { kind: 'ping' }],
  ['{"type":"ping","id":"arq_1","more":1}', { kind: 'ping' }],
  ['{"type":"pong"}', { kind: 'pong' }],
  ['{"type":"subscribe"}', { kind: 'subscribe', events: [] }],
  ['{"type":"subscribe","events":null}', { kind: 'subscribe', events: [] }],
  ['{"type":"subscribe","events":["stats","telemetry"]}', { kind: 'subscribe', events: ['stats', 'telemetry'] }],
  ['{"type":"unsubscribe","events":["stats"]}', { kind: 'unsubscribe', events: ['stats'] }],
  ['{"eventType":"x","payload":{"a":[1]}}', { kind: 'report', eventType: 'x', payload: { a: [1] } }],
  ['{"event_type":"x","payload":{}}', { kind: 'report', eventType: 'x', payload: {} }],
  ['{"type":"telemetry","eventType":"x","payload":{}}', { kind: 'report', eventType: 'x', payload: {} }],
  ['{"type":null,"eventType":"x","payload":{}}', { kind: 'report', eventType: 'x', payload: {} }],
  [`{"eventType":"${'x'.repeat(128)}","payload":{}}`, { kind: 'report', eventType: 'x'.repeat(128), payload: {} }]
] as const) {
  test(`${text} is understood`, () => assert.deepEqual(decode(text), expected))
}

const names = 'eventType: must be a text of 1 to 128 characters'
const payload = 'payload: must be an object'
const unknown =
  'type: must be one of ping, pong, subscribe, unsubscribe; a report has an eventType and a payload instead'
const known = `events: must be names out of ${eventKinds.join(', ')}`

for (const [text, faults] of [
  ['', ['message: must be JSON']],
  ['{"type":', ['message: must be JSON']],
  ['null', ['message: must be a JSON object']],
  ['[1]', ['message: must be a JSON object']],
  ['"ping"', ['message: must be a JSON object']],
  ['{}', [unknown]],
  ['{"type":"dance"}', [unknown]],
  ['{"type":7}', [unknown]],
  ['{"type":"message","eventType":"x","payload":{}}', [unknown]],
  ['{"type":"telemetry"}', [unknown]],
  ['{"type":"subscribe","events":"stats"}', ['events: must be a list of names of events']],
  ['{"type":"subscribe","events":[1]}', ['events: must be a list of names of events']],
  ['{"type":"subscribe","events":["stats","nothing"]}', [known]],
  ['{"type":"unsubscribe","events":["nothing"]}', [known]],
  ['{"eventType":"x"}', [payload]],
  ['{"eventType":"x","payload":null}', [payload]],
  ['{"eventType":"x","payload":[]}', [payload]],
  ['{"eventType":"","payload":{}}', [names]],
  ['{"eventType":1,"payload":"x"}', [names, payload]],
  [`{"eventType":"${'x'.repeat(129)}","payload":{}}`, [names]],
  ['{"eventType":"x","payload":{"a":{"b":{"c":1}}}}', []],
  ['{"eventType":"x","payload":{"a":{"b":{"c":{}}}}}', ['message: nested deeper than 4 levels']],
  [`{"eventType":"x","payload":{"a":[${Array(30).fill(0)}]}}`, ['more than 20 values']],
  ['{"eventType":"x","payload":{"a":1,"a":2}}', ['duplicate key in an object']],
  ['{"eventType":"x","payload":{"__proto__":1}}', ['payload: the key __proto__ is not allowed']],
  ['{"eventType":"x","payload":{"a":1e999}}', ['payload: number out of range']],
  [`{"eventType":"x","payload":{"${'k'.repeat(17)}":1}}`, ['payload: a key is longer than 16 bytes']],
  [
    '{"eventType":7,"payload":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}}',
    ['payload: an object has more than 5 keys', names]
  ]
] as const) {
  if (faults.length === 0) test(`${text.slice(0, 80)} is within the bounds`, () => void decode(text))
  else
    test(`${text.slice(0, 80)} is refused: ${faults.join('; ').slice(0, 80)}`, () =>
      assert.deepEqual(faultsOf(text), faults))
}

test('whatever is sent is understood, or refused with faults', () => {
  const check = (text: string): void => {
    try {
      decode(text)
    } catch (error) {
      assert.ok(error instanceof BusError && error.faults.length > 0)
    }
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), check))
  const key = fc.constantFrom('type', 'eventType', 'event_type', 'events', 'payload')
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom('ping', 'subscribe', 'unsubscribe', 'telemetry', 'x'))
  fc.assert(fc.property(fc.dictionary(key, value), fields => check(JSON.stringify(fields))))
})
