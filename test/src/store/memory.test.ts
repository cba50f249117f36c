import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../../../src/config.ts'
import type { StoreLimits } from '../../../src/store/limits.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { Change } from '../../../src/store/store.ts'
import { storeContract } from '../../contracts/store.ts'
import { FakeClock } from '../../support/clock.ts'

const { config } = loadConfig({ env: {} })
const acme = { tenant: 'acme', namespace: 'default' }
const umbrella = { tenant: 'umbrella', namespace: 'default' }

storeContract('memory', async (limits = {}) => {
  const clock = new FakeClock()
  const store = createMemoryStore({ clock, limits: { ...config, ...limits } })
  return { store, pass: async ms => clock.advance(ms) }
})

async function open(t: TestContext, limits: Partial<StoreLimits> = {}) {
  const clock = new FakeClock()
  const store = createMemoryStore({ clock, limits: { ...config, ...limits } })
  await store.open()
  t.after(() => store.close())
  return { clock, store }
}

test('a key is readable up to its last millisecond, and at its end no more', async t => {
  const { clock, store } = await open(t)
  await store.put(acme, 'a', '1', { ttlMs: 1000 })
  clock.advance(999)
  assert.equal((await store.get(acme, 'a'))?.text, '1')
  clock.advance(1)
  assert.equal(await store.get(acme, 'a'), undefined)
})

test('the end of a key does not depend on the wall clock', async t => {
  const { clock, store } = await open(t)
  await store.put(acme, 'a', '1', { ttlMs: 1000 })
  clock.set(clock.now() + 86_400_000)
  assert.equal((await store.get(acme, 'a'))?.text, '1')
  clock.set(0)
  clock.advance(1000)
  assert.equal(await store.get(acme, 'a'), undefined)
})

test('a life longer than a timer can be is lived to its end', async t => {
  const { clock, store } = await open(t)
  const ttlMs = config.maxStoreTtlSeconds * 1000
  assert.ok(ttlMs > 2 ** 31)
  await store.put(acme, 'a', '1', { ttlMs })
  clock.advance(ttlMs - 1)
  assert.equal((await store.get(acme, 'a'))?.text, '1')
  clock.advance(1)
  assert.equal(await store.get(acme, 'a'), undefined)
})

test('one timer waits for many keys, and none for keys without an end', async t => {
  const { clock, store } = await open(t)
  await store.put(acme, 'for ever', '1')
  assert.equal(clock.pending, 0)
  for (let turn = 0; turn < 100; turn++) await store.put(acme, `k${turn % 10}`, '1', { ttlMs: 5000 - turn })
  assert.equal(clock.pending, 1)
  for (let turn = 0; turn < 10; turn++) await store.put(acme, `k${turn}`, '1')
  assert.equal(clock.pending, 0)
})

test('keys that expire together are removed by the timer, and a listener that writes one again is told in order', async t => {
  const { clock, store } = await open(t)
  const told: Change[] = []
  await store.watch(acme, '', change => {
    told.push(change)
    if (change.key === 'a' && change.operation === 'expire') void store.put(acme, 'b', '2')
  })
  for (const key of ['a', 'b']) await store.put(acme, key, '1', { ttlMs: 1000 })
  clock.advance(1000)
  assert.deepEqual(
    told.slice(2).map(({ key, operation }) => `${operation} ${key}`),
    ['expire a', 'expire b', 'set b']
  )
  assert.equal((await store.get(acme, 'b'))?.text, '2')
})

test('a tenant that holds nothing leaves nothing behind once time has caught up with its versions', async t => {
  const { clock, store } = await open(t)
  let last = 0
  for (let turn = 0; turn < 500; turn++) last = (await store.put(acme, 'a', '1')).version
  await store.delete(acme, 'a')
  assert.equal(clock.pending, 1)
  assert.ok((await store.put(acme, 'a', '1')).version > last)
  await store.delete(acme, 'a')
  clock.advance(1000)
  assert.equal(clock.pending, 0)
  const { version } = await store.put(acme, 'a', '1')
  assert.ok(version > last)
  await store.delete(acme, 'a')
})

test('what one tenant does shows in no version of another', async t => {
  const { store } = await open(t)
  const { version } = await store.put(acme, 'a', '1')
  for (let turn = 0; turn < 50; turn++) await store.put(umbrella, 'b', '1')
  assert.equal((await store.put(acme, 'a', '1')).version, version + 1)
})

test('one tenant at its bounds leaves another all of its own', async t => {
  const { store } = await open(t, { maxStoreKeys: 1, maxStoreBytes: 3 })
  await store.put(acme, 'a', '12')
  await assert.rejects(store.put(acme, 'b', '1'), { code: 'LIMIT_EXCEEDED' })
  await store.put(umbrella, 'b', '12')
})

test('a closed store has no timer left', async t => {
  const { clock, store } = await open(t)
  await store.put(acme, 'a', '1', { ttlMs: 1000 })
  for (let turn = 0; turn < 9; turn++) await store.put(umbrella, 'a', '1')
  await store.delete(umbrella, 'a')
  assert.equal(clock.pending, 2)
  await store.close()
  assert.equal(clock.pending, 0)
})
