import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoreLimits } from '../../../../src/store/limits.ts'
import { type Entry, NOTHING } from '../../../../src/store/nats/entry.ts'
import { Mirror } from '../../../../src/store/nats/mirror.ts'
import { FakeClock } from '../../../support/clock.ts'

const limits: StoreLimits = {
  maxStoreKeys: 2,
  maxStoreKeyBytes: 16,
  maxStoreValueBytes: 16,
  maxStoreBytes: 10,
  maxStoreTtlSeconds: 10,
  maxStorePage: 10
}

function setUp() {
  const clock = new FakeClock()
  const ended: string[] = []
  const mirror = new Mirror({ clock, limits, ended: ({ key }) => ended.push(key) })
  const place = (key: string, tenant = 'acme') => ({ tenant, namespace: 'lab', key })
  const value = (revision: number, bytes: number, ttlMs = Number.POSITIVE_INFINITY): Entry => ({
    revision,
    version: revision,
    operation: 'set',
    expiresAtMs: clock.now() + ttlMs,
    data: new Uint8Array(bytes)
  })
  return { clock, mirror, ended, place, value }
}

const statsOf = (mirror: Mirror) => mirror.find('acme')?.stats

test('what the bucket says is counted, for each tenant by itself', () => {
  const { mirror, place, value } = setUp()
  mirror.apply(place('a'), value(1, 4))
  mirror.apply(place('é'), value(2, 1))
  mirror.apply(place('a', 'umbrella'), value(3, 7))
  assert.deepEqual(statsOf(mirror), { keys: 2, bytes: 8 })
  assert.deepEqual(mirror.held, { keys: 3, bytes: 16 })
  assert.equal(mirror.apply(place('a'), NOTHING)?.revision, 1)
  mirror.apply(place('é'), value(5, 2))
  assert.deepEqual(statsOf(mirror), { keys: 1, bytes: 4 })
})

test('a key counts for nothing at its end, and that is told once', () => {
  const { clock, mirror, ended, place, value } = setUp()
  mirror.apply(place('a'), value(1, 1, 1000))
  mirror.apply(place('b'), value(2, 1))
  clock.advance(999)
  assert.equal(statsOf(mirror)?.keys, 2)
  clock.advance(1)
  assert.equal(statsOf(mirror)?.keys, 1)
  assert.equal(mirror.get(place('a')), undefined)
  assert.deepEqual(ended, ['a'])
  assert.equal(clock.pending, 0)
})

test('what is about to be written counts for the bounds until it has arrived or is given up', () => {
  const { mirror, place, value } = setUp()
  mirror.reserve(place('a'), 2)
  mirror.reserve(place('b'), 2)
  assert.throws(() => mirror.reserve(place('c'), 2), { code: 'LIMIT_EXCEEDED', message: /2 stored keys/ })
  mirror.release(place('b'))
  mirror.reserve(place('c'), 2)
  mirror.apply(place('c'), value(1, 1))
  mirror.apply(place('c'), NOTHING)
  mirror.reserve(place('d'), 8)
  assert.deepEqual(mirror.held, { keys: 0, bytes: 0 })
})

test('bytes are bounded at N + 1 and not at N, and what gets smaller is always taken', () => {
  const { mirror, place, value } = setUp()
  mirror.apply(place('a'), value(1, 4))
  mirror.reserve(place('b'), 5)
  assert.throws(() => mirror.reserve(place('b'), 6), { code: 'LIMIT_EXCEEDED', message: /10 bytes/ })
  mirror.apply(place('b'), value(2, 9))
  assert.throws(() => mirror.reserve(place('b'), 11), { code: 'LIMIT_EXCEEDED' })
  mirror.reserve(place('b'), 9)
})

test('a tenant that holds nothing is forgotten, and nothing waits for it', () => {
  const { clock, mirror, place, value } = setUp()
  mirror.apply(place('a'), value(1, 1, 1000))
  mirror.apply(place('a'), NOTHING)
  mirror.reserve(place('b'), 1)
  mirror.release(place('b'))
  assert.throws(() => mirror.reserve(place('c'), 11), { code: 'LIMIT_EXCEEDED' })
  assert.equal(mirror.find('acme'), undefined)
  assert.equal(clock.pending, 0)
})

test('a key is its own only at the revision that was written here', () => {
  const { mirror, place, value } = setUp()
  mirror.apply(place('a'), value(1, 1))
  mirror.own(place('a'), 2)
  mirror.own(place('b'), 2)
  assert.equal(mirror.get(place('a'))?.isOwn, false)
  mirror.own(place('a'), 1)
  assert.equal(mirror.get(place('a'))?.isOwn, true)
})

test('nothing is left after clearing', () => {
  const { clock, mirror, place, value } = setUp()
  mirror.apply(place('a'), value(1, 1, 1000))
  mirror.clear()
  assert.deepEqual(mirror.slots(), [])
  assert.equal(clock.pending, 0)
})
