import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { type MakeStore, setStore } from './store-stage.ts'

const TTL_MS = 1000

/** Keys that have an end. */
export function storeExpiryContract(name: string, make: MakeStore): void {
  test(`${name}: a key is there until its end, and then for nothing any more`, async t => {
    const stage = await setStore(t, make)
    const { store, scope } = stage
    await store.put(scope, 'a', '1', { ttlMs: TTL_MS })
    await stage.put('b')
    assert.equal(await stage.textOf('a'), '1')
    await stage.pass(TTL_MS)
    assert.equal(await stage.textOf('a'), undefined)
    assert.deepEqual(await stage.keys(), [['b']])
    assert.equal((await store.stats(scope.tenant)).keys, 1)
    assert.equal(await store.delete(scope, 'a'), false)
    assert.equal((await store.increment(scope, 'a', 1)).value, 1)
  })

  test(`${name}: the key that expires in between is created anew, with a greater version`, async t => {
    const stage = await setStore(t, make)
    const { store, scope } = stage
    const { version } = await store.put(scope, 'a', '1', { ttlMs: TTL_MS })
    await assert.rejects(store.create(scope, 'a', '2'), { code: 'CONFLICT' })
    await stage.pass(TTL_MS)
    await assert.rejects(store.put(scope, 'a', '2', { ifVersion: version }), { code: 'CONFLICT' })
    assert.ok((await store.create(scope, 'a', '2', { ttlMs: TTL_MS })) > version)
    await stage.pass(TTL_MS)
    assert.equal((await store.put(scope, 'a', '3')).created, true)
  })

  test(`${name}: a write lifts or moves an earlier end, counting keeps it`, async t => {
    const stage = await setStore(t, make)
    const { store, scope } = stage
    for (const key of ['lifted', 'moved', 'counted']) await store.put(scope, key, '1', { ttlMs: TTL_MS })
    await stage.put('lifted', '2')
    await store.put(scope, 'moved', '2', { ttlMs: 20 * TTL_MS })
    await store.increment(scope, 'counted', 1)
    await stage.pass(TTL_MS)
    assert.deepEqual(await stage.keys(), [['lifted', 'moved']])
  })

  test(`${name}: watchers are told that keys have expired, without anybody asking for them`, async t => {
    const stage = await setStore(t, make)
    const watched = await stage.watch('w')
    const versions: number[] = []
    for (const key of ['w1', 'w2', 'v']) {
      versions.push((await stage.store.put(stage.scope, key, '1', { ttlMs: TTL_MS })).version)
    }
    await stage.pass(TTL_MS)
    await until('both are told', () => watched.changes.length === 4)
    const ends = watched.changes.slice(2)
    assert.deepEqual(
      ends.map(({ key, operation, text }) => ({ key, operation, text })),
      ['w1', 'w2'].map(key => ({ key, operation: 'expire', text: undefined }))
    )
    for (const [at, { version }] of ends.entries()) assert.ok(version > (versions[at] ?? 0))
  })

  test(`${name}: what has expired counts for no bound`, async t => {
    const stage = await setStore(t, make, { maxStoreKeys: 1, maxStoreBytes: 10 })
    await stage.store.put(stage.scope, 'a', '123456789', { ttlMs: TTL_MS })
    await assert.rejects(stage.put('b', '1'), { code: 'LIMIT_EXCEEDED' })
    await stage.pass(TTL_MS)
    await stage.put('b', '123456789')
    assert.deepEqual(await stage.store.stats(stage.tenant), { keys: 1, bytes: 10 })
  })
}
