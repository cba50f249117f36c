import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hostileKeys } from '../contracts/store-values.ts'
import { type ServerFrame, startServer, type TestClient } from '../helper.ts'
import { KEY } from '../support/gate.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

async function startTenancy(t: TestContext, env: Record<string, string> = {}) {
  const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
  const server = await startServer(t, { ...auth, ...env })
  return (tenant_id: string, role = 'user') => {
    const token = signToken(validClaims(Date.now(), { tenant_id, role }))
    return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
  }
}

/** The data of a command that succeeds. */
async function run(client: TestClient, name: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(`op.store.${name}`, args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data
}

/** The changes that a client was told of. */
function changesOf(client: TestClient): ServerFrame[] {
  return client.frames.filter(frame => frame.payload?.event === 'store_changed')
}

function sayChange({ payload }: ServerFrame): string {
  return `${payload.operation} ${payload.namespace} ${payload.key}`
}

test('a value goes through its whole life over one socket', async t => {
  const client = await (await startServer(t)).connect()
  assert.deepEqual(await run(client, 'get', { key: 'a' }), {
    namespace: 'default',
    key: 'a',
    found: false,
    value: null,
    version: 0
  })
  const value = { list: [1, 'two', null, { three: true }], text: '\u0000 ä \u{1f600} "' }
  const { version, ...stored } = await run(client, 'set', { key: 'a', value })
  assert.deepEqual(stored, { namespace: 'default', key: 'a', updated: true })
  const found = { namespace: 'default', key: 'a', found: true, value, version }
  assert.deepEqual(await run(client, 'get', { key: 'a' }), found)
  assert.deepEqual(await run(client, 'list'), { namespace: 'default', count: 1, keys: ['a'] })
  assert.deepEqual(await run(client, 'delete', { key: 'a' }), { namespace: 'default', key: 'a', deleted: true })
  assert.equal((await run(client, 'delete', { key: 'a' })).deleted, false)
  assert.ok((await run(client, 'set', { key: 'a', value: 0 })).version > version)
})

test('values of every kind come back as they were, null is none', async t => {
  const client = await (await startServer(t)).connect()
  for (const value of [0, -1.5, '', 'text', false, [], {}, [null], { a: null }]) {
    await run(client, 'set', { key: 'a', value })
    assert.deepEqual((await run(client, 'get', { key: 'a' })).value, value)
  }
  for (const args of [{ key: 'a', value: null }, { key: 'a' }, { key: '', value: 1 }]) {
    assert.equal((await client.command('op.store.set', args)).error_code, 'VALIDATION_ERROR')
  }
})

test('hostile keys are ordinary keys on the wire', async t => {
  const client = await (await startServer(t)).connect()
  for (const [at, key] of hostileKeys.entries()) await run(client, 'set', { key, value: at })
  for (const [at, key] of hostileKeys.entries()) assert.equal((await run(client, 'get', { key })).value, at)
  assert.deepEqual((await run(client, 'list')).keys, [...hostileKeys].sort())
  for (const key of ['\ud800', `a${'\udfff'}`]) {
    client.send(`{"type":"command","id":"arq_half","command":"op.store.get","args":{"key":${JSON.stringify(key)}}}`)
    const answer = await client.next(frame => frame.request_id === 'arq_half')
    assert.deepEqual(answer.payload.data.errors, ['key: must be text of at least one character'])
  }
})

test('two tenants share nothing, whatever they name', async t => {
  const enter = await startTenancy(t)
  const [ours, theirs] = [await enter('acme'), await enter('umbrella', 'admin')]
  await run(theirs, 'watch', { prefix: '' })
  await run(theirs, 'watch', { prefix: '', namespace: 'lab' })
  for (const namespace of [undefined, 'lab', 'umbrella']) await run(ours, 'set', { key: 'a', value: 'ours', namespace })
  assert.equal((await run(ours, 'get', { key: 'a', namespace: 'tenant:acme' })).value, 'ours')
  for (const namespace of [undefined, 'default', 'lab', 'umbrella', 'acme']) {
    assert.equal((await run(theirs, 'get', { key: 'a', namespace })).found, false)
    assert.equal((await run(theirs, 'list', { namespace })).count, 0)
    assert.equal((await run(theirs, 'delete', { key: 'a', namespace })).deleted, false)
  }
  assert.equal((await run(theirs, 'get', { key: 'a' })).namespace, 'tenant:umbrella')
  await theirs.settle()
  assert.deepEqual(changesOf(theirs), [])
})

test('the namespace of another tenant answers alike whether that tenant exists or not', async t => {
  const enter = await startTenancy(t)
  const [ours, admin, root] = [await enter('acme'), await enter('umbrella', 'admin'), await enter('ops', 'superadmin')]
  await run(ours, 'set', { key: 'a', value: 1 })
  const refusals = await Promise.all(
    ['acme', 'nobody'].map(async tenant => {
      const { error, error_code } = await admin.command('op.store.get', { key: 'a', namespace: `tenant:${tenant}` })
      return `${error_code} ${error}`
    })
  )
  assert.deepEqual(new Set(refusals), new Set(['AUTHORIZATION_ERROR The namespace belongs to another tenant']))
  assert.equal((await run(root, 'get', { key: 'a', namespace: 'tenant:acme' })).value, 1)
})

test('a watcher is told of every change once, its own ones too, until the end of the key', async t => {
  const server = await startServer(t)
  const [watcher, writer] = [await server.connect(), await server.connect()]
  assert.deepEqual(await run(watcher, 'watch', { prefix: 'a', namespace: 'lab' }), {
    namespace: 'lab',
    prefix: 'a',
    watching: true
  })
  await run(watcher, 'watch', { prefix: 'ab', namespace: 'lab' })
  await run(writer, 'set', { key: 'b', value: 1, namespace: 'lab' })
  await run(writer, 'set', { key: 'ab', value: 1 })
  await run(watcher, 'increment', { key: 'a', namespace: 'lab' })
  await run(writer, 'delete', { key: 'a', namespace: 'lab' })
  await run(writer, 'set', { key: 'ab', value: 1, namespace: 'lab', ttl_seconds: 1 })
  await until('the key has expired', () => changesOf(watcher).length === 4)
  assert.deepEqual(changesOf(watcher).map(sayChange), ['set lab a', 'delete lab a', 'set lab ab', 'expire lab ab'])
  assert.equal((await run(writer, 'get', { key: 'ab', namespace: 'lab' })).found, false)
  assert.deepEqual(await run(watcher, 'unwatch', { prefix: 'a', namespace: 'lab' }), {
    namespace: 'lab',
    prefix: 'a',
    watching: false
  })
  await run(watcher, 'set', { key: 'a', value: 1, namespace: 'lab' })
  await run(watcher, 'set', { key: 'abc', value: 1, namespace: 'lab' })
  await watcher.settle()
  assert.deepEqual(changesOf(watcher).slice(4).map(sayChange), ['set lab abc'])
})

test('a watcher that disconnects leaves others alone', async t => {
  const server = await startServer(t)
  const [leaving, staying] = [await server.connect(), await server.connect()]
  for (const client of [leaving, staying]) await run(client, 'watch', { prefix: '' })
  leaving.socket.terminate()
  await leaving.closed
  await run(staying, 'set', { key: 'a', value: 1 })
  assert.equal(changesOf(staying).length, 1)
  assert.equal(changesOf(leaving).length, 0)
})

test('keys and bytes are bounded for each tenant (lowered to 2 keys and 8 bytes)', async t => {
  const enter = await startTenancy(t, { ARQONBUS_MAX_STORE_KEYS: '2', ARQONBUS_MAX_STORE_BYTES: '8' })
  for (const client of [await enter('acme'), await enter('umbrella')]) {
    const codeOf = async (args: object) => (await client.command('op.store.set', args)).error_code
    assert.equal(await codeOf({ key: 'a', value: 123 }), undefined)
    assert.equal(await codeOf({ key: 'b', value: 1234 }), 'LIMIT_EXCEEDED')
    assert.equal(await codeOf({ key: 'b', value: 123, namespace: 'lab' }), undefined)
    assert.equal(await codeOf({ key: 'c', value: 1 }), 'LIMIT_EXCEEDED')
    await run(client, 'delete', { key: 'a' })
    assert.equal(await codeOf({ key: 'c', value: 123 }), undefined)
  }
})

for (const [what, env, name, within, beyond] of [
  ['key', { ARQONBUS_MAX_STORE_KEY_BYTES: '4' }, 'set', { key: 'éé', value: 1 }, { key: 'ééx', value: 1 }],
  ['value', { ARQONBUS_MAX_STORE_VALUE_BYTES: '4' }, 'set', { key: 'a', value: 'é' }, { key: 'a', value: 'éx' }],
  [
    'life',
    { ARQONBUS_MAX_STORE_TTL_SECONDS: '2' },
    'set',
    { key: 'a', value: 1, ttl_seconds: 2 },
    { key: 'a', value: 1, ttl_seconds: 2.001 }
  ],
  ['page', { ARQONBUS_MAX_STORE_PAGE: '2' }, 'list', { limit: 2 }, { limit: 3 }],
  ['number of watches', { ARQONBUS_MAX_STORE_WATCHES: '1' }, 'watch', { prefix: 'a' }, { prefix: 'b' }]
] as const) {
  test(`the ${what} is bounded, exactly`, async t => {
    const client = await (await startServer(t, env)).connect()
    await run(client, name, within)
    const refused = await client.command(`op.store.${name}`, beyond)
    assert.equal(refused.error_code, 'LIMIT_EXCEEDED')
    assert.match(refused.error, /^Limit exceeded: \S+ .* \d+ /)
  })
}

test('more keys than a page holds come in pages (lowered to 2)', async t => {
  const client = await (await startServer(t, { ARQONBUS_MAX_STORE_PAGE: '2' })).connect()
  for (const key of ['c', 'a', 'b']) await run(client, 'set', { key, value: 1 })
  const { next_cursor: cursor, ...first } = await run(client, 'list')
  assert.deepEqual(first, { namespace: 'default', count: 2, keys: ['a', 'b'] })
  assert.deepEqual(await run(client, 'list', { cursor }), { namespace: 'default', count: 1, keys: ['c'] })
  assert.equal((await client.command('op.store.list', { cursor: 'b' })).error_code, 'VALIDATION_ERROR')
})

test('of clients that race for a version, exactly one wins, and no count is lost', async t => {
  const server = await startServer(t)
  const clients = await Promise.all(Array.from({ length: 5 }, () => server.connect()))
  const answers = await Promise.all(
    clients.map((client, at) => client.command('op.store.set', { key: 'lease', value: at, if_version: 0 }))
  )
  assert.deepEqual(answers.map(answer => answer.error_code ?? 'won').sort(), [...Array(4).fill('CONFLICT'), 'won'])
  const turns = clients.flatMap(client => [1, 2, 3].map(by => run(client, 'increment', { key: 'n', by: String(by) })))
  await Promise.all(turns)
  assert.equal((await run(clients[0] as TestClient, 'get', { key: 'n' })).value, 30)
})

test('content that the policy blocks is refused as on every other door, and kept nowhere', async t => {
  const client = await (
    await startServer(t, {
      ARQONBUS_CASIL_ENABLED: 'true',
      ARQONBUS_CASIL_MODE: 'enforce',
      ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true'
    })
  ).connect()
  await run(client, 'watch', { prefix: '' })
  const refused = await client.command('op.store.set', { key: 'a', value: { text: KEY } })
  const { type, error_code, room, channel, payload } = refused
  assert.deepEqual(
    { type, error_code, room, channel, payload },
    {
      type: 'error',
      error_code: 'CASIL_POLICY_BLOCKED_SECRET',
      room: 'store',
      channel: 'default',
      payload: { reason: 'CASIL_POLICY_BLOCKED_SECRET' }
    }
  )
  assert.equal((await run(client, 'get', { key: 'a' })).found, false)
  assert.deepEqual(changesOf(client), [])
})
