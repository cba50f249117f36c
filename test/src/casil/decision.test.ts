import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision, Reason } from '../../../src/casil/verdict.ts'
import type { Json } from '../../../src/protocol/json.ts'
import { type Change, failing, inspect } from './inspect.ts'

const secret = { note: 'the password is hunter2' }
const clean = { note: 'good morning' }
const path = { pin: { code: 1234 } }

interface Row {
  readonly situation: string
  readonly payload: Json
  readonly policy: Change
  readonly monitor: readonly [Decision, Reason, Reason?]
  readonly enforce: readonly [Decision, Reason]
}

const paths: Change = { redaction_paths: ['pin'] }
const small: Change = { max_payload_bytes: 10 }
const short: Change = { max_inspect_bytes: 10 }
const blocking: Change = { block_on_probable_secret: true }
const failClosed: Change = { default_decision: 'block' }
const long = { a: `${'x'.repeat(40)} password` }
const boom = { a: 'boom' }

/** One row for every cell of the decision table [casil.md, Decision]. */
const decisions: readonly Row[] = [
  {
    situation: 'larger than max_payload_bytes',
    payload: clean,
    policy: small,
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_OVERSIZE'],
    enforce: ['BLOCK', 'CASIL_POLICY_OVERSIZE']
  },
  {
    situation: 'larger than max_payload_bytes, with a path',
    payload: path,
    policy: { ...small, ...paths },
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_OVERSIZE'],
    enforce: ['BLOCK', 'CASIL_POLICY_OVERSIZE']
  },
  {
    situation: 'max_payload_bytes off',
    payload: clean,
    policy: { max_payload_bytes: 0 },
    monitor: ['ALLOW', 'CASIL_POLICY_ALLOWED'],
    enforce: ['ALLOW', 'CASIL_POLICY_ALLOWED']
  },
  {
    situation: 'probable secret, blocking on',
    payload: secret,
    policy: blocking,
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_BLOCKED_SECRET'],
    enforce: ['BLOCK', 'CASIL_POLICY_BLOCKED_SECRET']
  },
  {
    situation: 'probable secret, blocking on, larger than max_payload_bytes',
    payload: secret,
    policy: { ...blocking, ...small },
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_BLOCKED_SECRET'],
    enforce: ['BLOCK', 'CASIL_POLICY_BLOCKED_SECRET']
  },
  {
    situation: 'probable secret, blocking off, larger than max_payload_bytes',
    payload: secret,
    policy: small,
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_OVERSIZE'],
    enforce: ['BLOCK', 'CASIL_POLICY_OVERSIZE']
  },
  {
    situation: 'probable secret, blocking off',
    payload: secret,
    policy: {},
    monitor: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_ALLOWED', 'CASIL_POLICY_REDACTED'],
    enforce: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED']
  },
  {
    situation: 'probable secret in a key only, blocking off',
    payload: { apiKey: 1 },
    policy: {},
    monitor: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_ALLOWED', 'CASIL_POLICY_REDACTED'],
    enforce: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED']
  },
  {
    situation: 'redacted by path, blocking off',
    payload: path,
    policy: paths,
    monitor: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_ALLOWED', 'CASIL_POLICY_REDACTED'],
    enforce: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED']
  },
  {
    situation: 'redacted by path, blocking on',
    payload: path,
    policy: { ...paths, ...blocking },
    monitor: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_ALLOWED', 'CASIL_POLICY_REDACTED'],
    enforce: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED']
  },
  {
    situation: "redacted by the operator's pattern, blocking off",
    payload: { a: 'order 123-45' },
    policy: { redaction_patterns: ['\\d{3}-\\d{2}'] },
    monitor: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_ALLOWED', 'CASIL_POLICY_REDACTED'],
    enforce: ['ALLOW_WITH_REDACTION', 'CASIL_POLICY_REDACTED']
  },
  {
    situation: 'nothing found',
    payload: clean,
    policy: blocking,
    monitor: ['ALLOW', 'CASIL_POLICY_ALLOWED'],
    enforce: ['ALLOW', 'CASIL_POLICY_ALLOWED']
  },
  {
    situation: 'longer than max_inspect_bytes, blocking off',
    payload: long,
    policy: { ...short, ...failClosed },
    monitor: ['ALLOW', 'CASIL_POLICY_ALLOWED'],
    enforce: ['ALLOW', 'CASIL_POLICY_ALLOWED']
  },
  {
    situation: 'longer than max_inspect_bytes, blocking on, by default allowed',
    payload: long,
    policy: { ...short, ...blocking },
    monitor: ['ALLOW', 'CASIL_POLICY_ALLOWED'],
    enforce: ['ALLOW', 'CASIL_POLICY_ALLOWED']
  },
  {
    situation: 'longer than max_inspect_bytes, blocking on, by default blocked',
    payload: long,
    policy: { ...short, ...blocking, ...failClosed },
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_OVERSIZE'],
    enforce: ['BLOCK', 'CASIL_POLICY_OVERSIZE']
  },
  {
    situation: 'longer than max_inspect_bytes with a path, blocking on, by default blocked',
    payload: { pin: 1, ...long },
    policy: { ...short, ...blocking, ...failClosed, ...paths },
    monitor: ['ALLOW', 'CASIL_MONITOR_MODE', 'CASIL_POLICY_OVERSIZE'],
    enforce: ['BLOCK', 'CASIL_POLICY_OVERSIZE']
  },
  {
    situation: 'out of scope',
    payload: secret,
    policy: { ...blocking, scope_include: ['other-*'] },
    monitor: ['ALLOW', 'CASIL_OUT_OF_SCOPE'],
    enforce: ['ALLOW', 'CASIL_OUT_OF_SCOPE']
  },
  {
    situation: 'disabled',
    payload: secret,
    policy: { ...blocking, enabled: false },
    monitor: ['ALLOW', 'CASIL_DISABLED'],
    enforce: ['ALLOW', 'CASIL_DISABLED']
  },
  {
    situation: 'internal error, by default allowed',
    payload: boom,
    policy: { secret_rules: true },
    monitor: ['ALLOW', 'CASIL_INTERNAL_ERROR'],
    enforce: ['ALLOW', 'CASIL_INTERNAL_ERROR']
  },
  {
    situation: 'internal error, by default blocked',
    payload: boom,
    policy: { secret_rules: true, ...failClosed },
    monitor: ['ALLOW', 'CASIL_INTERNAL_ERROR'],
    enforce: ['BLOCK', 'CASIL_INTERNAL_ERROR']
  }
]

for (const { situation, payload, policy, monitor, enforce } of decisions) {
  test(`${situation}: monitor mode says ${monitor[0]} ${monitor[1]}`, () => {
    const { decision, reason, policyCode, isInternalError } = inspect(payload, { ...policy, mode: 'monitor' }, failing)
    assert.deepEqual([decision, reason, policyCode], [monitor[0], monitor[1], monitor[2]])
    assert.equal(isInternalError, reason === 'CASIL_INTERNAL_ERROR')
  })

  test(`${situation}: enforce mode says ${enforce[0]} ${enforce[1]}`, () => {
    const { decision, reason, policyCode, isInternalError } = inspect(payload, { ...policy, mode: 'enforce' }, failing)
    assert.deepEqual([decision, reason, policyCode], [enforce[0], enforce[1], undefined])
    assert.equal(isInternalError, reason === 'CASIL_INTERNAL_ERROR')
  })

  test(`${situation}: monitor mode puts nothing else on the wire`, () => {
    const verdict = inspect(payload, { ...policy, mode: 'monitor', transport_redaction: true }, failing)
    assert.equal(verdict.transport, undefined)
  })
}
