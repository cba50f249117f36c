import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import type { Role } from '../../../src/auth/roles.ts'
import { type Watcher, Watches } from '../../../src/bus/watches.ts'
import { loadConfig } from '../../../src/config.ts'
import { BusError } from '../../../src/errors.ts'
import { createIds } from '../../../src/ids.ts'
import { bodyOf, type Frame } from '../../../src/protocol/frame.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { Place } from '../../../src/store/namespace.ts'
import type { Store } from '../../../src/store/store.ts'
import type { ServerFrame } from '../../helper.ts'
import { identityOf } from '../../support/bus.ts'
import { FakeClock } from '../../support/clock.ts'

const { config } = loadConfig({ env: {} })
const lab: Place = { tenant: 'acme', namespace: 'lab', shown: 'lab' }
const own: Place = { tenant: 'acme', namespace: 'default', shown: 'tenant:acme' }

/** Somebody who writes down what it is told. */
class Reader implements Watcher {
  identity = identityOf({ tenant: 'acme' })
  readonly bytes: Frame[] = []

  write(frame: Frame): void {
    this.bytes.push(frame)
  }

  get frames(): ServerFrame[] {
    return this.bytes.map(frame => JSON.parse(bodyOf(frame).toString()))
  }

  get keys(): string[] {
    return this.frames.map(frame => frame.payload.key)
  }
}

async function set(t: TestContext, changes: { maxStoreWatches?: number; watch?: Store['watch'] } = {}) {
  const clock = new FakeClock()
  const store = createMemoryStore({ clock, limits: config })
  await store.open()
  t.after(() => store.close())
  /** Watches of the store that run. */
  let running = 0
  const watch: Store['watch'] = async (...args) => {
    const stop = await store.watch(...args)
    running++
    return () => {
      running--
      stop()
    }
  }
  const watches = new Watches({
    store: { watch },
    clock,
    ids: createIds(clock, randomBytes),
    maxStoreWatches: 32,
    ...changes,
    ...(changes.watch ? { store: { watch: changes.watch } } : {})
  })
  return { clock, store, watches, running: () => running }
}

test('a change is told as a system frame with all that is known of it', async t => {
  const { clock, store, watches } = await set(t)
  const reader = new Reader()
  await watches.add(reader, own, 'a')
  const { version } = await store.put(own, 'a"b', '{"x":[1.50]}', { ttlMs: 1000 })
  clock.advance(1000)
  const [stored, expired] = reader.frames
  assert.ok(stored && expired)
  assert.match(stored.id, /^arq_/)
  assert.deepEqual(stored, {
    id: stored.id,
    type: 'system',
    version: '1.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    sender: 'arqonbus',
    payload: {
      event: 'store_changed',
      namespace: 'tenant:acme',
      key: 'a"b',
      operation: 'set',
      version,
      value: { x: [1.5] }
    },
    metadata: {}
  })
  assert.ok(bodyOf(reader.bytes[0] as Frame).includes('"value":{"x":[1.50]}'))
  const { version: endVersion, ...end } = expired.payload
  assert.ok(endVersion > version)
  assert.deepEqual(end, { event: 'store_changed', namespace: 'tenant:acme', key: 'a"b', operation: 'expire' })
})

test('each change comes once, however many prefixes fit, and only if one does', async t => {
  const { store, watches } = await set(t)
  const reader = new Reader()
  for (const prefix of ['', 'a', 'ab', 'x']) await watches.add(reader, lab, prefix)
  await watches.add(reader, lab, 'a')
  await store.put(lab, 'abc', '1')
  watches.delete(reader, lab, '')
  await store.put(lab, 'b', '1')
  await store.put(lab, 'ab', '1')
  assert.deepEqual(reader.keys, ['abc', 'ab'])
})

test('all who watch a namespace share one watch of the store and one frame of each change', async t => {
  const { store, watches, running } = await set(t)
  const readers = Array.from({ length: 5 }, () => new Reader())
  for (const [at, reader] of readers.entries()) await watches.add(reader, lab, 'k'.repeat(at % 2))
  assert.equal(running(), 1)
  await store.put(lab, 'k', '1')
  for (const reader of readers) assert.equal(reader.bytes[0], readers[0]?.bytes[0])
})

test('a namespace is told under the name by which it is watched', async t => {
  const { store, watches } = await set(t)
  const [near, far] = [new Reader(), new Reader()]
  far.identity = identityOf({ tenant: 'umbrella', role: 'superadmin' })
  await watches.add(near, { tenant: 'acme', namespace: 'default', shown: 'default' }, '')
  await watches.add(far, own, '')
  await store.put(own, 'a', '1')
  assert.deepEqual(
    [near, far].map(({ frames }) => frames.map(frame => frame.payload.namespace)),
    [['default'], ['tenant:acme']]
  )
})

test('a superadmin whose role was taken away hears no more of another tenant', async t => {
  const { store, watches } = await set(t)
  const reader = new Reader()
  const as = (role: Role) => identityOf({ tenant: 'umbrella', role })
  reader.identity = as('superadmin')
  await watches.add(reader, own, '')
  await store.put(own, 'before', '1')
  reader.identity = as('admin')
  await store.put(own, 'after', '1')
  assert.deepEqual(reader.keys, ['before'])
})

test('prefixes are bounded for each connection, over all namespaces; the same one again and a stopped one do not count', async t => {
  const { watches } = await set(t, { maxStoreWatches: 2 })
  const [reader, other] = [new Reader(), new Reader()]
  await watches.add(reader, lab, 'a')
  await watches.add(reader, own, 'a')
  await watches.add(reader, own, 'a')
  await assert.rejects(watches.add(reader, lab, 'b'), {
    code: 'LIMIT_EXCEEDED',
    message: 'Limit exceeded: a connection can watch 2 prefixes'
  })
  await watches.add(other, lab, 'b')
  watches.delete(reader, own, 'a')
  await watches.add(reader, lab, 'b')
})

test('with a bound of 0 nothing is watched, and nothing of the refusal stays', async t => {
  const { watches, running } = await set(t, { maxStoreWatches: 0 })
  await assert.rejects(watches.add(new Reader(), lab, ''), { code: 'LIMIT_EXCEEDED' })
  assert.deepEqual(watches.size, { places: 0, watchers: 0 })
  assert.equal(running(), 0)
})

test('whoever is dropped hears nothing more, and with the last one the watch of the store ends', async t => {
  const { store, watches, running } = await set(t)
  const [one, two] = [new Reader(), new Reader()]
  for (const reader of [one, two]) for (const place of [lab, own]) await watches.add(reader, place, '')
  watches.drop(one)
  await store.put(lab, 'a', '1')
  assert.deepEqual([one.keys, two.keys], [[], ['a']])
  assert.equal(running(), 2)
  watches.drop(two)
  watches.drop(two)
  await Promise.resolve()
  assert.deepEqual(watches.size, { places: 0, watchers: 0 })
  assert.equal(running(), 0)
})

test('the last prefix that is given up ends it all, and one that was not watched ends nothing', async t => {
  const { watches, running } = await set(t)
  const reader = new Reader()
  await watches.add(reader, lab, 'a')
  watches.delete(reader, lab, 'b')
  watches.delete(reader, own, 'a')
  watches.delete(new Reader(), lab, 'a')
  assert.deepEqual(watches.size, { places: 1, watchers: 1 })
  watches.delete(reader, lab, 'a')
  await Promise.resolve()
  assert.deepEqual(watches.size, { places: 0, watchers: 0 })
  assert.equal(running(), 0)
})

test('a watch that is given up before the store has begun it is ended as soon as it has', async t => {
  let begin: ((stop: () => void) => void) | undefined
  let isStopped = false
  const watch: Store['watch'] = () =>
    new Promise(resolve => {
      begin = resolve
    })
  const { watches } = await set(t, { watch })
  const reader = new Reader()
  const added = watches.add(reader, lab, '')
  watches.drop(reader)
  begin?.(() => {
    isStopped = true
  })
  await added
  assert.ok(isStopped)
  assert.deepEqual(watches.size, { places: 0, watchers: 0 })
})

test('a store that cannot watch refuses all who wait for it, and leaves nothing behind', async t => {
  let fail: ((error: BusError) => void) | undefined
  const watch: Store['watch'] = () =>
    new Promise((_, reject) => {
      fail = reject
    })
  const { watches } = await set(t, { watch })
  const settled = Promise.allSettled(['a', 'b'].map(prefix => watches.add(new Reader(), lab, prefix)))
  fail?.(new BusError('ENGINE_UNAVAILABLE'))
  for (const one of await settled) assert.ok(one.status === 'rejected' && one.reason.code === 'ENGINE_UNAVAILABLE')
  assert.deepEqual(watches.size, { places: 0, watchers: 0 })
})
