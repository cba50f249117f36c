import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MakeStore, setStore } from './store-stage.ts'

/** Keys that are something else to a plain object, to a path, to a line of text or to a subject. */
export const hostileKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  ' ',
  '.',
  '..',
  'a.b.*.>',
  'a/../b',
  'tenant:other',
  'line\nfeed\r\u0000\u007f',
  '=41',
  '%00',
  'é',
  'e\u0301',
  '\u2028',
  '日本',
  '\u{1f600}',
  '\ufeff',
  'x'.repeat(256)
]

/** Reading, writing, versions, counting. */
export function storeValuesContract(name: string, make: MakeStore): void {
  test(`${name}: what is written is read as it is, and what is not there is undefined`, async t => {
    const { store, scope } = await setStore(t, make)
    assert.equal(await store.get(scope, 'a'), undefined)
    const text = '{"b":[1,2.50,"\\u0041"],"a":null}'
    const { version, created } = await store.put(scope, 'a', text)
    assert.ok(created && Number.isSafeInteger(version) && version >= 1)
    assert.deepEqual(await store.get(scope, 'a'), { text, version })
  })

  test(`${name}: a key written again has the new value and is not created`, async t => {
    const stage = await setStore(t, make)
    await stage.put('a', '1')
    assert.equal((await stage.put('a', '2')).created, false)
    assert.equal(await stage.textOf('a'), '2')
  })

  test(`${name}: a deleted key is gone, and deleting it again is no fault`, async t => {
    const stage = await setStore(t, make)
    await stage.put('a')
    assert.equal(await stage.store.delete(stage.scope, 'a'), true)
    assert.equal(await stage.textOf('a'), undefined)
    assert.equal(await stage.store.delete(stage.scope, 'a'), false)
    assert.equal((await stage.put('a')).created, true)
  })

  test(`${name}: whatever text is a key, and each is another one`, async t => {
    const stage = await setStore(t, make)
    for (const key of hostileKeys) assert.equal(await stage.textOf(key), undefined)
    for (const [at, key] of hostileKeys.entries()) await stage.put(key, String(at))
    for (const [at, key] of hostileKeys.entries())
      assert.equal(await stage.textOf(key), String(at), JSON.stringify(key))
    assert.deepEqual(await stage.keys(), [[...hostileKeys].sort()])
    for (const key of hostileKeys) assert.equal(await stage.store.delete(stage.scope, key), true)
    assert.deepEqual(await stage.keys(), [[]])
  })

  test(`${name}: the version of a key only grows, also when it was gone in between`, async t => {
    const stage = await setStore(t, make)
    const versions: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      versions.push((await stage.put('a')).version, (await stage.put('a')).version)
      await stage.store.delete(stage.scope, 'a')
      await stage.pass(1)
    }
    for (const [at, version] of versions.entries()) assert.ok(version > (versions[at - 1] ?? 0), versions.join(' '))
  })

  test(`${name}: a write for another version is refused with CONFLICT and changes nothing`, async t => {
    const { store, scope } = await setStore(t, make)
    const { version } = await store.put(scope, 'a', '1')
    for (const ifVersion of [0, version - 1, version + 1, Number.MAX_SAFE_INTEGER]) {
      await assert.rejects(store.put(scope, 'a', '2', { ifVersion }), { code: 'CONFLICT' })
      await assert.rejects(store.delete(scope, 'a', { ifVersion }), { code: 'CONFLICT' })
    }
    assert.deepEqual(await store.get(scope, 'a'), { text: '1', version })
    const next = await store.put(scope, 'a', '2', { ifVersion: version })
    assert.deepEqual(await store.get(scope, 'a'), { text: '2', version: next.version })
    assert.equal(await store.delete(scope, 'a', { ifVersion: next.version }), true)
  })

  test(`${name}: version 0 stands for a key that does not exist`, async t => {
    const { store, scope } = await setStore(t, make)
    await assert.rejects(store.put(scope, 'a', '1', { ifVersion: 1 }), { code: 'CONFLICT' })
    await assert.rejects(store.delete(scope, 'a', { ifVersion: 1 }), { code: 'CONFLICT' })
    assert.equal(await store.delete(scope, 'a', { ifVersion: 0 }), false)
    assert.equal((await store.put(scope, 'a', '1', { ifVersion: 0 })).created, true)
  })

  test(`${name}: a version of a key that was deleted and made again fits nothing`, async t => {
    const { store, scope } = await setStore(t, make)
    const { version } = await store.put(scope, 'a', '1')
    await store.delete(scope, 'a')
    await store.put(scope, 'a', '1')
    await assert.rejects(store.put(scope, 'a', '2', { ifVersion: version }), { code: 'CONFLICT' })
  })

  test(`${name}: of many that create a key, exactly one does`, async t => {
    const { store, scope } = await setStore(t, make)
    const attempts = Array.from({ length: 20 }, (_, at) => store.create(scope, 'lease', String(at)))
    const settled = await Promise.allSettled(attempts)
    const won = settled.flatMap((one, at) => (one.status === 'fulfilled' ? [{ at, version: one.value }] : []))
    assert.equal(won.length, 1)
    assert.deepEqual(await store.get(scope, 'lease'), { text: String(won[0]?.at), version: won[0]?.version })
    for (const one of settled) if (one.status === 'rejected') assert.equal(one.reason.code, 'CONFLICT')
  })

  test(`${name}: of many that replace one version, exactly one does`, async t => {
    const { store, scope } = await setStore(t, make)
    const { version } = await store.put(scope, 'a', '0')
    const attempts = Array.from({ length: 20 }, (_, at) => store.put(scope, 'a', String(at), { ifVersion: version }))
    const settled = await Promise.allSettled(attempts)
    assert.equal(settled.filter(one => one.status === 'fulfilled').length, 1)
  })

  test(`${name}: counting starts at 0 and loses nothing when many count at once`, async t => {
    const { store, scope } = await setStore(t, make)
    const sums = await Promise.all(Array.from({ length: 20 }, () => store.increment(scope, 'n', 3)))
    assert.deepEqual(
      sums.map(({ value }) => value).sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, at) => at * 3 + 3)
    )
    const { value, version } = await store.increment(scope, 'n', -61)
    assert.equal(value, -1)
    assert.deepEqual(await store.get(scope, 'n'), { text: '-1', version })
  })

  for (const text of ['"1"', '1.5', 'true', '[1]', '{}', '9007199254740992', '1e999']) {
    test(`${name}: ${text} is no integer to count on: CONFLICT`, async t => {
      const stage = await setStore(t, make)
      await stage.put('a', text)
      await assert.rejects(stage.store.increment(stage.scope, 'a', 1), { code: 'CONFLICT' })
      assert.equal(await stage.textOf('a'), text)
    })
  }

  test(`${name}: a sum that cannot be held exactly is LIMIT_EXCEEDED and changes nothing`, async t => {
    const stage = await setStore(t, make)
    await stage.put('a', String(Number.MAX_SAFE_INTEGER - 1))
    assert.equal((await stage.store.increment(stage.scope, 'a', 1)).value, Number.MAX_SAFE_INTEGER)
    await assert.rejects(stage.store.increment(stage.scope, 'a', 1), { code: 'LIMIT_EXCEEDED' })
    assert.equal(await stage.textOf('a'), String(Number.MAX_SAFE_INTEGER))
  })

  test(`${name}: tenants and namespaces know nothing of each other`, async t => {
    const { store, scope } = await setStore(t, make)
    const others = [
      { ...scope, namespace: 'other' },
      { ...scope, tenant: `${scope.tenant}-2` }
    ]
    await store.put(scope, 'a', '1')
    for (const other of others) {
      assert.equal(await store.get(other, 'a'), undefined)
      assert.equal(await store.delete(other, 'a'), false)
      assert.deepEqual((await store.list(other, { prefix: '', limit: 10 })).keys, [])
      assert.equal((await store.increment(other, 'a', 7)).value, 7)
    }
    assert.equal((await store.get(scope, 'a'))?.text, '1')
    assert.deepEqual(await store.namespaces(scope.tenant), ['lab', 'other'])
    assert.deepEqual(await store.namespaces(`${scope.tenant}-2`), ['lab'])
    await store.delete({ ...scope, namespace: 'other' }, 'a')
    assert.deepEqual(await store.namespaces(scope.tenant), ['lab'])
  })
}
