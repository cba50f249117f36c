import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createRecords, RECORD_LIMITS } from '../../../src/store/records.ts'
import type { Records } from '../../../src/structures/records.ts'
import { type BusStage, setBus } from '../../support/bus.ts'
import type { FakeClock } from '../../support/clock.ts'

const KEY = 'default/lab:one'
/** How long a channel that nobody uses stays where there are other nodes, until the next sweep. */
const PATIENCE_MS = 480_000 + 15_000

/** A bus that is one node of several; what it has in common with the others is theirs to change too. */
async function setNode(t: TestContext): Promise<{ readonly stage: BusStage; readonly others: Records }> {
  const kept: Records[] = []
  const records = (clock: FakeClock) => {
    const store = createMemoryStore({ clock, limits: RECORD_LIMITS })
    t.after(() => store.close())
    void store.open()
    const open = createRecords(store, 100)
    kept.push(open('channels'))
    return open
  }
  const stage = await setBus(t, { records })
  const [others = assert.fail()] = kept
  return { stage, others }
}

/** A record of a channel that was made by use. */
function usedAt(ms: number): string {
  return JSON.stringify({ description: '', created_at: '2026-01-01T00:00:00.000Z', created_by: 'eve', used_at: ms })
}

function isThere({ registry }: BusStage): boolean {
  return registry.find('default', 'lab', 'one') !== undefined
}

async function countOf({ broker }: BusStage): Promise<number> {
  return (await broker.read(KEY, { limit: 1, keep: 'newest' })).total
}

test('a channel that no node uses is forgotten with its history, and its end is told', async t => {
  const { stage, others } = await setNode(t)
  const [ada, watcher] = [stage.connect(), stage.connect()]
  await watcher.join('lab:two', { presence: true })
  ada.say({ type: 'message', room: 'lab', channel: 'one', payload: {} })
  await stage.pass(PATIENCE_MS - 30_000, 15_000)
  assert.equal(isThere(stage), true)
  await stage.pass(30_000, 15_000)
  assert.equal(isThere(stage), false)
  assert.equal(await countOf(stage), 0)
  assert.equal(await others.delete(KEY), false)
  const events = watcher.frames.filter(({ type }) => type === 'system').map(({ payload }) => payload)
  assert.deepEqual(
    events.filter(({ channel }) => channel === 'one').map(({ event }) => event),
    ['channel_deleted']
  )
})

test('a channel that another node uses is kept with its history', async t => {
  const { stage, others } = await setNode(t)
  stage.connect().say({ type: 'message', room: 'lab', channel: 'one', payload: {} })
  await stage.settle()
  for (let minute = 0; minute < 20; minute++) {
    await others.put(KEY, usedAt(stage.clock.now()))
    await stage.pass(60_000, 15_000)
  }
  assert.equal(isThere(stage), true)
  assert.equal(await countOf(stage), 1)
})

test('a channel in which another node has published is kept, even if that node has not said yet that it uses it', async t => {
  const { stage } = await setNode(t)
  stage.connect().say({ type: 'message', room: 'lab', channel: 'one', payload: {} })
  await stage.pass(PATIENCE_MS - 30_000, 15_000)
  const { publications } = await stage.broker.read(KEY, { limit: 1, keep: 'newest' })
  const [last] = publications
  const message = { ...(last ?? assert.fail()).message, id: 'arq_next', timestampMs: stage.clock.now() }
  stage.broker.publish(message, () => {})
  await stage.pass(60_000, 15_000)
  assert.equal(isThere(stage), true)
  assert.equal(await countOf(stage), 2)
})

test('a channel that another node has ended is gone, and what was published there is left to that node', async t => {
  const { stage, others } = await setNode(t)
  stage.connect().say({ type: 'message', room: 'lab', channel: 'one', payload: {} })
  await stage.settle()
  assert.equal(await others.delete(KEY), true)
  assert.equal(isThere(stage), false)
  assert.equal(await countOf(stage), 1)
})

test('a tenant that only other nodes have named is forgotten when its channels are gone', async t => {
  const { stage, others } = await setNode(t)
  await others.put('far/lab:one', usedAt(stage.clock.now()))
  await stage.pass(15_000, 15_000)
  assert.deepEqual([...stage.registry.tenants()], ['far'])
  await others.delete('far/lab:one')
  // The room goes once nobody has used it for the grace.
  await stage.pass(PATIENCE_MS, 15_000)
  assert.deepEqual([...stage.registry.tenants()], [])
})
