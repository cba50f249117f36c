import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compilePolicy,
  defaultPolicy,
  mergePolicy,
  type Policy,
  PublicPolicySchema,
  toPublicPolicy
} from '../../../src/casil/policy.ts'
import { BusError } from '../../../src/errors.ts'

const keys = [
  'enabled',
  'mode',
  'default_decision',
  'scope_include',
  'scope_exclude',
  'max_payload_bytes',
  'max_inspect_bytes',
  'max_patterns',
  'block_on_probable_secret',
  'redaction_paths',
  'redaction_patterns',
  'transport_redaction',
  'metadata_to_logs',
  'metadata_to_telemetry',
  'metadata_to_envelope'
]

function faultsOf(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof BusError)
    assert.equal(error.code, 'VALIDATION_ERROR')
    return error.faults
  }
  return assert.fail('was not refused')
}

const merge = (changes: unknown) => () => mergePolicy(defaultPolicy, changes)

test('a policy is shown as 15 keys', () => {
  assert.deepEqual(Object.keys(toPublicPolicy(defaultPolicy)), keys)
  assert.deepEqual(Object.keys(PublicPolicySchema.properties), keys)
})

test('the defaults are those of the design', () => {
  assert.deepEqual(defaultPolicy, {
    enabled: false,
    mode: 'monitor',
    default_decision: 'allow',
    scope_include: [],
    scope_exclude: [],
    max_payload_bytes: 262_144,
    max_inspect_bytes: 65_536,
    max_patterns: 32,
    block_on_probable_secret: false,
    redaction_paths: ['password', 'token', 'secret'],
    redaction_patterns: [],
    transport_redaction: false,
    metadata_to_logs: true,
    metadata_to_telemetry: true,
    metadata_to_envelope: false,
    never_log_payload_for: [],
    secret_rules: false
  })
  assert.equal(compilePolicy(defaultPolicy).policy, defaultPolicy)
})

test('a change of some keys leaves the others as they are', () => {
  const next = mergePolicy({ ...defaultPolicy, enabled: true }, { mode: 'enforce', redaction_paths: [] })
  assert.deepEqual(next, { ...defaultPolicy, enabled: true, mode: 'enforce', redaction_paths: [] })
  assert.deepEqual(mergePolicy(defaultPolicy, {}), defaultPolicy)
})

test('the policy that is changed is not written to', () => {
  const current: Policy = Object.freeze({ ...defaultPolicy })
  mergePolicy(current, { enabled: true })
  assert.equal(current.enabled, false)
})

const refused: readonly [changes: Record<string, unknown>, fault: RegExp][] = [
  [{ enabled: 'yes' }, /^enabled: must be true or false$/],
  [{ mode: 'block' }, /^mode: must be one of monitor, enforce$/],
  [{ default_decision: null }, /^default_decision: must be one of allow, block$/],
  [{ scope_include: 'secure-*' }, /^scope_include: must be a list/],
  [{ scope_exclude: [1] }, /^scope_exclude: must be a list/],
  [{ max_payload_bytes: -1 }, /^max_payload_bytes: must be a whole number from 0/],
  [{ max_inspect_bytes: 0 }, /^max_inspect_bytes: must be a whole number from 1/],
  [{ max_inspect_bytes: 1.5 }, /^max_inspect_bytes: must be a whole number/],
  [{ max_patterns: 65 }, /^max_patterns: must be a whole number from 1 to 64$/],
  [{ block_on_probable_secret: 1 }, /^block_on_probable_secret: must be true or false$/],
  [{ redaction_paths: [''] }, /^redaction_paths: must be a list/],
  [{ redaction_paths: Array(257).fill('a') }, /^redaction_paths: must be a list/],
  [{ redaction_patterns: 'a' }, /^redaction_patterns: must be a list/],
  [{ redaction_patterns: [7] }, /^redaction_patterns: must be a list/],
  [{ transport_redaction: 'on' }, /^transport_redaction: must be true or false$/],
  [{ metadata_to_logs: 0 }, /^metadata_to_logs: must be true or false$/],
  [{ metadata_to_telemetry: 0 }, /^metadata_to_telemetry: must be true or false$/],
  [{ metadata_to_envelope: 0 }, /^metadata_to_envelope: must be true or false$/],
  [{ never_log_payload_for: [] }, /^never_log_payload_for: is not known$/],
  [{ secret_rules: true }, /^secret_rules: is not known$/],
  [{ paterns: [] }, /^paterns: is not known$/],
  [{ redaction_patterns: ['('] }, /^redaction_patterns\[0\]: "\(" is not RE2 syntax/],
  [{ redaction_patterns: ['a', '(?=x)'] }, /^redaction_patterns\[1\]: "\(\?=x\)" is not RE2 syntax/],
  [{ redaction_patterns: ['(a+)+$'] }, /^redaction_patterns\[0\]: "\(a\+\)\+\$" repeats/],
  [{ redaction_patterns: ['\\s+$'] }, /^redaction_patterns\[0\]: .* matches white space/],
  [{ redaction_patterns: ['x'.repeat(10_240)] }, /^redaction_patterns\[0\]: "x{64}…" is longer than 512 characters$/],
  [{ redaction_patterns: Array(33).fill('abc') }, /^redaction_patterns: 33 patterns, more than max_patterns 32$/],
  [{ max_patterns: 1, redaction_patterns: ['a', 'b'] }, /^redaction_patterns: 2 patterns, more than max_patterns 1$/]
]

for (const [changes, fault] of refused) {
  test(`a change to ${JSON.stringify(changes).slice(0, 60)} is refused with one fault`, () => {
    const faults = faultsOf(merge(changes))
    assert.equal(faults.length, 1)
    assert.match(faults[0] ?? '', fault)
  })
}

test('a change that is no object is refused', () => {
  for (const changes of [null, 'enforce', 7, []]) assert.equal(faultsOf(merge(changes)).length, 1)
})

test('every fault of a change is named', () => {
  const faults = faultsOf(
    merge({
      mode: 1,
      enabled: 2,
      unknown: 3,
      redaction_patterns: ['ok', '(', '(?=x)', '(a+)+$', '\\s+$', 'y'.repeat(10_240)]
    })
  )
  const fields = faults.map(fault => fault.slice(0, fault.indexOf(':')))
  assert.deepEqual(fields.sort(), [
    'enabled',
    'mode',
    'redaction_patterns[1]',
    'redaction_patterns[2]',
    'redaction_patterns[3]',
    'redaction_patterns[4]',
    'redaction_patterns[5]',
    'unknown'
  ])
})

test('fewer patterns than are there already are refused', () => {
  const current = { ...defaultPolicy, redaction_patterns: ['a', 'b', 'c'] }
  assert.equal(faultsOf(() => mergePolicy(current, { max_patterns: 2 })).length, 1)
})

test('a policy that does not compile is refused with every fault', () => {
  const policy = { ...defaultPolicy, redaction_patterns: ['(', 'a', '['], max_inspect_bytes: 0 }
  assert.equal(faultsOf(() => compilePolicy(policy)).length, 3)
})

const table = [{ name: 'door-key', source: 'door_[0-9]{4}' }]

function firing(policy: Partial<Policy>, text: string): string[] {
  const { patterns } = compilePolicy({ ...defaultPolicy, ...policy }, table)
  return patterns.suspects(text).map(({ name }) => name)
}

test('patterns of the operator replace the default ones', () => {
  assert.deepEqual(firing({}, 'password abc'), ['password'])
  assert.deepEqual(firing({ redaction_patterns: ['abc'] }, 'password abc'), ['redaction_patterns[0]'])
})

test('the built-in table stands beside either, if it is switched on', () => {
  const text = 'password abc door_1234'
  assert.deepEqual(firing({ secret_rules: false }, text), ['password'])
  assert.deepEqual(firing({ secret_rules: true }, text), ['password', 'door-key'])
  assert.deepEqual(firing({ secret_rules: true, redaction_patterns: ['abc'] }, text), [
    'redaction_patterns[0]',
    'door-key'
  ])
})
