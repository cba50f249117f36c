import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import store from '../../plugins/store.ts'
import type { Config } from '../../src/config.ts'
import { type BusStage, setBus } from '../support/bus.ts'
import { buildBare, defaultConfig } from './bare.ts'

async function build(t: TestContext, settings: Partial<Config> = {}) {
  const stage: BusStage = await setBus(t)
  const { clock, gate, bus } = stage
  const { app } = buildBare(t, {
    config: { config: { ...defaultConfig, ...settings }, clock, ids: { message: () => 'arq_1' } },
    casil: { gate },
    bus: { bus },
    commands: {}
  })
  await app.register(store)
  await app.ready()
  return { app, stage }
}

test('the store is there for other doors, and its commands for connections', async t => {
  const { app, stage } = await build(t)
  const peer = stage.connect({ tenant: 'acme' })
  const { payload } = await peer.command('op.store.set', { key: 'a', value: [1] })
  const { version, ...rest } = payload.data
  assert.deepEqual(rest, { namespace: 'tenant:acme', key: 'a', updated: true })
  const found = await app.store.get({ key: 'a' }, peer.connection)
  assert.deepEqual([found.value?.text, found.version], ['[1]', version])
})

test('every bound is that of the settings', async t => {
  const { stage } = await build(t, {
    maxStoreKeys: 1,
    maxStoreKeyBytes: 2,
    maxStoreValueBytes: 3,
    maxStoreBytes: 4,
    maxStoreTtlSeconds: 5,
    maxStorePage: 6,
    maxStoreWatches: 1
  })
  const peer = stage.connect()
  await peer.command('op.store.set', { key: 'a', value: 1 })
  await peer.command('op.store.watch', { prefix: '' })
  const refusals = [
    await peer.command('op.store.set', { key: 'b', value: 1 }),
    await peer.command('op.store.set', { key: 'abc', value: 1234, ttl_seconds: 6 }),
    await peer.command('op.store.set', { key: 'ab', value: 123 }),
    await peer.command('op.store.list', { limit: 7 }),
    await peer.command('op.store.watch', { prefix: 'a' })
  ]
  assert.deepEqual(
    refusals.map(({ error_code, error }) => `${error_code} ${error}`),
    [
      'LIMIT_EXCEEDED Limit exceeded: a tenant can have 1 stored keys',
      'LIMIT_EXCEEDED Limit exceeded: a key can have 2 bytes; a value can have 3 bytes of JSON; a value that has an end can live 5 seconds',
      'LIMIT_EXCEEDED Limit exceeded: a tenant can have 1 stored keys; a tenant can have 4 bytes of keys and values',
      'LIMIT_EXCEEDED Limit exceeded: an answer can list 6 keys',
      'LIMIT_EXCEEDED Limit exceeded: a connection can watch 1 prefixes'
    ]
  )
})

test('a connection that leaves is told nothing more, and makes room for nothing that it left', async t => {
  const { app, stage } = await build(t)
  const [leaving, staying] = [stage.connect(), stage.connect()]
  for (const peer of [leaving, staying]) await peer.command('op.store.watch', { prefix: '' })
  leaving.transport.end()
  await stage.settle()
  await app.store.set({ key: 'a', value: 1 }, staying.connection)
  stage.turn()
  const told = (peer: typeof leaving) => peer.frames.filter(frame => frame.payload.event === 'store_changed').length
  assert.deepEqual([told(leaving), told(staying)], [0, 1])
})

test('closing the app leaves no timer of the store behind', async t => {
  const { app, stage } = await build(t)
  const before = stage.clock.pending
  await app.store.set({ key: 'a', value: 1, ttl_seconds: 60 }, stage.connect().connection)
  assert.equal(stage.clock.pending, before + 1)
  await app.close()
  assert.equal(stage.clock.pending, before)
})
