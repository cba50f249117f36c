import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreLimits } from '../../src/store/limits.ts'
import { type MakeStore, type StoreStage, setStore } from './store-stage.ts'

/** One bound: what is just within it, what is not, and the sentence. */
interface Bound {
  readonly limits: Partial<StoreLimits>
  readonly within: (stage: StoreStage) => Promise<unknown>
  readonly beyond: (stage: StoreStage) => Promise<unknown>
  readonly sentence: RegExp
}

const bounds: Readonly<Record<string, Bound>> = {
  'the bytes of a key': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.put('éé'),
    beyond: stage => stage.put('ééx'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a key that is created': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.store.create(stage.scope, 'abcd', '1'),
    beyond: stage => stage.store.create(stage.scope, 'abcde', '1'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a key that is counted on': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.store.increment(stage.scope, 'abcd', 1),
    beyond: stage => stage.store.increment(stage.scope, 'abcde', 1),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a key that is read': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.store.get(stage.scope, 'abcd'),
    beyond: stage => stage.store.get(stage.scope, 'abcde'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a key that is deleted': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.store.delete(stage.scope, 'abcd'),
    beyond: stage => stage.store.delete(stage.scope, 'abcde'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a prefix that is listed': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.keys('abcd'),
    beyond: stage => stage.keys('abcde'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a prefix that is watched': {
    limits: { maxStoreKeyBytes: 4 },
    within: stage => stage.watch('abcd'),
    beyond: stage => stage.watch('abcde'),
    sentence: /a key can have 4 bytes/
  },
  'the bytes of a value': {
    limits: { maxStoreValueBytes: 4 },
    within: stage => stage.put('a', '"é"'),
    beyond: stage => stage.put('a', '"éx"'),
    sentence: /a value can have 4 bytes of JSON/
  },
  'the life of a value': {
    limits: { maxStoreTtlSeconds: 2 },
    within: stage => stage.store.put(stage.scope, 'a', '1', { ttlMs: 2000 }),
    beyond: stage => stage.store.put(stage.scope, 'a', '1', { ttlMs: 2001 }),
    sentence: /a value that has an end can live 2 seconds/
  },
  'the keys of a page': {
    limits: { maxStorePage: 2 },
    within: stage => stage.keys('', 2),
    beyond: stage => stage.keys('', 3),
    sentence: /an answer can list 2 keys/
  },
  'the keys of a tenant, in all namespaces': {
    limits: { maxStoreKeys: 2 },
    within: async stage => {
      await stage.put('a')
      await stage.store.put({ ...stage.scope, namespace: 'other' }, 'a', '1')
    },
    beyond: stage => stage.store.put({ ...stage.scope, namespace: 'third' }, 'a', '1'),
    sentence: /a tenant can have 2 stored keys/
  },
  'the bytes of a tenant, in all namespaces': {
    limits: { maxStoreBytes: 8 },
    within: async stage => {
      await stage.put('ab', '12')
      await stage.store.put({ ...stage.scope, namespace: 'other' }, 'é', '34')
    },
    beyond: stage => stage.put('ab', '123'),
    sentence: /a tenant can have 8 bytes of keys and values/
  }
}

/** Bounds, and exact counts. */
export function storeBoundsContract(name: string, make: MakeStore): void {
  for (const [what, { limits, within, beyond, sentence }] of Object.entries(bounds)) {
    test(`${name}: there is a bound on ${what}`, async t => {
      const stage = await setStore(t, make, limits)
      await within(stage)
      const before = await stage.store.stats(stage.tenant)
      await assert.rejects(beyond(stage), { code: 'LIMIT_EXCEEDED', message: sentence })
      assert.deepEqual(await stage.store.stats(stage.tenant), before)
    })
  }

  test(`${name}: every bound that a write would pass is named at once`, async t => {
    const limits = { maxStoreKeyBytes: 1, maxStoreValueBytes: 1, maxStoreTtlSeconds: 1 }
    const { store, scope } = await setStore(t, make, limits)
    await assert.rejects(store.put(scope, 'ab', '12', { ttlMs: 1001 }), {
      code: 'LIMIT_EXCEEDED',
      message: /key.*; .*value.*; .*end/
    })
  })

  test(`${name}: at the bound a key can be overwritten, and a deleted one makes room`, async t => {
    const stage = await setStore(t, make, { maxStoreKeys: 1, maxStoreBytes: 3 })
    await stage.put('a', '12')
    await stage.put('a', '34')
    await assert.rejects(stage.put('b', '1'), { code: 'LIMIT_EXCEEDED', message: /stored keys; .*bytes/ })
    await stage.store.delete(stage.scope, 'a')
    await stage.put('b', '12')
  })

  test(`${name}: keys and bytes are counted exactly, for each tenant by itself`, async t => {
    const { store, scope, tenant } = await setStore(t, make, { maxStoreKeys: 2 })
    const read = () => store.stats(tenant)
    assert.deepEqual(await read(), { keys: 0, bytes: 0 })
    await store.put(scope, 'é', '"é"')
    assert.deepEqual(await read(), { keys: 1, bytes: 6 })
    await store.put(scope, 'é', '1')
    assert.deepEqual(await read(), { keys: 1, bytes: 3 })
    await store.increment(scope, 'é', 9)
    assert.deepEqual(await read(), { keys: 1, bytes: 4 })
    await store.put(scope, 'b', 'true')
    const other = { ...scope, tenant: `${tenant}-2` }
    await store.put(other, 'c', '1')
    assert.deepEqual(await read(), { keys: 2, bytes: 9 })
    await store.delete(scope, 'é')
    await store.delete(scope, 'b')
    assert.deepEqual(await read(), { keys: 0, bytes: 0 })
    assert.deepEqual(await store.stats(other.tenant), { keys: 1, bytes: 2 })
  })
}
