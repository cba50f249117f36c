import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { REDACTED } from '../../../src/casil/redact.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { payloads, payloadsWith, stringsOf } from './arbitraries.ts'
import { type Change, engineOf, inspect, inspection } from './inspect.ts'

const anyPayload = fc.oneof(payloads, payloadsWith(['password', 'sk_live_abcdefgh12345678', 'token: abc', 'Bearer x']))
const anyPolicy: fc.Arbitrary<Change> = fc.record({
  mode: fc.constantFrom('monitor', 'enforce'),
  default_decision: fc.constantFrom('allow', 'block'),
  max_payload_bytes: fc.constantFrom(0, 20, 262_144),
  max_inspect_bytes: fc.constantFrom(5, 30, 65_536),
  block_on_probable_secret: fc.boolean(),
  transport_redaction: fc.boolean()
})

test('any payload gets a verdict, the same for the same input, and is not written to', () => {
  fc.assert(
    fc.property(anyPayload, anyPolicy, (payload, change) => {
      const engine = engineOf(change)
      const before = JSON.stringify(payload)
      const verdict = engine.inspect(inspection(payload))
      assert.deepEqual({ ...verdict }, { ...engine.inspect(inspection(JSON.parse(before))) })
      assert.equal(verdict.isInternalError, false)
      assert.doesNotThrow(() => JSON.parse(JSON.stringify(verdict.observable)))
      assert.equal(JSON.stringify(payload), before)
    })
  )
})

test('monitor mode never changes the wire nor blocks', () => {
  fc.assert(
    fc.property(anyPayload, anyPolicy, (payload, change) => {
      const { decision, transport } = inspect(payload, { ...change, mode: 'monitor' })
      assert.notEqual(decision, 'BLOCK')
      assert.equal(transport, undefined)
    })
  )
})

test('a blocked payload has no other form for the wire', () => {
  fc.assert(
    fc.property(anyPayload, anyPolicy, (payload, change) => {
      const { decision, transport } = inspect(payload, { ...change, mode: 'enforce' })
      if (decision === 'BLOCK') assert.equal(transport, undefined)
    })
  )
})

test('no string of what may be seen holds what inspection fires on', () => {
  fc.assert(
    fc.property(anyPayload, payload => {
      const { observable } = inspect(payload)
      for (const text of stringsOf(observable)) assert.deepEqual(inspect(text).fired, [], text)
      assert.deepEqual(inspect(observable).observable, observable)
    })
  )
})

function nest(depth: number): Json {
  let value: Json = 'password'
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { level: value }
  return value
}

const hostile: readonly [name: string, payload: Json][] = [
  ['a member __proto__', JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')],
  ['lone surrogates', JSON.parse('{"\\ud800":"\\udc00 password \\ud83d"}')],
  ['numbers beyond a double', JSON.parse('[1e999,-1e999,1e-999,123456789012345678901234567890]')],
  ['depth 32', nest(32)],
  ['10,000 values', Array.from({ length: 10_000 }, (_, index) => (index % 2 ? 'token' : index))],
  ['10,000 members', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`password${index}`, index]))],
  ['64 kB of spaces', { a: ' '.repeat(65_536) }],
  ['64 kB of one word', { a: 'password '.repeat(7_281) }],
  ['an empty key', { '': { '': '' } }],
  ['nothing', null]
]

for (const [name, payload] of hostile) {
  test(`a payload with ${name} gets a verdict and can be observed`, () => {
    for (const mode of ['monitor', 'enforce'] as const) {
      const { decision, observable } = inspect(payload, { mode, transport_redaction: true, max_payload_bytes: 0 })
      assert.match(decision, /^ALLOW/)
      assert.notEqual(observable, undefined)
    }
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })
}

test('a payload nested deeper than the stack gets a verdict', () => {
  const engine = engineOf({ mode: 'enforce', default_decision: 'block' })
  const { decision, isInternalError, observable } = engine.inspect(inspection(nest(200_000), { bytes: 1_000 }))
  assert.deepEqual([decision, isInternalError, observable], ['BLOCK', true, REDACTED])
})
