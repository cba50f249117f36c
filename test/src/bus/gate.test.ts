import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BlockError } from '../../../src/errors.ts'
import { setBus } from '../../support/bus.ts'
import { ada, authorOf, blocking, blockOf, bob, brokenContent, contentOf, KEY, setGate } from '../../support/gate.ts'

test('what was decided is counted, by decision and reason', t => {
  const { gate } = setGate(t, { ...blocking, scope_include: ['secure-*'], max_payload_bytes: 200 })
  const contents = [
    contentOf({ text: 'hello' }),
    contentOf({ text: 'hello' }),
    contentOf({ key: KEY }, { room: 'lab' }),
    contentOf({ key: KEY }),
    contentOf({ text: 'x'.repeat(200) })
  ]
  for (const content of contents) {
    try {
      gate.pass(content, ada)
    } catch (error) {
      assert.ok(error instanceof BlockError)
    }
  }
  assert.deepEqual(gate.counts(), [
    { decision: 'ALLOW', reason: 'CASIL_POLICY_ALLOWED', count: 2 },
    { decision: 'ALLOW', reason: 'CASIL_OUT_OF_SCOPE', count: 1 },
    { decision: 'BLOCK', reason: 'CASIL_POLICY_BLOCKED_SECRET', count: 1 },
    { decision: 'BLOCK', reason: 'CASIL_POLICY_OVERSIZE', count: 1 }
  ])
})

test('content that is blocked is refused with its reason and its address', t => {
  const { gate } = setGate(t, blocking)
  const { code, message, room, channel } = blockOf(gate, contentOf({ key: KEY }))
  assert.deepEqual(
    [code, message, room, channel],
    ['CASIL_POLICY_BLOCKED_SECRET', 'CASIL blocked message', 'secure-vault', 'ops']
  )
})

test('a finding is an event and a line of the log', t => {
  const { gate, events, lines } = setGate(t, { enabled: true, block_on_probable_secret: true })
  gate.pass(contentOf({ key: KEY, password: 'x' }), ada)
  const facts = {
    decision: 'ALLOW',
    reason_code: 'CASIL_MONITOR_MODE',
    policy_code: 'CASIL_POLICY_BLOCKED_SECRET',
    flags: { contains_probable_secret: true },
    risk_level: 'high',
    fired: ['payment-key', 'password', 'path password'],
    room: 'secure-vault',
    channel: 'ops',
    client_id: ada.id
  }
  assert.deepEqual(events, [
    { type: 'casil_decision', severity: 'info', tenant: 'default', clientId: ada.id, payload: facts }
  ])
  const [loaded, { service, time, ...line } = {}, ...others] = lines
  assert.equal(loaded?.msg, 'CASIL policy loaded')
  assert.deepEqual(line, { level: 'info', ...facts, msg: 'CASIL found something' })
  assert.deepEqual(others, [])
})

test('a block is a warning in both', t => {
  const { gate, events, lines } = setGate(t, blocking)
  blockOf(gate, contentOf({ key: KEY }))
  assert.equal(events[0]?.severity, 'warning')
  assert.deepEqual([lines[1]?.level, lines[1]?.msg], ['warn', 'CASIL blocked content'])
})

test('clean content, and content out of scope, is counted and not told', t => {
  const { gate, clock, events, lines } = setGate(t, { enabled: true, scope_exclude: ['lab*'] })
  gate.pass(contentOf({ text: 'hello' }), ada)
  gate.pass(contentOf({ key: KEY }, { room: 'lab' }), ada)
  gate.pass(contentOf({ key: KEY }, { room: '', channel: '' }), ada)
  clock.advance(60_000)
  assert.deepEqual(events, [])
  assert.equal(lines.length, 1)
})

test('repetitions of a client are told as one number when the window ends, and the next window begins anew', t => {
  const { gate, clock, events } = setGate(t, blocking)
  const content = contentOf({ key: KEY })
  for (let count = 0; count < 5; count++) blockOf(gate, content)
  assert.equal(events.length, 1)
  clock.advance(9_999)
  assert.equal(events.length, 1)
  clock.advance(1)
  assert.equal(events.length, 2)
  assert.deepEqual(events[1], { ...events[0], payload: { ...events[0]?.payload, repeated: 4 } })
  clock.advance(60_000)
  assert.equal(events.length, 2)
  blockOf(gate, content)
  assert.deepEqual(events[2], events[0])
})

test('what happened once is told once', t => {
  const { gate, clock, events, lines } = setGate(t, { enabled: true })
  gate.pass(contentOf({ key: KEY }), ada)
  clock.advance(60_000)
  assert.equal(events.length, 1)
  assert.equal(lines.length, 2)
})

test('another client, and another reason, is told by itself', t => {
  const { gate, events } = setGate(t, { enabled: true, mode: 'enforce', max_payload_bytes: 100 })
  gate.pass(contentOf({ key: KEY }), ada)
  gate.pass(contentOf({ key: KEY }), bob)
  blockOf(gate, contentOf({ text: 'x'.repeat(100) }))
  const told = events.map(({ payload }) => [Reflect.get(payload, 'client_id'), Reflect.get(payload, 'reason_code')])
  assert.deepEqual(told, [
    [ada.id, 'CASIL_POLICY_REDACTED'],
    [bob.id, 'CASIL_POLICY_REDACTED'],
    [ada.id, 'CASIL_POLICY_OVERSIZE']
  ])
})

test('more clients than are remembered are all told at once', t => {
  const { gate, clock, events } = setGate(t, { enabled: true, metadata_to_logs: false })
  const clients = Array.from({ length: 10_001 }, (_, index) => authorOf(`arq_client_${index}`))
  for (const client of clients) gate.pass(contentOf({ password: 1 }), client)
  assert.equal(events.length, 10_001)
  gate.pass(contentOf({ password: 1 }), clients[10_000] ?? ada)
  gate.pass(contentOf({ password: 1 }), clients[0] ?? ada)
  assert.equal(events.length, 10_002)
  clock.advance(10_000)
  assert.equal(events.length, 10_003)
})

test('no line and no event holds what was inspected', t => {
  const { gate, clock, events, lines } = setGate(t, { ...blocking, redaction_patterns: ['(?i)passphrase \\w+', KEY] })
  for (const payload of [{ note: `passphrase tangerine ${KEY}` }, { password: 'tangerine' }, { [KEY]: 'tangerine' }]) {
    for (let count = 0; count < 3; count++) {
      try {
        gate.pass(contentOf(payload), ada)
      } catch (error) {
        assert.ok(error instanceof BlockError)
        assert.ok(!JSON.stringify(error).includes(KEY))
      }
    }
  }
  clock.advance(10_000)
  assert.equal(events.length, 4)
  assert.doesNotMatch(JSON.stringify([lines, events]), /tangerine|sk_live|passphrase \w/)
})

test('findings stay out of the log and out of the events if the policy says so, but a block is always logged', async t => {
  const { gate, events, lines } = setGate(t, {
    enabled: true,
    mode: 'enforce',
    metadata_to_logs: false,
    metadata_to_telemetry: false
  })
  gate.pass(contentOf({ key: KEY }), ada)
  assert.equal(lines.length, 1)
  await gate.reload({ block_on_probable_secret: true }, ada)
  blockOf(gate, contentOf({ key: KEY }))
  assert.equal(lines.at(-1)?.msg, 'CASIL blocked content')
  assert.deepEqual(events, [])
})

test('a gate has a timer only while something waits to be told, and a closed one tells it', t => {
  const { gate, clock, events } = setGate(t, { enabled: true })
  assert.equal(clock.pending, 0)
  for (let count = 0; count < 3; count++) gate.pass(contentOf({ key: KEY }), ada)
  assert.equal(clock.pending, 1)
  gate.close()
  assert.equal(clock.pending, 0)
  assert.equal(Reflect.get(events[1]?.payload ?? {}, 'repeated'), 2)
  clock.advance(60_000)
  assert.equal(events.length, 2)
})

test('a failed inspection lets through or blocks, as the policy says, and is told as such', async t => {
  const { gate, events } = setGate(t, { enabled: true, mode: 'enforce' })
  assert.equal(gate.pass(brokenContent(), ada).reason, 'CASIL_INTERNAL_ERROR')
  assert.equal(Reflect.get(events[0]?.payload ?? {}, 'internal_error'), true)
  await gate.reload({ default_decision: 'block' }, ada)
  assert.equal(blockOf(gate, brokenContent()).code, 'CASIL_INTERNAL_ERROR')
  await gate.reload({ mode: 'monitor' }, ada)
  assert.equal(gate.pass(brokenContent(), ada).decision, 'ALLOW')
})

test('the size of a payload is that of its text, also where there is none yet', t => {
  const { gate } = setGate(t, { enabled: true, mode: 'enforce', max_payload_bytes: 12 })
  assert.equal(gate.judge(contentOf({ a: 'éé' })).decision, 'ALLOW')
  assert.equal(gate.judge(contentOf({ a: 'ééé' })).decision, 'BLOCK')
  assert.equal(gate.judge(contentOf({ a: 'éé' }, { text: '{"a":  "éé"}' })).decision, 'BLOCK')
})

test('to ask what would happen leaves no trace', t => {
  const { gate, clock, events, lines } = setGate(t, blocking)
  assert.equal(gate.judge(contentOf({ key: KEY })).decision, 'BLOCK')
  assert.equal(gate.judge(brokenContent()).reason, 'CASIL_INTERNAL_ERROR')
  assert.deepEqual([gate.counts(), events, clock.pending], [[], [], 0])
  assert.equal(lines.length, 1)
})

test('a policy that is on is a line of the log when it is loaded, one that is off is not', t => {
  assert.deepEqual(setGate(t).lines, [])
  const [{ service, time, ...line } = {}] = setGate(t, blocking).lines
  assert.deepEqual(line, {
    level: 'info',
    enabled: true,
    mode: 'enforce',
    block_on_probable_secret: true,
    transport_redaction: false,
    msg: 'CASIL policy loaded'
  })
})

test('while the policy is off nobody asks the gate', async t => {
  const stage = await setBus(t)
  Object.defineProperties(stage.gate, {
    pass: { value: () => assert.fail('asked') },
    judge: { value: () => assert.fail('asked') }
  })
  const peer = stage.connect({ role: 'admin' })
  const [answer] = peer.ask({ type: 'message', id: 'arq_1', room: 'lab:one', payload: { key: KEY } })
  assert.equal(answer?.status, 'success')
  const created = await peer.command('create_channel', { channel_id: 'lab:two', description: KEY })
  assert.equal(created.status, 'success')
  assert.deepEqual(stage.gate.counts(), [])
})
