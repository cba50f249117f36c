import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MakeStore, setStore } from './store-stage.ts'

/** Pages of keys. */
export function storeListContract(name: string, make: MakeStore): void {
  test(`${name}: keys are listed in the order of their code units, only those with the prefix`, async t => {
    const stage = await setStore(t, make)
    const keys = ['b', 'a/2', 'a/10', 'a', 'B', 'ä', '\u{1f600}', '\uffff', 'a/']
    for (const key of keys) await stage.put(key)
    assert.deepEqual(await stage.keys(), [[...keys].sort()])
    assert.deepEqual(await stage.keys('a/'), [['a/', 'a/10', 'a/2']])
    assert.deepEqual(await stage.keys('nothing'), [[]])
  })

  for (const limit of [1, 2, 3, 4, 5]) {
    test(`${name}: pages of ${limit} together hold every key once`, async t => {
      const stage = await setStore(t, make)
      for (const key of ['p4', 'p1', 'q', 'p3', 'p2', 'o']) await stage.put(key)
      const pages = await stage.keys('p', limit)
      assert.deepEqual(pages.flat(), ['p1', 'p2', 'p3', 'p4'])
      assert.equal(pages.length, Math.ceil(4 / limit))
    })
  }

  test(`${name}: going on works when the last key is gone and others have come`, async t => {
    const stage = await setStore(t, make)
    const { store, scope } = stage
    for (const key of ['a', 'c', 'e']) await stage.put(key)
    const { keys, cursor } = await store.list(scope, { prefix: '', limit: 2 })
    assert.deepEqual(keys, ['a', 'c'])
    await store.delete(scope, 'c')
    for (const key of ['b', 'd']) await stage.put(key)
    assert.deepEqual((await store.list(scope, { prefix: '', cursor, limit: 9 })).keys, ['d', 'e'])
  })

  test(`${name}: a cursor that is not from here is refused with VALIDATION_ERROR`, async t => {
    const { store, scope } = await setStore(t, make)
    for (const cursor of ['', '*', 'a', 'not a cursor', '\u0000']) {
      await assert.rejects(store.list(scope, { prefix: '', cursor, limit: 1 }), { code: 'VALIDATION_ERROR' }, cursor)
    }
  })
}
