import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MakeStore, StoreStage, setStore } from './store-stage.ts'

/** Opening and closing. */
export function storeLifeContract(name: string, make: MakeStore): void {
  const questions = ({ store, scope, tenant }: StoreStage) => [
    () => store.get(scope, 'a'),
    () => store.put(scope, 'a', '1'),
    () => store.create(scope, 'a', '1'),
    () => store.delete(scope, 'a'),
    () => store.increment(scope, 'a', 1),
    () => store.list(scope, { prefix: '', limit: 1 }),
    () => store.namespaces(tenant),
    () => store.watch(scope, '', () => {}),
    () => store.stats(tenant)
  ]

  test(`${name}: a store that is not open yet rejects everything with ENGINE_UNAVAILABLE`, async t => {
    const made = await make()
    t.after(() => made.store.close())
    assert.notEqual(made.store.name, '')
    for (const ask of questions(new StoreStage(made))) await assert.rejects(ask, { code: 'ENGINE_UNAVAILABLE' })
  })

  test(`${name}: a closed store rejects everything with ENGINE_UNAVAILABLE, and its watches can still be stopped`, async t => {
    const stage = await setStore(t, make)
    await stage.store.put(stage.scope, 'a', '1', { ttlMs: 1000 })
    const watched = await stage.watch()
    await stage.store.close()
    for (const ask of questions(stage)) await assert.rejects(ask, { code: 'ENGINE_UNAVAILABLE' })
    watched.stop()
    assert.deepEqual(watched.changes, [])
  })

  test(`${name}: a store can be closed more than once`, async t => {
    const { store } = await setStore(t, make)
    await Promise.all([store.close(), store.close()])
    await store.close()
  })
}
