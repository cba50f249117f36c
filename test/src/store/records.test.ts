import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSystemClock } from '../../../src/clock.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { STATE } from '../../../src/store/nats/subjects.ts'
import { createRecords, RECORD_LIMITS } from '../../../src/store/records.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Records } from '../../../src/structures/records.ts'
import { NatsServer } from '../../support/nats-server.ts'
import { makeNatsStore } from '../../support/nats-store.ts'
import { until } from '../../support/until.ts'

const clock = createSystemClock()
const server = await NatsServer.start()
const stores: Store[] = []
after(async () => {
  for (const store of stores) await store.close()
  await server.remove()
})

async function openStore(store: Store): Promise<Store> {
  stores.push(store)
  await store.open()
  return store
}

const memory = await openStore(createMemoryStore({ clock, limits: RECORD_LIMITS }))
const natsStore = (): Promise<Store> => openStore(makeNatsStore(server.url, RECORD_LIMITS, clock, { subjects: STATE }))

/** Two nodes on each kind of store. A page of two ids shows that all pages are gone through. */
const clusters: readonly (readonly [string, Store, Store])[] = [
  ['memory', memory, memory],
  ['nats', await natsStore(), await natsStore()]
]

/** What a node knows of the records, as it is told. */
async function follow(records: Records): Promise<Map<string, string>> {
  const known = new Map<string, string>()
  await records.follow((id, text) => (text === undefined ? known.delete(id) : known.set(id, text)))
  return known
}

for (const [name, first, second] of clusters) {
  let kinds = 0
  const openKind = (): readonly [Records, Records] => {
    const kind = `kind${++kinds}`
    return [createRecords(first, 2)(kind), createRecords(second, 2)(kind)]
  }

  test(`${name}: who follows is told what is there and what changes, and nothing of another kind`, async () => {
    const [[one, two], [other]] = [openKind(), openKind()]
    for (const id of ['a', 'b', 'c', 'd', 'e']) await one.put(id, `"${id}"`)
    await other.put('x', '0')
    await until('all have arrived', async () => (await follow(two)).size === 5)
    const known = await follow(two)
    assert.deepEqual([...known.keys()].sort(), ['a', 'b', 'c', 'd', 'e'])
    await one.put('a', '1')
    await one.put('f', '1')
    await one.delete('b')
    await until('the changes are told', () => known.size === 5 && known.has('f') && !known.has('b'))
    assert.equal(known.get('a'), '1')
    assert.equal(known.get('c'), '"c"')
  })

  test(`${name}: a change is told on the node that makes it before the call resolves`, async () => {
    const [one] = openKind()
    const known = await follow(one)
    await one.create('a', '1')
    assert.equal(known.get('a'), '1')
    await one.update('a', () => '2')
    assert.equal(known.get('a'), '2')
    await one.delete('a')
    assert.equal(known.has('a'), false)
  })

  test(`${name}: what changes while a node reads what is there is known to it at the end`, async () => {
    const [one, two] = openKind()
    const ids = Array.from({ length: 40 }, (_, at) => String(at))
    for (const id of ids) await one.put(id, '0')
    const changing = Promise.all(ids.map(id => (Number(id) % 2 ? one.put(id, '1') : one.delete(id))))
    const known = await follow(two)
    await changing
    const right = JSON.stringify(ids.filter(id => Number(id) % 2).map(id => [id, '1']))
    const sorted = (): string => JSON.stringify([...known].sort(([a], [b]) => Number(a) - Number(b)))
    await until('both nodes agree', () => sorted() === right)
  })

  test(`${name}: of many that create a record one succeeds`, async () => {
    const [one, two] = openKind()
    const outcomes = await Promise.all([one, two, one, two].map((records, at) => records.create('a', String(at))))
    assert.equal(outcomes.filter(isDone => isDone).length, 1)
    const known = await follow(one)
    await until('the first node knows it', () => known.has('a'))
    assert.equal(known.get('a'), String(outcomes.indexOf(true)))
    assert.equal(await two.create('a', '9'), false)
    assert.equal(await one.delete('a'), true)
    assert.equal(await two.create('a', '9'), true)
  })

  test(`${name}: no change is lost when nodes change a record at the same time`, async () => {
    const [one, two] = openKind()
    const add = (text: string | undefined): string => String(Number(text ?? 0) + 1)
    const changes = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).update('a', add))
    assert.ok((await Promise.all(changes)).every(isDone => isDone))
    assert.equal((await follow(two)).get('a'), '20')
  })

  test(`${name}: a change that is none leaves the record`, async () => {
    const [one, two] = openKind()
    assert.equal(await one.update('a', () => undefined), false)
    await one.put('a', '1')
    assert.equal(await two.update('a', text => (text === '1' ? undefined : 'another')), false)
    assert.equal((await follow(one)).get('a'), '1')
  })

  test(`${name}: a record is deleted once`, async () => {
    const [one, two] = openKind()
    await one.put('a', '1')
    assert.equal(await two.delete('a'), true)
    assert.equal(await one.delete('a'), false)
    assert.equal((await follow(one)).size, 0)
  })

  test(`${name}: a record is deleted only if it is the one that was meant`, async () => {
    const [one, two] = openKind()
    assert.equal(await one.delete('a', () => true), false)
    await one.put('a', '1')
    assert.equal(await two.delete('a', text => text === '2'), false)
    assert.equal((await follow(one)).get('a'), '1')
    const outcomes = await Promise.all([one, two].map(records => records.delete('a', text => text === '1')))
    assert.deepEqual(outcomes.sort(), [false, true])
  })

  test(`${name}: a record that changes while it is being deleted is looked at again`, async () => {
    const [one, two] = openKind()
    await one.put('a', '1')
    let changing: Promise<void> | undefined
    const seen: string[] = []
    const isMeant = (text: string): boolean => {
      seen.push(text)
      changing ??= two.put('a', '2')
      return text === '1'
    }
    const isDeleted = await one.delete('a', isMeant)
    await changing
    assert.equal(isDeleted ? seen.join() : seen.at(-1), isDeleted ? '1' : '2')
    const kept = (await follow(two)).get('a')
    assert.equal(kept, '2')
  })

  test(`${name}: a record with an end is gone at it on all nodes, and one that was written anew is not`, async () => {
    const [one, two] = openKind()
    const known = await follow(two)
    await one.create('a', '1', { ttlMs: 40 })
    await one.create('b', '1', { ttlMs: 40 })
    await one.create('c', '1', { ttlMs: 40 })
    await one.put('b', '2')
    await one.update('c', () => '2', { ttlMs: 60_000 })
    await one.create('d', '1', { ttlMs: 40 })
    await until('all ends have come', () => !known.has('a') && !known.has('d') && known.size === 2)
    assert.equal(known.get('b'), '2')
    assert.equal(known.get('c'), '2')
    assert.equal(await two.create('a', '3'), true)
  })

  test(`${name}: a text of 1 MiB less what NATS needs for itself is taken, one beyond 1 MiB is refused`, async () => {
    const [one] = openKind()
    await one.put('a', 'x'.repeat(1024 * 1024 - 4_096))
    await assert.rejects(one.put('a', 'x'.repeat(1024 * 1024 + 1)), { code: 'LIMIT_EXCEEDED' })
    assert.equal((await follow(one)).get('a')?.length, 1024 * 1024 - 4_096)
  })
}

test('two kinds of buckets share nothing', async () => {
  const values = await openStore(makeNatsStore(server.url, RECORD_LIMITS, clock))
  const state = await natsStore()
  const scope = { tenant: 'cluster', namespace: 'both' }
  await values.put(scope, 'a', '1')
  assert.equal(await state.get(scope, 'a'), undefined)
  assert.equal((await state.create(scope, 'a', '2')) > 0, true)
  assert.equal((await values.get(scope, 'a'))?.text, '1')
})

test('records of a closed store are refused', async () => {
  const store = makeNatsStore(server.url, RECORD_LIMITS, clock, { subjects: STATE })
  const records = createRecords(store, 2)('kind')
  await assert.rejects(records.create('a', '1'), { code: 'ENGINE_UNAVAILABLE' })
  await assert.rejects(
    records.follow(() => {}),
    { code: 'ENGINE_UNAVAILABLE' }
  )
})
