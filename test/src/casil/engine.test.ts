import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecretRule } from '../../../src/casil/policy.ts'
import { REDACTED } from '../../../src/casil/redact.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { type Change, engineOf, failing, inspect, inspection } from './inspect.ts'

const secret = { note: 'the password is hunter2' }
const clean = { note: 'good morning' }
const path = { pin: { code: 1234 } }

const paths: Change = { redaction_paths: ['pin'] }
const small: Change = { max_payload_bytes: 10 }
const short: Change = { max_inspect_bytes: 10 }
const blocking: Change = { block_on_probable_secret: true }
const failClosed: Change = { default_decision: 'block' }
const long = { a: `${'x'.repeat(40)} password` }
const boom = { a: 'boom' }

test('what was found is flagged, whatever is decided', () => {
  const flags = (payload: Json, change: Change) => inspect(payload, change).classification.flags
  assert.deepEqual(flags(secret, blocking), { contains_probable_secret: true })
  assert.deepEqual(flags(clean, small), { oversize_payload: true })
  assert.deepEqual(flags(long, short), { partially_inspected: true })
  assert.deepEqual(flags(secret, { ...small, max_inspect_bytes: 20, redaction_patterns: ['note'] }), {
    contains_probable_secret: true,
    oversize_payload: true,
    partially_inspected: true
  })
  assert.deepEqual(flags(path, paths), {})
  assert.deepEqual(flags(secret, { scope_exclude: ['*'] }), {})
})

test('a message that could not be inspected is flagged as inspected in part', () => {
  const { classification, observable, fired } = inspect(boom, { secret_rules: true }, failing)
  assert.deepEqual(classification, { kind: 'data', risk_level: 'medium', flags: { partially_inspected: true } })
  assert.equal(observable, REDACTED)
  assert.deepEqual(fired, [])
})

test('the kind of the message is kept', () => {
  for (const kind of ['control', 'telemetry', 'data', 'system', 'unknown'] as const) {
    for (const payload of [clean, secret]) {
      assert.equal(engineOf().inspect(inspection(payload, { kind })).classification.kind, kind)
    }
  }
})

test('a payload of exactly max_payload_bytes is not oversize, one byte more is', () => {
  const { bytes } = inspection({ é: 'é' })
  const flags = (limit: number) => inspect({ é: 'é' }, { max_payload_bytes: limit }).classification.flags
  assert.deepEqual(flags(bytes), {})
  assert.deepEqual(flags(bytes - 1), { oversize_payload: true })
})

test('a payload of exactly max_inspect_bytes is inspected whole, one byte more is not', () => {
  const { bytes } = inspection(long)
  assert.deepEqual(inspect(long, { max_inspect_bytes: bytes }).classification.flags, { contains_probable_secret: true })
  assert.deepEqual(inspect(clean, { max_inspect_bytes: inspection(clean).bytes - 1 }).classification.flags, {
    partially_inspected: true
  })
})

test('keys are matched as well as values', () => {
  for (const payload of [{ client_secret: 1 }, { a: [{ b: 'a secret' }] }, ['token'], 'password']) {
    assert.equal(inspect(payload).classification.risk_level, 'high', JSON.stringify(payload))
  }
})

test('an escaped character is matched as what it stands for', () => {
  const payload = JSON.parse('{"a":"\\u0041KIA1234","b":"p\\u0061ssword"}')
  assert.deepEqual(inspect(payload, { redaction_patterns: ['AKIA[0-9]+', 'password'] }).fired, [
    'redaction_patterns[0]',
    'redaction_patterns[1]'
  ])
})

test('a larger max_inspect_bytes is looked at whole', () => {
  const { fired, classification } = inspect({ a: `${'x'.repeat(700_000)} password` }, { max_inspect_bytes: 1_048_576 })
  assert.deepEqual(fired, ['password'])
  assert.deepEqual(classification.flags, { contains_probable_secret: true, oversize_payload: true })
})

test('without a room or a channel nothing is inspected', () => {
  const at = (room: string, channel: string) => engineOf().inspect(inspection(secret, { room, channel })).reason
  assert.equal(at('', ''), 'CASIL_OUT_OF_SCOPE')
  assert.equal(at('secure', ''), 'CASIL_POLICY_ALLOWED')
  assert.equal(at('', 'ops'), 'CASIL_POLICY_ALLOWED')
})

test('what fired is named, never what was matched', () => {
  const { fired } = inspect(
    { password: 'hunter2', note: 'api_key=abc', pin: 1 },
    { redaction_paths: ['pin', 'password', 'absent'] }
  )
  assert.deepEqual(fired, ['password', 'api-key', 'path password', 'path pin'])
})

test('the observable payload is redacted in both modes and whatever is decided', () => {
  const expected = { note: `the ${REDACTED}` }
  for (const change of [{}, blocking, { mode: 'enforce' } as const, { mode: 'enforce', ...blocking } as const, small]) {
    assert.deepEqual(inspect(secret, change).observable, expected)
  }
})

test('the observable payload is the payload itself if nothing is to be hidden', () => {
  for (const change of [{}, { enabled: false }, { scope_include: ['other'] }, small]) {
    assert.equal(inspect(clean, change).observable, clean)
  }
  const key = { apiKey: 1 }
  assert.equal(inspect(key).observable, key)
})

test('of a payload that is inspected in part, the rest is not observable', () => {
  const { observable } = inspect({ a: 'x', b: 'y'.repeat(100), n: 1 }, { max_inspect_bytes: 20 })
  assert.deepEqual(observable, { a: 'x', b: REDACTED, n: 1 })
})

test('a payload that is never to be logged is not observable, and goes over the wire as it is', () => {
  for (const payload of [clean, secret]) {
    for (const change of [{}, { scope_include: ['other'] }]) {
      const verdict = inspect(payload, { ...change, never_log_payload_for: ['sec*:ops'] })
      assert.equal(verdict.observable, REDACTED)
      assert.equal(verdict.transport, undefined)
    }
    assert.notEqual(inspect(payload, { never_log_payload_for: ['secure'] }).observable, REDACTED)
  }
})

test('the wire carries a redacted payload in enforce mode with transport redaction only', () => {
  const enforce: Change = { mode: 'enforce', transport_redaction: true }
  assert.deepEqual(inspect(secret, enforce).transport, { note: `the ${REDACTED}` })
  assert.deepEqual(inspect(path, { ...enforce, ...paths }).transport, { pin: REDACTED })
  assert.equal(inspect(secret, { mode: 'enforce' }).transport, undefined)
  assert.equal(inspect(clean, enforce).transport, undefined)
  assert.equal(inspect({ apiKey: 1 }, enforce).transport, undefined)
  assert.equal(inspect(secret, { ...enforce, ...blocking }).transport, undefined)
  assert.equal(inspect(secret, { ...enforce, scope_exclude: ['*'] }).transport, undefined)
})

test('of a payload that is inspected in part, the wire carries the rest as it is', () => {
  const payload = { password: 'p', b: 'y'.repeat(100) }
  const verdict = inspect(payload, { mode: 'enforce', transport_redaction: true, max_inspect_bytes: 20 })
  assert.deepEqual(verdict.transport, { password: REDACTED, b: payload.b })
})

test('what every built-in pattern stands for is found', () => {
  const table: readonly [text: string, fired: readonly string[], left: string][] = [
    ['API-Key: abc', ['api-key'], REDACTED],
    ['my apikey', ['api-key'], `my ${REDACTED}`],
    ['the Secret is x9, ok', ['secret'], `the ${REDACTED}, ok`],
    ['{"token": "abc"}', ['token'], `{"${REDACTED}"}`],
    ['PASSWORD=abc&user=me', ['password'], REDACTED],
    ['Authorization: Bearer abc.def-1', ['bearer'], `Authorization: ${REDACTED}`],
    ['sk_live_0123456789abcdef.', ['payment-key'], `${REDACTED}.`],
    ['pk_test_0123456789abcdef', ['payment-key'], REDACTED]
  ]
  for (const [text, fired, left] of table) {
    const verdict = inspect({ text })
    assert.deepEqual(verdict.fired, fired, text)
    assert.deepEqual(verdict.observable, { text: left })
  }
  for (const text of ['good morning', 'rapid keys', 'bearers', 'sk_live_', 'pass word']) {
    assert.deepEqual(inspect({ text }).fired, [], text)
  }
})

test('an inspection that would be too much work ends in part, and hides what it did not look at', () => {
  const rule: SecretRule = { name: 'never', source: '[a-z]-', check: () => false }
  const payload = { a: 'x-'.repeat(30_000), b: 'hello' }
  const change: Change = { secret_rules: true, ...blocking, ...failClosed, mode: 'enforce' }
  const verdict = inspect(payload, change, [rule])
  assert.equal(verdict.decision, 'BLOCK')
  assert.deepEqual(verdict.classification.flags, { partially_inspected: true })
  assert.deepEqual(verdict.observable, { a: REDACTED, b: 'hello' })
})
