import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auth, gist, guarded, openDesk, SECRET } from './desk.ts'

test('an announcement reaches every client of the tenant, and no other', async t => {
  const { ask, enter } = await openDesk(t, auth)
  const north = [await enter({ tenant_id: 'north', sub: 'a' }), await enter({ tenant_id: 'north', sub: 'b' })]
  const south = await enter({ tenant_id: 'south', sub: 'c' })
  const announced = await ask('POST', '/announce', { body: '{"payload":{"at": 12345678901234567890}}' })
  assert.equal(announced.status, 201)
  for (const client of north) {
    const { id, type, sender, timestamp, room } = await client.next(frame => frame.payload?.at !== undefined)
    assert.deepEqual(
      [id, type, sender, timestamp, room],
      [announced.body.id, 'system', 'arqonbus', announced.body.timestamp, '*']
    )
  }
  await south.settle()
  assert.equal(
    south.frames.some(({ type }) => type === 'system'),
    false
  )
})

test('an announcement that the policy blocks reaches nobody', async t => {
  const { ask, connect } = await openDesk(t, guarded)
  const ada = await connect()
  const refused = await ask('POST', '/announce', { body: { payload: { key: SECRET } } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  await ada.settle()
  assert.equal(
    ada.frames.some(({ type }) => type === 'system'),
    false
  )
})

test('an announcement has a payload and nothing else', async t => {
  const { ask } = await openDesk(t)
  const refused = await ask('POST', '/announce', { body: { room: 'lab' } })
  assert.deepEqual(
    [...gist(refused), refused.body.details],
    [400, 'VALIDATION_ERROR', 'payload: is required; room: is not known']
  )
})
