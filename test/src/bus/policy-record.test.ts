import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { defaultPolicy, type Policy, toPublicPolicy } from '../../../src/casil/policy.ts'
import type { OpenRecords } from '../../../src/structures/records.ts'
import { FakeClock } from '../../support/clock.ts'
import { ada, blocking, blockOf, bob, contentOf, KEY, setGate } from '../../support/gate.ts'
import { openCommon, RecordCable } from '../../support/records.ts'

/** The gate of a node that has begun, with its way to the others. */
async function startNode(t: TestContext, open: OpenRecords, policy: Partial<Policy> = {}) {
  const cable = new RecordCable(open)
  const node = setGate(t, policy, cable.open('casil'))
  await node.gate.follow()
  const told = () => node.lines.map(({ level, msg }) => `${level} ${msg}`)
  return { ...node, cable, told }
}

async function setCluster(t: TestContext) {
  const open = await openCommon(t, new FakeClock())
  return { open, record: open('casil'), one: await startNode(t, open), two: await startNode(t, open) }
}

test('a reload on one node holds on all, and only the node that was asked says who did it', async t => {
  const { one, two } = await setCluster(t)
  const next = await one.gate.reload(blocking, ada)
  assert.deepEqual([one.gate.policy, two.gate.policy], [next, next])
  assert.equal(blockOf(two.gate, contentOf({ key: KEY })).code, 'CASIL_POLICY_BLOCKED_SECRET')
  assert.deepEqual(one.told(), ['info CASIL policy reloaded', 'warn CASIL mode switched'])
  const { level, msg, changed, client } = two.lines[0] ?? {}
  assert.deepEqual(
    [level, msg, changed, client],
    ['info', 'CASIL policy taken from another node', ['enabled', 'mode', 'block_on_probable_secret'], undefined]
  )
})

test('reloads of different keys on several nodes in one moment all hold', async t => {
  const { one, two } = await setCluster(t)
  await Promise.all([
    one.gate.reload({ enabled: true }, ada),
    two.gate.reload({ mode: 'enforce' }, bob),
    one.gate.reload({ max_patterns: 7 }, ada),
    two.gate.reload({ scope_include: ['lab:*'] }, bob)
  ])
  const policy = { ...defaultPolicy, enabled: true, mode: 'enforce', max_patterns: 7, scope_include: ['lab:*'] }
  assert.deepEqual([one.gate.policy, two.gate.policy], [policy, policy])
})

for (const [what, changes] of [
  ['names that are not known', { colour: 'red' }],
  ['a pattern that does not compile', { enabled: true, redaction_patterns: ['('] }]
] as const) {
  test(`a reload with ${what} changes nothing on any node`, async t => {
    const { record, one, two } = await setCluster(t)
    await assert.rejects(one.gate.reload(changes, ada), { code: 'VALIDATION_ERROR' })
    assert.deepEqual([one.gate.policy, two.gate.policy], [defaultPolicy, defaultPolicy])
    assert.deepEqual([one.lines, two.lines], [[], []])
    assert.equal(await record.delete('policy'), false)
  })
}

test('a reload while the cluster cannot be reached is refused and changes nothing', async t => {
  const { one, two } = await setCluster(t)
  one.cable.cut()
  await assert.rejects(one.gate.reload(blocking, ada), { code: 'ENGINE_UNAVAILABLE' })
  one.cable.mend()
  assert.deepEqual([one.gate.policy, two.gate.policy], [defaultPolicy, defaultPolicy])
})

test('a node that starts takes the policy of the cluster, and keeps what only its configuration says', async t => {
  const { open, one } = await setCluster(t)
  const next = await one.gate.reload(blocking, ada)
  const late = await startNode(t, open, { max_patterns: 3, secret_rules: true })
  assert.deepEqual(late.gate.policy, { ...next, secret_rules: true })
  assert.deepEqual(late.told(), ['info CASIL policy of the cluster taken instead of that of the configuration'])
})

test('while nobody has changed it, each node goes by its configuration', async t => {
  const { open } = await setCluster(t)
  const node = await startNode(t, open, { max_patterns: 3 })
  assert.deepEqual([node.gate.policy.max_patterns, node.lines], [3, []])
})

for (const text of ['{', '[]', '{"colour":"red"}', '{"redaction_patterns":["("]}', '{"mode":"strict"}']) {
  test(`a record that says ${text} is told and ignored, and a reload mends it`, async t => {
    const { open, record, one, two } = await setCluster(t)
    const next = await one.gate.reload(blocking, ada)
    await record.put('policy', text)
    assert.deepEqual([one.gate.policy, two.gate.policy], [next, next])
    assert.equal(two.told().at(-1), 'error the CASIL policy of the cluster cannot be read and is ignored')
    const late = await startNode(t, open, { max_patterns: 3 })
    assert.equal(late.gate.policy.max_patterns, 3)
    const mended = await two.gate.reload({ max_patterns: 5 }, bob)
    assert.deepEqual(mended, { ...next, max_patterns: 5 })
    for (const { gate } of [one, two, late]) assert.deepEqual(toPublicPolicy(gate.policy), toPublicPolicy(mended))
  })
}

test('other records of the kind are no policy, and without the record the configuration holds again', async t => {
  const { record, one } = await setCluster(t)
  await record.put('other', '{"enabled":true}')
  assert.equal(one.gate.isEnabled, false)
  await one.gate.reload(blocking, ada)
  await record.delete('policy')
  assert.deepEqual(one.gate.policy, defaultPolicy)
})
