import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gist, guarded, openDesk, SECRET } from './desk.ts'

test('the policy is shown, changed as a whole, and applies at once', async t => {
  const { ask } = await openDesk(t)
  const before = await ask('GET', '/casil')
  assert.deepEqual([before.status, before.body.enabled, before.body.mode], [200, false, 'monitor'])
  const changes = { enabled: true, mode: 'enforce', block_on_probable_secret: true }
  const changed = await ask('PATCH', '/casil', { body: changes })
  assert.deepEqual([changed.status, changed.body.enabled, changed.body.mode], [200, true, 'enforce'])
  assert.deepEqual((await ask('GET', '/casil')).body, changed.body)
  const refused = await ask('POST', '/rooms/lab/channels/one/messages', { body: { payload: { key: SECRET } } })
  assert.equal(refused.status, 422)
})

test('a change with a fault changes nothing, and every fault is named', async t => {
  const { ask } = await openDesk(t)
  const before = await ask('GET', '/casil')
  const refused = await ask('PATCH', '/casil', { body: { enabled: true, mode: 'loud', colour: 1 } })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  assert.match(refused.body.details, /colour: is not known/)
  assert.match(refused.body.details, /mode: /)
  assert.deepEqual((await ask('GET', '/casil')).body, before.body)
})

test('a payload is judged without being sent', async t => {
  const { ask, connect } = await openDesk(t, guarded)
  const ada = await connect()
  await ada.join('lab:one')
  const test = (payload: unknown) => ask('POST', '/casil/test', { body: { room: 'lab', channel: 'one', payload } })
  const [bad, good] = [await test({ key: SECRET }), await test({ text: 'hello' })]
  assert.deepEqual(
    [bad.status, bad.body.decision, bad.body.reason_code, bad.body.payload],
    [200, 'BLOCK', 'CASIL_POLICY_BLOCKED_SECRET', null]
  )
  assert.deepEqual([good.body.decision, good.body.payload], ['ALLOW', { text: 'hello' }])
  await ada.settle()
  assert.equal(
    ada.frames.some(({ room }) => room === 'lab'),
    false
  )
  const refused = await ask('POST', '/casil/test', { body: { room: '-', payload: 1 } })
  assert.match(refused.body.details, /channel: is required; room: must be .*; payload: must be an object/)
})
