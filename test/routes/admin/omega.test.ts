import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerFrame } from '../../helper.ts'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

const on = { ARQONBUS_OMEGA_ENABLED: 'true' }
const substrate = { name: 'reservoir', kind: 'simulated', metadata: { cells: 64 } }

test('substrates and events come, are listed, and go', async t => {
  const { ask, connect } = await openDesk(t, on)
  const ada = await connect()
  await ada.join('omega-lab:signals')
  const made = await ask('POST', '/omega/substrates', { body: substrate })
  assert.equal(made.status, 201)
  const { substrate_id } = made.body
  const listed = await ask('GET', '/omega/substrates')
  assert.deepEqual([listed.body.count, listed.body.substrates[0].metadata], [1, { cells: 64 }])
  const emit = (signal: string) => ask('POST', '/omega/events', { body: { substrate_id, signal, payload: { n: 1 } } })
  const emitted = await emit('spike')
  assert.deepEqual([emitted.status, emitted.body.signal, emitted.body.emitted_by], [201, 'spike', 'operator'])
  const told = await ada.next(({ type }) => type === 'telemetry')
  assert.deepEqual([told.sender, told.payload.omega_event], ['op-omega', emitted.body])
  await emit('rest')
  const events = await ask('GET', `/omega/events?signal=spike&limit=5&substrate_id=${substrate_id}`)
  assert.deepEqual([events.body.count, events.body.limit, events.body.events], [1, 5, [emitted.body]])
  assert.deepEqual((await ask('GET', '/omega')).body.event_count, 2)
  const cleared = await ask('DELETE', '/omega/events?signal=spike')
  assert.deepEqual([cleared.status, cleared.body.removed_count, cleared.body.remaining_count], [200, 1, 1])
  const gone = await ask('DELETE', `/omega/substrates/${substrate_id}`)
  assert.deepEqual([gone.status, gone.body.removed, gone.body.removed_events], [200, true, 1])
  assert.deepEqual(gist(await ask('DELETE', `/omega/substrates/${substrate_id}`)), [404, 'NOT_FOUND'])
})

test('while the lane is off only its status is told', async t => {
  const { ask } = await openDesk(t)
  const status = await ask('GET', '/omega')
  assert.deepEqual([status.status, status.body.enabled], [200, false])
  for (const [method, path, asked] of [
    ['GET', '/substrates', {}],
    ['POST', '/substrates', { body: substrate }],
    ['DELETE', '/substrates/x', {}],
    ['GET', '/events', {}],
    ['POST', '/events', { body: { substrate_id: 'x', signal: 'y' } }],
    ['DELETE', '/events', {}]
  ] as const) {
    const refused = await ask(method, `/omega${path}`, asked)
    assert.deepEqual(gist(refused), [409, 'FEATURE_DISABLED'], `${method} ${path}`)
    assert.equal(refused.body.details, 'Tier-Omega experimental lane is disabled')
  }
})

test('a tenant sees its own substrates and events alone', async t => {
  const { ask } = await openDesk(t, { ...on, ...auth })
  const { substrate_id } = (await ask('POST', '/omega/substrates', { body: substrate })).body
  await ask('POST', '/omega/events', { body: { substrate_id, signal: 'spike' } })
  const south = admin('south')
  const status = (await ask('GET', '/omega', {}, south)).body
  assert.deepEqual([status.substrate_count, status.event_count], [0, 0])
  assert.deepEqual((await ask('GET', '/omega/substrates', {}, south)).body.substrates, [])
  assert.deepEqual((await ask('GET', '/omega/events', {}, south)).body.events, [])
  assert.deepEqual((await ask('DELETE', '/omega/events', {}, south)).body.removed_count, 0)
  const [foreign, missing] = [
    await ask('DELETE', `/omega/substrates/${substrate_id}`, {}, south),
    await ask('DELETE', '/omega/substrates/omega_x', {}, south)
  ]
  assert.deepEqual(gist(foreign), [404, 'NOT_FOUND'])
  assert.equal(foreign.text.replace(substrate_id, 'omega_x'), missing.text)
  const emitted = await ask('POST', '/omega/events', { body: { substrate_id, signal: 'spike' } }, south)
  assert.deepEqual(
    [...gist(emitted), emitted.body.details],
    [400, 'VALIDATION_ERROR', 'substrate_id: is not registered']
  )
  assert.equal((await ask('GET', '/omega')).body.event_count, 1)
})

test('a tenant can have as many substrates as the settings say, and not one more', async t => {
  const { ask } = await openDesk(t, { ...on, ARQONBUS_OMEGA_MAX_SUBSTRATES: '1' })
  assert.equal((await ask('POST', '/omega/substrates', { body: substrate })).status, 201)
  const refused = await ask('POST', '/omega/substrates', { body: substrate })
  assert.deepEqual(
    [...gist(refused), refused.body.details],
    [400, 'VALIDATION_ERROR', 'Tier-Omega substrate limit reached']
  )
})

test('an event that the policy blocks is neither told nor remembered', async t => {
  const { ask, connect } = await openDesk(t, { ...on, ...guarded })
  const ada = await connect()
  await ada.join('omega-lab:signals')
  const { substrate_id } = (await ask('POST', '/omega/substrates', { body: substrate })).body
  const body = { substrate_id, signal: 'spike', payload: { key: SECRET } }
  assert.deepEqual(gist(await ask('POST', '/omega/events', { body })), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  await ada.settle()
  assert.equal(
    ada.frames.some(({ type }: ServerFrame) => type === 'telemetry'),
    false
  )
  assert.equal((await ask('GET', '/omega/events')).body.count, 0)
})

test('every fault of a substrate, an event and a filter is named', async t => {
  const { ask } = await openDesk(t, on)
  const text = 'must be text of 1 to 128 characters'
  for (const [method, path, body, details] of [
    ['POST', '/substrates', { name: '', metadata: 1 }, `kind: is required; name: ${text}; metadata: must be an object`],
    ['POST', '/events', { signal: 1, other: 1 }, `substrate_id: is required; other: is not known; signal: ${text}`],
    ['GET', '/events?limit=1001&signal=', undefined, `limit: must be an integer from 1 to 1000; signal: ${text}`],
    ['DELETE', '/events?limit=1', undefined, 'limit: is not known']
  ] as const) {
    const refused = await ask(method, `/omega${path}`, body === undefined ? {} : { body })
    assert.deepEqual([...gist(refused), refused.body.details], [400, 'VALIDATION_ERROR', details])
  }
})
