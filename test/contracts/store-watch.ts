import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.ts'
import { type MakeStore, setStore } from './store-stage.ts'

/** Being told of changes. */
export function storeWatchContract(name: string, make: MakeStore): void {
  test(`${name}: every kind of change is told with its version, in order, and nothing else`, async t => {
    const stage = await setStore(t, make)
    const { store, scope } = stage
    await stage.put('p/old')
    const watched = await stage.watch('p/')
    const first = await store.put(scope, 'p/a', '{"x":1}')
    const second = await store.put(scope, 'p/a', '2', { ifVersion: first.version })
    await assert.rejects(store.put(scope, 'p/a', '3', { ifVersion: first.version }))
    const third = await store.increment(scope, 'p/a', 5)
    await store.delete(scope, 'p/a')
    await store.delete(scope, 'p/a')
    const fourth = await store.create(scope, 'p/a', '4')
    await stage.put('q')
    await stage.flush(watched, 'p/')
    const { version: deletedAt = 0 } = watched.changes[3] ?? {}
    assert.ok(deletedAt > third.version && deletedAt < fourth)
    assert.deepEqual(
      watched.changes.map(({ key, operation, version, text }) => ({ key, operation, version, text })),
      [
        { key: 'p/a', operation: 'set', version: first.version, text: '{"x":1}' },
        { key: 'p/a', operation: 'set', version: second.version, text: '2' },
        { key: 'p/a', operation: 'set', version: third.version, text: '7' },
        { key: 'p/a', operation: 'delete', version: deletedAt, text: undefined },
        { key: 'p/a', operation: 'set', version: fourth, text: '4' }
      ]
    )
  })

  test(`${name}: a watch hears of no other tenant and no other namespace`, async t => {
    const stage = await setStore(t, make)
    const watched = await stage.watch()
    await stage.store.put({ ...stage.scope, namespace: 'other' }, 'a', '1')
    await stage.store.put({ ...stage.scope, tenant: `${stage.tenant}-2` }, 'a', '1')
    await stage.flush(watched)
    assert.deepEqual(watched.changes, [])
  })

  test(`${name}: each of several watches is told, and one that was stopped is not`, async t => {
    const stage = await setStore(t, make)
    const [one, two, three] = [await stage.watch(), await stage.watch('a'), await stage.watch('a')]
    two.stop()
    two.stop()
    await stage.put('a1')
    await stage.flush(one)
    await stage.flush(three, 'a')
    const told = [one, two, three].map(({ changes }) => changes.filter(({ key }) => key === 'a1').length)
    assert.deepEqual(told, [1, 0, 1])
  })

  test(`${name}: a listener may change what it is told of, and the versions still come in order`, async t => {
    const { store, scope } = await setStore(t, make)
    const texts: (string | undefined)[] = []
    const versions: number[] = []
    await store.watch(scope, '', ({ text, version }) => {
      texts.push(text)
      versions.push(version)
      if (Number(text) < 3) void store.increment(scope, 'n', 1)
    })
    await store.watch(scope, '', ({ version }) => versions.push(version))
    await store.increment(scope, 'n', 1)
    await until('it has counted to 3', () => versions.length === 6)
    assert.deepEqual(texts, ['1', '2', '3'])
    assert.deepEqual(
      versions,
      [...versions].sort((a, b) => a - b)
    )
  })
}
