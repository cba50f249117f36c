import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger } from '../../../src/log.ts'
import { type Actor, Lane } from '../../../src/omega/lane.ts'
import type { OpenRecords } from '../../../src/structures/records.ts'
import { FakeClock } from '../../support/clock.ts'
import { openCommon, RecordCable } from '../../support/records.ts'

const ada: Actor = { id: 'arq_client_ada', identity: { tenant: 'acme' } }
const eve: Actor = { id: 'arq_client_eve', identity: { tenant: 'other' } }

/** Ids that say nothing of the order in which they were made. */
function makeIds(): () => string {
  let made = 0
  return () => String((++made * 7919) % 10_007).padStart(5, '0')
}

async function startNode(open: OpenRecords, clock: FakeClock, makeId: () => string, isEnabled = true) {
  const cable = new RecordCable(open)
  const errors: string[] = []
  const lane = new Lane({
    isEnabled,
    lab: { room: 'omega-lab', channel: 'signals' },
    maxEvents: 3,
    maxSubstrates: 2,
    maxReplyBytes: 1_048_576,
    clock,
    makeId,
    post: async (_actor, event) => event,
    shared: {
      substrates: cable.open('omega-substrates'),
      events: cable.open('omega-events'),
      log: createLogger({ logLevel: 'error', pretty: false }, { write: line => void errors.push(line) })
    }
  })
  await lane.follow()
  const register = async (actor = ada) =>
    (await lane.registerSubstrate(actor, { name: 'reservoir', kind: 'simulated', metadata: { cells: 64 } }))
      .substrate_id
  const emit = (substrateId: string, n: number, signal = 'spike') =>
    lane.emitEvent(ada, { substrateId, signal, payload: { n } })
  const numbers = () => lane.listEvents(ada, {}, 50).map(({ payload }) => payload.n)
  return { lane, cable, errors, register, emit, numbers }
}

async function setCluster(t: TestContext) {
  const clock = new FakeClock()
  const open = await openCommon(t, clock)
  const makeId = makeIds()
  const start = (isEnabled = true) => startNode(open, clock, makeId, isEnabled)
  return { clock, open, start, one: await start(), two: await start() }
}

test('what one node has in the lane all have, in one order, also those that start later', async t => {
  const { clock, start, one, two } = await setCluster(t)
  const first = await one.register()
  clock.advance(1)
  const second = await two.register()
  for (const n of [1, 2]) await one.emit(first, n)
  clock.advance(1)
  await two.emit(second, 3)
  const late = await start()
  for (const { lane, numbers } of [one, two, late]) {
    assert.deepEqual(
      lane.listSubstrates(ada).map(({ substrate_id }) => substrate_id),
      [first, second]
    )
    assert.deepEqual(numbers(), [1, 2, 3])
    assert.deepEqual(lane.listEvents(ada, {}, 50), one.lane.listEvents(ada, {}, 50))
    assert.deepEqual([lane.status(ada).substrate_count, lane.status(eve).substrate_count], [2, 0])
  }
})

test('beyond as many events as may be the oldest one is forgotten on all nodes', async t => {
  const { clock, open, one, two } = await setCluster(t)
  const id = await one.register()
  for (const n of [1, 2, 3, 4, 5]) {
    await (n % 2 ? one : two).emit(id, n)
    clock.advance(1)
  }
  assert.deepEqual(
    [one.numbers(), two.numbers()],
    [
      [3, 4, 5],
      [3, 4, 5]
    ]
  )
  let written = 0
  await open('omega-events').follow(() => written++)
  assert.equal(written, 3)
})

test('a substrate that is removed on another node goes with its events', async t => {
  const { one, two } = await setCluster(t)
  const [gone, kept] = [await one.register(), await one.register()]
  for (const [n, id] of [gone, kept, gone].entries()) await one.emit(id, n)
  const { substrate, removedEvents } = await two.lane.unregisterSubstrate(ada, gone)
  assert.deepEqual([substrate.substrate_id, removedEvents], [gone, 2])
  assert.deepEqual([one.numbers(), two.numbers()], [[1], [1]])
  await assert.rejects(one.emit(gone, 4), { code: 'VALIDATION_ERROR' })
  await assert.rejects(one.lane.unregisterSubstrate(ada, gone), { code: 'NOT_FOUND' })
  await two.lane.unregisterSubstrate(ada, kept)
  assert.deepEqual(one.lane.status(ada), two.lane.status(ada))
  assert.deepEqual([one.lane.status(ada).substrate_count, one.lane.status(ada).event_count], [0, 0])
})

test('events that are forgotten on one node are forgotten on all', async t => {
  const { one, two } = await setCluster(t)
  const id = await one.register()
  await one.emit(id, 1)
  await two.emit(id, 2, 'rest')
  assert.deepEqual(await two.lane.clearEvents(ada, { signal: 'spike' }), { removed: 1, remaining: 1 })
  assert.deepEqual([one.numbers(), two.numbers()], [[2], [2]])
  assert.deepEqual(await one.lane.clearEvents(eve, {}), { removed: 0, remaining: 0 })
})

test('the bound on substrates counts those of all nodes, and those on their way', async t => {
  const { one, two } = await setCluster(t)
  await one.register()
  const results = await Promise.allSettled([two.register(), two.register()])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected']
  )
  await assert.rejects(one.register(), { code: 'VALIDATION_ERROR', message: 'Tier-Omega substrate limit reached' })
  await one.register(eve)
})

test('nothing changes while the cluster cannot be reached', async t => {
  const { one, two } = await setCluster(t)
  const id = await one.register()
  await one.emit(id, 1)
  one.cable.cut()
  for (const act of [
    () => one.register(),
    () => one.emit(id, 2),
    () => one.lane.clearEvents(ada, {}),
    () => one.lane.unregisterSubstrate(ada, id)
  ])
    await assert.rejects(act, { code: 'ENGINE_UNAVAILABLE' })
  one.cable.mend()
  for (const { lane, numbers } of [one, two]) {
    assert.deepEqual(numbers(), [1])
    assert.equal(lane.status(ada).substrate_count, 1)
  }
  await one.register()
})

test('records that cannot be read are told and ignored', async t => {
  const { open, one } = await setCluster(t)
  for (const kind of ['omega-substrates', 'omega-events']) {
    for (const text of ['{', 'null', '{"tenant":"acme","value":{},"nth":1}']) await open(kind).put('omega_x', text)
    await open(kind).delete('omega_x')
  }
  assert.equal(one.errors.length, 6)
  assert.deepEqual([one.lane.status(ada).substrate_count, one.lane.status(ada).event_count], [0, 0])
})

test('while the lane is off a node learns of nothing', async t => {
  const { start, one } = await setCluster(t)
  await one.register()
  const off = await start(false)
  assert.equal(off.lane.status(ada).substrate_count, 0)
})
