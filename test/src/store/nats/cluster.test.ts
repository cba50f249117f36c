import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, createSystemClock } from '../../../../src/clock.ts'
import { FakeClock } from '../../../support/clock.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { keysOf, openNode, say, scope } from './stage.ts'

/** On this clock no change takes too long, however many wait for each other. */
const endless: Clock = { ...createSystemClock(), monotonic: () => 0 }

test('what one node writes, the others read at once, and are told, list and count a moment later', async t => {
  const { url } = await startNats(t)
  const [one, two] = [await openNode(t, url), await openNode(t, url)]
  const { version } = await one.store.put(scope, 'a', '{"x":1}')
  assert.deepEqual(await two.store.get(scope, 'a'), { text: '{"x":1}', version })
  await until('it is told', () => two.changes.length === 1)
  assert.deepEqual(two.changes, [{ key: 'a', operation: 'set', version, text: '{"x":1}' }])
  assert.deepEqual(await keysOf(two), ['a'])
  assert.deepEqual(await two.store.stats('acme'), await one.store.stats('acme'))
  assert.equal(await two.store.delete(scope, 'a', { ifVersion: version }), true)
  assert.equal(await one.store.get(scope, 'a'), undefined)
  await until('it is told', () => one.changes.length === 2)
  assert.deepEqual(await keysOf(one), [])
  assert.deepEqual(one.changes, two.changes)
})

test('a node that comes later has everything that is there', async t => {
  const { url } = await startNats(t)
  const one = await openNode(t, url)
  for (let at = 0; at < 1200; at += 100)
    await Promise.all(Array.from({ length: 100 }, (_, more) => one.store.put(scope, `k${at + more}`, '1')))
  for (const key of ['k0', 'k1199']) await one.store.delete(scope, key)
  const two = await openNode(t, url, { limits: { maxStorePage: 2000 } })
  const { keys } = await two.store.list(scope, { prefix: '', limit: 2000 })
  assert.equal(keys.length, 1198)
  assert.deepEqual(await two.store.stats('acme'), await one.store.stats('acme'))
  assert.deepEqual(two.changes, [])
})

test('of many nodes that create a key, exactly one does, and so it goes on when the key is gone', async t => {
  const { url } = await startNats(t)
  const nodes = [await openNode(t, url), await openNode(t, url), await openNode(t, url)]
  for (let round = 0; round < 20; round++) {
    const tries = await Promise.allSettled(nodes.map(({ store }, at) => store.create(scope, 'lease', String(at))))
    const won = tries.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []))
    assert.equal(won.length, 1, `round ${round}`)
    assert.equal((await nodes[0]?.store.get(scope, 'lease'))?.text, String(won[0]))
    for (const one of tries) if (one.status === 'rejected') assert.equal(one.reason.code, 'CONFLICT')
    await nodes[round % 3]?.store.delete(scope, 'lease')
  }
})

test('counting on several nodes at once loses nothing, and every version is greater than the one before', async t => {
  const { url } = await startNats(t)
  const open = () => openNode(t, url, { clock: endless })
  const nodes = [await open(), await open(), await open()]
  const counted = await Promise.all(
    nodes.flatMap(({ store }) => Array.from({ length: 40 }, () => store.increment(scope, 'n', 1)))
  )
  counted.sort((one, other) => one.value - other.value)
  assert.deepEqual(
    counted.map(({ value }) => value),
    Array.from({ length: 120 }, (_, at) => at + 1)
  )
  for (const [at, { version }] of counted.entries()) assert.ok(version > (counted[at - 1]?.version ?? 0))
  for (const { changes } of nodes) {
    await until('all are told', () => changes.length === 120)
    assert.deepEqual(
      changes.map(({ version }) => version),
      counted.map(({ version }) => version)
    )
  }
})

test('a write for a version that another node has just given is taken', async t => {
  const { url } = await startNats(t)
  const [one, two] = [await openNode(t, url), await openNode(t, url)]
  let { version } = await one.store.put(scope, 'a', '0')
  for (let round = 1; round < 50; round++) {
    const { store } = round % 2 === 0 ? one : two
    version = (await store.put(scope, 'a', String(round), { ifVersion: version })).version
  }
})

test('versions grow on a node whose clock is behind too', async t => {
  const { url } = await startNats(t)
  const [one, late] = [await openNode(t, url), await openNode(t, url, { clock: new FakeClock(1_000) })]
  const versions = [(await one.store.put(scope, 'a', '1')).version]
  versions.push((await late.store.put(scope, 'a', '2')).version)
  await late.store.delete(scope, 'a')
  versions.push((await late.store.put(scope, 'a', '3')).version, (await one.store.put(scope, 'a', '4')).version)
  for (const [at, version] of versions.entries()) assert.ok(version > (versions[at - 1] ?? 0), versions.join(' '))
})

test('each end is told once on every node, with one version', async t => {
  const { url } = await startNats(t)
  const nodes = [await openNode(t, url), await openNode(t, url), await openNode(t, url)]
  const keys = Array.from({ length: 20 }, (_, at) => `k${String(at).padStart(2, '0')}`)
  await Promise.all(keys.map((key, at) => nodes[at % 3]?.store.put(scope, key, '1', { ttlMs: 1000 })))
  for (const { changes } of nodes) await until('all have ended', () => changes.length >= 40)
  await nodes[0]?.store.put(scope, 'last', '1')
  for (const { changes } of nodes) {
    await until('the last is told', () => changes.at(-1)?.key === 'last')
    const ends = changes.filter(({ operation }) => operation === 'expire')
    assert.deepEqual(ends.map(({ key }) => key).sort(), keys)
    assert.deepEqual(changes, nodes[0]?.changes)
  }
})

test('a key whose node is gone ends all the same', async t => {
  const { url } = await startNats(t)
  const [one, two] = [await openNode(t, url), await openNode(t, url)]
  await one.store.put(scope, 'a', '1', { ttlMs: 1000 })
  await one.store.close()
  await until('it is told', () => two.changes.length === 2)
  assert.deepEqual(say(two.changes), ['set a 1', 'expire a'])
})

test('a key that ended while no node was there is told to have ended by the first that comes', async t => {
  const { url } = await startNats(t)
  const clock = new FakeClock()
  const one = await openNode(t, url, { clock })
  await one.store.put(scope, 'a', '1', { ttlMs: 1000 })
  await one.store.close()
  clock.advance(1000)
  const two = await openNode(t, url, { clock })
  assert.deepEqual(await keysOf(two), [])
  assert.equal(await two.store.get(scope, 'a'), undefined)
  clock.advance(1250)
  await until('it is told', () => two.changes.length === 1)
  assert.deepEqual(say(two.changes), ['expire a'])
})

test('a write over a key that has just ended is told after the end', async t => {
  const { url } = await startNats(t)
  const [one, two] = [await openNode(t, url), await openNode(t, url)]
  for (let round = 0; round < 3; round++) {
    await one.store.put(scope, 'a', '1', { ttlMs: 1000 })
    while ((await two.store.get(scope, 'a')) !== undefined);
    assert.equal((await two.store.put(scope, 'a', '2')).created, true)
    await two.store.delete(scope, 'a')
  }
  const round = ['set a 1', 'expire a', 'set a 2', 'delete a']
  for (const { changes } of [one, two]) {
    await until('all is told', () => changes.length === 12)
    assert.deepEqual(say(changes), [...round, ...round, ...round])
  }
})

test('versions do not tell a tenant how much the others write', async t => {
  const { url } = await startNats(t)
  const clock = new FakeClock()
  const { store } = await openNode(t, url, { clock })
  const other = { tenant: 'umbrella', namespace: 'lab' }
  for (const writes of [0, 500]) {
    await Promise.all(Array.from({ length: writes }, () => store.put(other, 'b', '1')))
    assert.equal((await store.put(scope, `a${writes}`, '1')).version, clock.now())
  }
})

test('the bounds of a tenant hold for what other nodes have written', async t => {
  const { url } = await startNats(t)
  const limits = { maxStoreKeys: 2 }
  const [one, two] = [await openNode(t, url, { limits }), await openNode(t, url, { limits })]
  await one.store.put(scope, 'a', '1')
  await two.store.put(scope, 'b', '1')
  for (const { store, changes } of [one, two]) {
    await until('both are known', () => changes.length >= 2)
    await assert.rejects(store.put(scope, 'c', '1'), { code: 'LIMIT_EXCEEDED' })
    await store.put(scope, 'a', '2')
  }
})

test('of many keys that are written at once on one node, as many are taken as there may be', async t => {
  const { url } = await startNats(t)
  const { store } = await openNode(t, url, { limits: { maxStoreKeys: 5 } })
  const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, at) => store.put(scope, `k${at}`, '1')))
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 5)
  assert.equal((await store.stats('acme')).keys, 5)
})

test('a value that no message can hold is refused with LIMIT_EXCEEDED, and one that it can is kept', async t => {
  const { url } = await startNats(t)
  const { store } = await openNode(t, url, { limits: { maxStoreValueBytes: 2 ** 22, maxStoreBytes: 2 ** 24 } })
  const most = 2 ** 20 - 4096
  const textOf = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`
  await assert.rejects(store.put(scope, 'a', textOf(most + 1)), { code: 'LIMIT_EXCEEDED', message: /1044480 bytes/ })
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']) await store.put(scope, key, textOf(most))
  assert.equal((await store.get(scope, 'a'))?.text, textOf(most))
  const later = await openNode(t, url, { limits: { maxStoreValueBytes: 2 ** 22, maxStoreBytes: 2 ** 24 } })
  assert.deepEqual(await later.store.stats('acme'), await store.stats('acme'))
})
