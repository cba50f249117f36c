import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError } from '../../../src/errors.ts'
import type { OmegaEvent } from '../../../src/omega/events.ts'
import { type Actor, Lane, type LaneOptions, MAX_METADATA_BYTES, MAX_PAYLOAD_BYTES } from '../../../src/omega/lane.ts'
import { FakeClock } from '../../support/clock.ts'

const ada: Actor = { id: 'arq_client_ada', identity: { tenant: 'acme' } }
const eve: Actor = { id: 'arq_client_eve', identity: { tenant: 'other' } }

/** A lane that is on, with what it told the lab channel. */
function setLane(options: Partial<LaneOptions<Actor>> = {}) {
  const clock = new FakeClock()
  const posts: OmegaEvent[] = []
  let made = 0
  const lane = new Lane({
    isEnabled: true,
    lab: { room: 'omega-lab', channel: 'signals' },
    maxEvents: 3,
    maxSubstrates: 2,
    maxReplyBytes: 1_048_576,
    clock,
    makeId: () => String(++made),
    post: async (_actor, event) => {
      posts.push(event)
      return event
    },
    ...options
  })
  const register = async (actor = ada) =>
    (await lane.registerSubstrate(actor, { name: 'reservoir', kind: 'simulated', metadata: {} })).substrate_id
  const emit = (substrateId: string, payload = {}, actor = ada) =>
    lane.emitEvent(actor, { substrateId, signal: 'spike', payload })
  return { lane, clock, posts, register, emit }
}

/** An object whose JSON text has so many bytes. */
function objectOf(bytes: number) {
  return { a: 'x'.repeat(bytes - '{"a":""}'.length) }
}

test('while it is off only the status is answered', async () => {
  const { lane, posts, register, emit } = setLane({ isEnabled: false })
  const refusal = new BusError('FEATURE_DISABLED', { message: 'Tier-Omega experimental lane is disabled' })
  for (const use of [
    () => lane.requireEnabled(),
    () => register(),
    () => lane.listSubstrates(ada),
    () => lane.unregisterSubstrate(ada, 'omega_1'),
    () => lane.listEvents(ada, {}, 50),
    () => lane.clearEvents(ada, {})
  ]) {
    await assert.rejects(async () => use(), refusal)
  }
  await assert.rejects(emit('omega_1'), refusal)
  assert.deepEqual(lane.status(ada), {
    enabled: false,
    lab_room: 'omega-lab',
    lab_channel: 'signals',
    max_events: 3,
    max_substrates: 2,
    substrate_count: 0,
    event_count: 0,
    runtime: 'memory'
  })
  assert.deepEqual(posts, [])
})

test('the status counts what the tenant has', async () => {
  const { lane, register, emit } = setLane()
  await emit(await register())
  await register()
  const { enabled, substrate_count, event_count } = lane.status(ada)
  assert.deepEqual([enabled, substrate_count, event_count], [true, 2, 1])
})

test('a substrate is listed with whoever registered it and when', async () => {
  const { lane, clock } = setLane()
  const made = await lane.registerSubstrate(ada, { name: 'reservoir', kind: 'simulated', metadata: { cells: 64 } })
  assert.deepEqual(made, {
    substrate_id: 'omega_1',
    name: 'reservoir',
    kind: 'simulated',
    owner_client_id: ada.id,
    metadata: { cells: 64 },
    created_at: clock.iso()
  })
  assert.deepEqual(lane.listSubstrates(ada), [made])
})

test('the bound on substrates is one per tenant', async () => {
  const { register } = setLane()
  for (const actor of [ada, ada, eve, eve]) await register(actor)
  for (const actor of [ada, eve]) await assert.rejects(register(actor), { code: 'VALIDATION_ERROR' })
})

test('metadata may have as many bytes as its bound, and not one more', async () => {
  const { lane } = setLane()
  const parts = { name: 'a', kind: 'b' }
  await lane.registerSubstrate(ada, { ...parts, metadata: objectOf(MAX_METADATA_BYTES) })
  await assert.rejects(lane.registerSubstrate(ada, { ...parts, metadata: objectOf(MAX_METADATA_BYTES + 1) }), {
    code: 'LIMIT_EXCEEDED',
    message: 'Limit exceeded: metadata can have 4096 bytes'
  })
  assert.equal(lane.status(ada).substrate_count, 1)
})

test('an event is told and remembered', async () => {
  const { lane, clock, posts, register, emit } = setLane()
  const event = await emit(await register(), { n: 1 })
  assert.deepEqual(event, {
    event_id: 'omega_evt_2',
    substrate_id: 'omega_1',
    signal: 'spike',
    payload: { n: 1 },
    emitted_by: ada.id,
    timestamp: clock.iso()
  })
  assert.deepEqual(posts, [event])
  assert.deepEqual(lane.listEvents(ada, {}, 50), [event])
})

test('an event is remembered as it was told, under its own ids', async () => {
  const { lane, register, emit } = setLane({
    post: async (_actor, event) => ({ ...event, substrate_id: '***', signal: '***', payload: { key: '***' } })
  })
  const event = await emit(await register(), { key: 'secret' })
  assert.deepEqual([event.substrate_id, event.signal, event.payload], ['omega_1', '***', { key: '***' }])
  assert.deepEqual(lane.listEvents(ada, {}, 50), [event])
})

test('an event that could not be told is not remembered', async () => {
  const refusal = new BusError('CASIL_POLICY_BLOCKED_SECRET')
  const { lane, register, emit } = setLane({ post: () => Promise.reject(refusal) })
  await assert.rejects(emit(await register()), refusal)
  assert.deepEqual(lane.listEvents(ada, {}, 50), [])
})

test('a substrate that is not registered, or belongs to another tenant, does not signal', async () => {
  const { posts, register, emit } = setLane()
  const foreign = await register(eve)
  const fault = { code: 'VALIDATION_ERROR', faults: ['substrate_id: is not registered'] }
  await assert.rejects(emit(foreign), fault)
  await register()
  await assert.rejects(emit(foreign), fault)
  await assert.rejects(emit('omega_none'), fault)
  assert.deepEqual(posts, [])
})

test('a payload may have as many bytes as its bound, and not one more', async () => {
  const { posts, register, emit } = setLane()
  const id = await register()
  await emit(id, objectOf(MAX_PAYLOAD_BYTES))
  await assert.rejects(emit(id, objectOf(MAX_PAYLOAD_BYTES + 1)), {
    code: 'LIMIT_EXCEEDED',
    message: 'Limit exceeded: payload can have 16384 bytes'
  })
  assert.equal(posts.length, 1)
})

test('an event whose substrate goes while it is told leaves nothing behind', async () => {
  const { lane, register, emit } = setLane()
  const [gone, kept] = [await register(), await register()]
  const emitted = emit(gone)
  await lane.unregisterSubstrate(ada, gone)
  assert.equal((await emitted).substrate_id, gone)
  assert.deepEqual(lane.listEvents(ada, {}, 50), [])
  const last = emit(kept)
  await lane.unregisterSubstrate(ada, kept)
  await last
  assert.equal(lane.status(ada).event_count, 0)
})

test('a substrate goes with its events and no others', async () => {
  const { lane, register, emit } = setLane()
  const [first, second] = [await register(), await register()]
  for (const id of [first, second, first]) await emit(id)
  const { substrate, removedEvents } = await lane.unregisterSubstrate(ada, first)
  assert.deepEqual([substrate.substrate_id, removedEvents], [first, 2])
  assert.deepEqual(
    lane.listEvents(ada, {}, 50).map(event => event.substrate_id),
    [second]
  )
  await assert.rejects(lane.unregisterSubstrate(ada, first), { code: 'NOT_FOUND', message: `Not found: ${first}` })
})

test('beyond as many events as may be the oldest of the tenant is forgotten', async () => {
  const { lane, register, emit } = setLane()
  const [own, foreign] = [await register(), await register(eve)]
  await emit(foreign, { n: 0 }, eve)
  for (const n of [1, 2, 3, 4]) await emit(own, { n })
  assert.deepEqual(
    lane.listEvents(ada, {}, 50).map(event => event.payload.n),
    [2, 3, 4]
  )
  assert.equal(lane.listEvents(eve, {}, 50).length, 1)
})

test('events are forgotten by filter, and what remains is counted', async () => {
  const { lane, register, emit } = setLane()
  assert.deepEqual(await lane.clearEvents(ada, {}), { removed: 0, remaining: 0 })
  const [first, second] = [await register(), await register()]
  for (const id of [first, second]) await emit(id)
  assert.deepEqual(await lane.clearEvents(ada, { substrateId: first }), { removed: 1, remaining: 1 })
  assert.deepEqual(await lane.clearEvents(ada, { signal: 'rest' }), { removed: 0, remaining: 1 })
  assert.deepEqual(await lane.clearEvents(ada, {}), { removed: 1, remaining: 0 })
})

test('another tenant sees, counts, removes and forgets nothing', async () => {
  const { lane, register, emit } = setLane()
  const id = await register()
  await emit(id)
  assert.deepEqual([lane.status(eve).substrate_count, lane.status(eve).event_count], [0, 0])
  assert.deepEqual([lane.listSubstrates(eve), lane.listEvents(eve, {}, 50)], [[], []])
  await assert.rejects(lane.unregisterSubstrate(eve, id), { code: 'NOT_FOUND', message: `Not found: ${id}` })
  assert.deepEqual(await lane.clearEvents(eve, {}), { removed: 0, remaining: 0 })
  assert.equal(lane.listEvents(ada, {}, 50).length, 1)
})

test('an answer about events is bounded in bytes', async () => {
  const { lane, register, emit } = setLane({ maxReplyBytes: 1 })
  const id = await register()
  for (const n of [1, 2]) await emit(id, { n })
  assert.deepEqual(
    lane.listEvents(ada, {}, 50).map(event => event.payload.n),
    [2]
  )
})
