import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countsOf, doors, expectedOf, Hall, payloads } from '../../support/doors.ts'
import { KEY } from '../../support/gate.ts'

test('the 50 payloads meet every decision', async t => {
  const { stage } = await Hall.open(t)
  const verdicts = payloads.map(payload => expectedOf(stage, payload))
  assert.equal(verdicts.length, 50)
  const kinds = [
    'ALLOW CASIL_POLICY_ALLOWED',
    'ALLOW_WITH_REDACTION CASIL_POLICY_REDACTED',
    'BLOCK CASIL_POLICY_BLOCKED_SECRET',
    'BLOCK CASIL_POLICY_OVERSIZE'
  ]
  assert.deepEqual([...new Set(verdicts)].sort(), kinds)
})

for (const door of doors) {
  test(`${door.name}: every payload gets the same verdict as at any other door`, async t => {
    const hall = await Hall.open(t)
    for (const payload of payloads) {
      assert.equal(hall.send(door, payload).verdict, expectedOf(hall.stage, payload), JSON.stringify(payload))
    }
  })

  test(`${door.name}: what is blocked is answered with the reason, and nothing else comes of it`, async t => {
    const hall = await Hall.open(t)
    for (const [at, payload] of payloads.entries()) {
      const channel = `new-${at}`
      const { answers, verdict, delivered, stored, kept } = hall.send(door, payload, channel)
      if (!verdict.startsWith('BLOCK')) continue
      assert.deepEqual([delivered, stored, kept], [[], 0, 0])
      const reason = verdict.replace('BLOCK ', '')
      const [{ id, timestamp, request_id, ...frame } = {}, ...others] = answers
      assert.match(request_id, /^arq_\d+$/)
      assert.deepEqual(others, [])
      assert.deepEqual(frame, {
        type: 'error',
        version: '1.0',
        error: 'CASIL blocked message',
        error_code: reason,
        retry: false,
        payload: { reason },
        room: 'vault',
        channel,
        sender: 'arqonbus',
        metadata: {}
      })
      assert.equal(hall.stage.registry.find('default', 'vault', channel), undefined, 'no channel came of it')
    }
  })

  test(`${door.name}: what is let through arrives`, async t => {
    const hall = await Hall.open(t)
    for (const payload of payloads) {
      const { answers, verdict, delivered, stored, kept } = hall.send(door, payload)
      if (verdict.startsWith('BLOCK')) continue
      assert.deepEqual(
        answers.map(({ status }) => status),
        door.isAnswered ? ['success'] : []
      )
      assert.deepEqual(
        [delivered.length, stored, kept],
        [Number(door.isDelivered), Number(door.isStored), Number(!door.isDelivered)]
      )
      if (verdict === 'ALLOW CASIL_POLICY_ALLOWED' && door.isDelivered) {
        assert.deepEqual(delivered[0]?.payload, JSON.parse(JSON.stringify(payload)))
      }
    }
  })

  test(`${door.name}: monitor mode changes nothing`, async t => {
    const hall = await Hall.open(t, { mode: 'monitor' })
    for (const payload of payloads) {
      const { verdict, delivered } = hall.send(door, payload)
      assert.match(verdict, /^ALLOW/)
      for (const frame of delivered) assert.deepEqual(frame.payload, JSON.parse(JSON.stringify(payload)))
    }
  })
}

test('op.casil.test says of every payload what the doors do', async t => {
  const hall = await Hall.open(t)
  const before = countsOf(hall.stage)
  for (const payload of payloads) {
    const { payload: answer } = await hall.ada.command('op.casil.test', { room: 'vault', channel: 'ops', payload })
    assert.equal(answer.message, expectedOf(hall.stage, payload))
  }
  assert.deepEqual(countsOf(hall.stage), before)
})

test('a room as a whole, and an initial address, are places like any other', async t => {
  const { stage, ada } = await Hall.open(t)
  const [whole] = ada.ask({ type: 'message', room: 'vault', payload: { key: KEY } })
  assert.deepEqual(
    [whole?.error_code, whole?.room, whole?.channel],
    ['CASIL_POLICY_BLOCKED_SECRET', 'vault', undefined]
  )
  const guest = stage.connect({ room: 'vault', channel: 'ops' })
  await stage.settle()
  const [initial] = guest.ask({ type: 'message', payload: { key: KEY } })
  assert.deepEqual([initial?.error_code, initial?.channel], ['CASIL_POLICY_BLOCKED_SECRET', 'ops'])
})

test('a message to nobody in particular has no place: it is inspected nowhere', async t => {
  const { stage, ada, bob } = await Hall.open(t, { scope_include: [] })
  const [answer] = ada.ask({ type: 'private', to: bob.id, payload: { key: KEY } })
  assert.equal(answer?.status, 'success')
  assert.equal(countsOf(stage).get('ALLOW CASIL_OUT_OF_SCOPE'), 1)
  const [announced] = ada.ask({ type: 'system', room: '*', payload: { key: KEY } })
  assert.equal(announced?.error_code, 'CASIL_POLICY_BLOCKED_SECRET')
})

test('who may not publish is told that, and nothing is inspected', async t => {
  const { stage } = await Hall.open(t)
  const before = countsOf(stage)
  const carl = stage.connect()
  const [answer] = carl.ask({ type: 'system', room: 'vault:ops', payload: { key: KEY } })
  assert.equal(answer?.error_code, 'AUTHORIZATION_ERROR')
  assert.equal((await carl.command('op.casil.reload', { enabled: false })).error_code, 'AUTHORIZATION_ERROR')
  assert.equal(
    (await carl.command('op.casil.test', { channel_id: 'vault:ops', payload: {} })).error_code,
    'AUTHORIZATION_ERROR'
  )
  assert.deepEqual(countsOf(stage), before)
})

test('a message that is sent again is inspected again: it was never delivered', async t => {
  const { ada, bob } = await Hall.open(t)
  const frame = { type: 'message', id: 'arq_again', room: 'vault:ops' }
  assert.equal(ada.ask({ ...frame, payload: { key: KEY } })[0]?.error_code, 'CASIL_POLICY_BLOCKED_SECRET')
  const [answer] = ada.ask({ ...frame, payload: { key: 'elsewhere' } })
  assert.deepEqual([answer?.status, answer?.duplicate, answer?.sequence], ['success', undefined, 1])
  assert.equal(bob.received().length, 1)
})
