import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import { ada, blocking, blockOf, bob, contentOf, KEY, setGate } from '../../support/gate.ts'

async function faultsOf(change: () => unknown): Promise<readonly string[]> {
  try {
    await change()
  } catch (error) {
    assert.ok(error instanceof BusError)
    assert.equal(error.code, 'VALIDATION_ERROR')
    return error.faults
  }
  assert.fail('it is accepted')
}

test('a reload holds from the next content on, and says who changed what', async t => {
  const { gate, lines } = setGate(t, { enabled: true, mode: 'enforce' })
  gate.pass(contentOf({ key: KEY }), bob)
  const next = await gate.reload({ block_on_probable_secret: true, mode: 'enforce', scope_include: ['secure-*'] }, ada)
  assert.equal(gate.policy, next)
  assert.equal(blockOf(gate, contentOf({ key: KEY })).code, 'CASIL_POLICY_BLOCKED_SECRET')
  const { service, time, ...line } = lines[2] ?? {}
  assert.deepEqual(line, {
    level: 'info',
    audit: true,
    client: ada.id,
    changed: ['scope_include', 'block_on_probable_secret'],
    enabled: true,
    mode: 'enforce',
    block_on_probable_secret: true,
    transport_redaction: false,
    msg: 'CASIL policy reloaded'
  })
})

test('a switch of the mode is a line of its own', async t => {
  const { gate, lines } = setGate(t, { enabled: true })
  await gate.reload({ mode: 'enforce' }, ada)
  const { service, time, ...line } = lines.at(-1) ?? {}
  assert.deepEqual(line, {
    level: 'warn',
    client: ada.id,
    from: 'monitor',
    to: 'enforce',
    msg: 'CASIL mode switched'
  })
})

test('what is off can be switched on, and off again', async t => {
  const { gate } = setGate(t)
  assert.equal(gate.isEnabled, false)
  assert.equal(gate.judge(contentOf({ key: KEY })).reason, 'CASIL_DISABLED')
  await gate.reload({ enabled: true }, ada)
  assert.equal(gate.isEnabled, true)
  assert.equal(gate.judge(contentOf({ key: KEY })).reason, 'CASIL_POLICY_ALLOWED')
  await gate.reload({ enabled: false }, ada)
  assert.equal(gate.isEnabled, false)
})

/** Changes that are refused, with what every fault begins with. */
const refused: readonly (readonly [what: string, changes: unknown, faults: readonly string[]])[] = [
  ['names that are not known', { colour: 'red', Mode: 'enforce' }, ['colour: is not known', 'Mode: is not known']],
  ['keys of the configuration', { secret_rules: true }, ['secret_rules: is not known']],
  [
    'values of the wrong type',
    { enabled: 'yes', mode: 'strict', max_payload_bytes: -1, max_patterns: 1.5, redaction_paths: 'password' },
    [
      'enabled: must be true or false',
      'mode: must be one of',
      'max_payload_bytes: must be',
      'max_patterns: must be',
      'redaction_paths: must be'
    ]
  ],
  ['patterns that are no text', { redaction_patterns: ['a', 7] }, ['redaction_patterns: must be']],
  ['a repetition of a repetition', { redaction_patterns: ['(a+)+$'] }, ['redaction_patterns[0]: "(a+)+$" ']],
  ['white space', { redaction_patterns: ['\\s+$'] }, ['redaction_patterns[0]: "\\\\s+$" ']],
  ['a look ahead', { redaction_patterns: ['(?=x)'] }, ['redaction_patterns[0]: "(?=x)" is not RE2 syntax']],
  ['a bracket that stays open', { redaction_patterns: ['('] }, ['redaction_patterns[0]: "(" is not RE2 syntax']],
  [
    '33 patterns',
    { redaction_patterns: Array.from({ length: 33 }, (_, index) => `key${index}`) },
    ['redaction_patterns: 33 patterns, more than max_patterns 32']
  ],
  ['a pattern of 10 kB', { redaction_patterns: ['x'.repeat(10_240)] }, [`redaction_patterns[0]: "${'x'.repeat(64)}…"`]],
  [
    'all of it at once',
    { colour: 1, enabled: 2, redaction_patterns: ['fine', '(', '(?=x)', 'x'.repeat(10_240)] },
    [
      'colour: is not known',
      'enabled: must be',
      'redaction_patterns[1]: "("',
      'redaction_patterns[2]: "(?=x)"',
      'redaction_patterns[3]: "xxx'
    ]
  ],
  ['no object', [], ['']]
]

for (const [what, changes, expected] of refused) {
  test(`a reload with ${what} is refused with every fault, and nothing changes`, async t => {
    const { gate, lines } = setGate(t, blocking)
    const before = gate.policy
    const faults = await faultsOf(() => gate.reload(changes, ada))
    assert.equal(faults.length, expected.length, faults.join('\n'))
    for (const [at, fault] of faults.entries()) assert.ok(fault.startsWith(expected[at] ?? ''), fault)
    assert.equal(gate.policy, before)
    assert.equal(lines.length, 1)
    blockOf(gate, contentOf({ key: KEY }))
  })
}

test('a gate is not made of a policy that does not compile', async t => {
  assert.equal((await faultsOf(() => setGate(t, { redaction_patterns: ['('] }))).length, 1)
})
