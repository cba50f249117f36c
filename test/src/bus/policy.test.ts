import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPolicyFaults, policyOf } from '../../../src/bus/policy.ts'
import { defaultPolicy, PolicySchema } from '../../../src/casil/policy.ts'
import { loadConfig } from '../../../src/config.ts'

function load(env: Record<string, string> = {}) {
  return loadConfig({ env }).config
}

test('a configuration of defaults makes the default policy', () => {
  assert.deepEqual(policyOf(load()), defaultPolicy)
})

test('every key of the policy has a variable of its name that sets it', () => {
  const texts: Record<string, readonly [string, unknown]> = {
    boolean: ['true', true],
    integer: ['17', 17],
    array: ['a,b', ['a', 'b']]
  }
  const choices: Record<string, string> = { mode: 'enforce', default_decision: 'block' }
  for (const [key, schema] of Object.entries(PolicySchema.properties)) {
    const choice = choices[key]
    const isOn = Reflect.get(defaultPolicy, key) === true
    const [text, value] = choice ? [choice, choice] : isOn ? ['false', false] : (texts[String(schema.type)] ?? ['', ''])
    const policy = policyOf(load({ [`ARQONBUS_CASIL_${key.toUpperCase()}`]: text }))
    assert.deepEqual(policy, { ...defaultPolicy, [key]: value }, key)
  }
})

test('what keeps a policy from being used is told by the names of the variables', () => {
  const env = {
    ARQONBUS_CASIL_REDACTION_PATTERNS: '["(", "fine"]',
    ARQONBUS_CASIL_MAX_PATTERNS: '1',
    ARQONBUS_CASIL_SCOPE_INCLUDE: Array(257).fill('x').join()
  }
  assert.deepEqual(findPolicyFaults(load(env)), [
    'ARQONBUS_CASIL_SCOPE_INCLUDE: must be a list of at most 256 texts of 1 to 256 characters',
    'ARQONBUS_CASIL_REDACTION_PATTERNS: 2 patterns, more than max_patterns 1',
    'ARQONBUS_CASIL_REDACTION_PATTERNS[0]: "(" is not RE2 syntax: missing closing )'
  ])
  assert.deepEqual(findPolicyFaults(load()), [])
})
