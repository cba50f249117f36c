import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { Vault } from '../../../src/bus/vault.ts'
import { Watches } from '../../../src/bus/watches.ts'
import type { Policy } from '../../../src/casil/policy.ts'
import { loadConfig } from '../../../src/config.ts'
import { createIds } from '../../../src/ids.ts'
import type { SetArgs } from '../../../src/store/arguments.ts'
import type { StoreLimits } from '../../../src/store/limits.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { identityOf } from '../../support/bus.ts'
import { blocking, KEY, setGate } from '../../support/gate.ts'

const { config } = loadConfig({ env: {} })
const ada = { id: 'arq_client_ada', identity: identityOf() }
const ann = { id: 'arq_client_ann', identity: identityOf({ tenant: 'acme', role: 'admin' }) }
const root = { id: 'arq_client_root', identity: identityOf({ tenant: 'ops', role: 'superadmin' }) }

async function set(t: TestContext, policy: Partial<Policy> = {}, limits: Partial<StoreLimits> = {}) {
  const { gate, clock, lines, events } = setGate(t, policy)
  const store = createMemoryStore({ clock, limits: { ...config, ...limits } })
  await store.open()
  t.after(() => store.close())
  const watches = new Watches({ store, clock, ids: createIds(clock, randomBytes), maxStoreWatches: 1 })
  const vault = new Vault({ store, gate, watches, pageSize: 2 })
  return { vault, gate, store, clock, lines, events }
}

/** What the store holds under a key of the tenant `default`. */
const place = { tenant: 'default', namespace: 'default' }

test('a value is stored as it is when nothing is inspected', async t => {
  const { vault, store, events } = await set(t)
  const { version, ...rest } = await vault.set({ key: 'a', value: { key: KEY } }, ada)
  assert.deepEqual(rest, { namespace: 'default', key: 'a', created: true })
  assert.deepEqual(await store.get(place, 'a'), { text: `{"key":"${KEY}"}`, version })
  assert.deepEqual(events, [])
})

test('a value that the policy blocks is not stored, and the refusal names room and namespace only', async t => {
  const { vault, store, lines } = await set(t, blocking)
  await assert.rejects(vault.set({ key: 'a', value: KEY }, ada), {
    code: 'CASIL_POLICY_BLOCKED_SECRET',
    room: 'store',
    channel: 'default'
  })
  await assert.rejects(vault.set({ key: 'a', value: [KEY], namespace: 'lab' }, ann), { channel: 'lab' })
  assert.equal(await store.get(place, 'a'), undefined)
  assert.ok(!JSON.stringify(lines).includes(KEY))
})

test('a key that the policy blocks is not stored either, since lists and watches tell it', async t => {
  const { vault } = await set(t, blocking)
  await assert.rejects(vault.set({ key: KEY, value: 1 }, ada), { code: 'CASIL_POLICY_BLOCKED_SECRET' })
  await assert.rejects(vault.increment({ key: KEY }, ada), { code: 'CASIL_POLICY_BLOCKED_SECRET' })
  assert.deepEqual((await vault.list({}, ada)).keys, [])
})

test('a value that the policy redacts for members is stored redacted, and watched so', async t => {
  const { vault } = await set(t, { enabled: true, mode: 'enforce', transport_redaction: true })
  const written: string[] = []
  const watcher = { identity: ada.identity, write: (frame: Buffer) => void written.push(frame.toString()) }
  await vault.watch({ prefix: '' }, ada, watcher)
  await vault.set({ key: 'a', value: { password: 'hush', text: `the key is ${KEY}` } }, ada)
  const { value } = await vault.get({ key: 'a' }, ada)
  assert.ok(value)
  assert.deepEqual(JSON.parse(value.text).password, '***REDACTED***')
  for (const secret of ['hush', KEY]) assert.ok(!`${value.text} ${written}`.includes(secret))
  assert.equal(written.length, 1)
})

test('what is inspected is decided by the scope store:namespace', async t => {
  const { vault } = await set(t, { ...blocking, scope_include: ['store:vault'] })
  await vault.set({ key: 'a', value: KEY }, ada)
  await assert.rejects(vault.set({ key: 'a', value: KEY, namespace: 'vault' }, ada), {
    code: 'CASIL_POLICY_BLOCKED_SECRET'
  })
})

test('a value too large for the policy is blocked as oversize, exactly at its bound', async t => {
  const { vault } = await set(t, { ...blocking, max_payload_bytes: 1024 })
  await vault.set({ key: 'a', value: 'x'.repeat(1022) }, ada)
  await assert.rejects(vault.set({ key: 'a', value: 'x'.repeat(1023) }, ada), { code: 'CASIL_POLICY_OVERSIZE' })
})

test('what is at fault is named all at once, and before anything is inspected', async t => {
  const { vault, gate } = await set(t, blocking)
  const args = { key: '', value: null, namespace: '__proto__', ttl_seconds: 0.5, if_version: -1, x: 1 }
  await assert.rejects(vault.set(args as unknown as SetArgs, ada), {
    code: 'VALIDATION_ERROR',
    faults: [
      'x: is not known',
      'key: must be text of at least one character',
      'value: must be any JSON value but null',
      'namespace: must be a name of 1 to 64 letters, digits, ".", "_", "-", or "tenant:" and such a name',
      'ttl_seconds: must be a number of at least 1',
      'if_version: must be a version, or 0'
    ]
  })
  assert.deepEqual(gate.counts(), [])
})

test('half of a surrogate pair is no part of a key or a prefix', async t => {
  const { vault } = await set(t)
  for (const key of ['\ud800', 'a\udc00', '\udc00\ud800']) {
    await assert.rejects(vault.set({ key, value: 1 }, ada), { code: 'VALIDATION_ERROR' })
    await assert.rejects(vault.list({ prefix: key }, ada), { code: 'VALIDATION_ERROR' })
  }
  await vault.set({ key: '\ud83d\ude00', value: 1 }, ada)
})

test('every operation refuses what does not fit its schema', async t => {
  const { vault } = await set(t)
  const watcher = { identity: ada.identity, write: () => {} }
  const bad = { key: 7, prefix: 7, by: 0.5, limit: 0, value: 1 } as never
  for (const ask of [
    () => vault.set(bad, ada),
    () => vault.get(bad, ada),
    () => vault.delete(bad, ada),
    () => vault.increment(bad, ada),
    () => vault.list(bad, ada),
    () => vault.watch(bad, ada, watcher),
    () => vault.unwatch(bad, ada, watcher)
  ]) {
    await assert.rejects(ask, { code: 'VALIDATION_ERROR' })
  }
})

test('the namespace of another tenant is refused to every operation of an admin, and open to a superadmin', async t => {
  const { vault } = await set(t)
  const watcher = { identity: ann.identity, write: () => {} }
  const namespace = 'tenant:default'
  for (const ask of [
    () => vault.set({ key: 'a', value: 1, namespace }, ann),
    () => vault.get({ key: 'a', namespace }, ann),
    () => vault.delete({ key: 'a', namespace }, ann),
    () => vault.increment({ key: 'a', namespace }, ann),
    () => vault.list({ namespace }, ann),
    () => vault.watch({ prefix: '', namespace }, ann, watcher),
    () => vault.unwatch({ prefix: '', namespace }, ann, watcher)
  ]) {
    await assert.rejects(ask, { code: 'AUTHORIZATION_ERROR', message: 'The namespace belongs to another tenant' })
  }
  await vault.set({ key: 'a', value: 'from afar', namespace }, root)
  assert.equal((await vault.get({ key: 'a' }, ada)).value?.text, '"from afar"')
  assert.equal((await vault.get({ key: 'a' }, ann)).found, false)
})

test('a life is in seconds, and a version guards writing and deleting', async t => {
  const { vault, clock } = await set(t)
  const { version } = await vault.set({ key: 'a', value: 1, ttl_seconds: 1.5, if_version: 0 }, ada)
  await assert.rejects(vault.set({ key: 'a', value: 2, if_version: 0 }, ada), {
    code: 'CONFLICT',
    message: `The key is at version ${version}`
  })
  await assert.rejects(vault.delete({ key: 'a', if_version: version + 1 }, ada), { code: 'CONFLICT' })
  clock.advance(1499)
  assert.equal((await vault.get({ key: 'a' }, ada)).version, version)
  clock.advance(1)
  const { found, value, version: none } = await vault.get({ key: 'a' }, ada)
  assert.deepEqual({ found, value, none }, { found: false, value: null, none: 0 })
  await assert.rejects(vault.set({ key: 'a', value: 2, if_version: version }, ada), {
    code: 'CONFLICT',
    message: 'The key does not exist'
  })
})

test('a page is as long as is said, or as it may be', async t => {
  const { vault } = await set(t, {}, { maxStorePage: 2 })
  for (const key of ['c', 'a', 'b']) await vault.set({ key, value: 1, namespace: 'lab' }, ann)
  const first = await vault.list({ namespace: 'lab' }, ann)
  assert.deepEqual([first.namespace, first.keys], ['lab', ['a', 'b']])
  const rest = await vault.list({ namespace: 'lab', cursor: first.cursor as string }, ann)
  assert.deepEqual([rest.keys, rest.cursor], [['c'], undefined])
  assert.deepEqual((await vault.list({ namespace: 'lab', limit: 1 }, ann)).keys, ['a'])
  await assert.rejects(vault.list({ namespace: 'lab', limit: 3 }, ann), { code: 'LIMIT_EXCEEDED' })
})

test('counting adds 1 unless it is said otherwise', async t => {
  const { vault } = await set(t)
  assert.equal((await vault.increment({ key: 'n' }, ada)).value, 1)
  assert.equal((await vault.increment({ key: 'n', by: -5 }, ada)).value, -4)
})
