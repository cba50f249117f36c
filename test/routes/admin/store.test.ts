import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

const url = '/store/lab/agents%2Fplanner'

test('a value is put, read, listed and deleted under any key', async t => {
  const { ask } = await openDesk(t)
  const put = await ask('PUT', url, { body: { value: { state: 'idle' } } })
  assert.deepEqual(
    [put.status, put.body.namespace, put.body.key, put.body.updated],
    [200, 'lab', 'agents/planner', true]
  )
  assert.equal(put.headers.get('etag'), `"${put.body.version}"`)
  const read = await ask('GET', url)
  assert.deepEqual(read.body, {
    namespace: 'lab',
    key: 'agents/planner',
    value: { state: 'idle' },
    version: put.body.version
  })
  assert.deepEqual(
    [read.headers.get('etag'), read.headers.get('content-type')],
    [put.headers.get('etag'), 'application/json; charset=utf-8']
  )
  await ask('PUT', '/store/lab/__proto__', { body: { value: 1 } })
  const listed = await ask('GET', '/store/lab?prefix=agents/')
  assert.deepEqual([listed.body.keys, listed.body.count], [['agents/planner'], 1])
  const all = await ask('GET', '/store/lab?limit=1')
  assert.deepEqual(all.body.keys, ['__proto__'])
  const rest = await ask('GET', `/store/lab?limit=1&cursor=${encodeURIComponent(all.body.next_cursor)}`)
  assert.deepEqual([rest.body.keys, rest.body.next_cursor], [['agents/planner'], undefined])
  const deleted = await ask('DELETE', url)
  assert.deepEqual([deleted.status, deleted.body], [200, { namespace: 'lab', key: 'agents/planner', deleted: true }])
  for (const method of ['GET', 'DELETE']) assert.deepEqual(gist(await ask(method, url)), [404, 'NOT_FOUND'])
})

test('a key can be as long as the settings say, and not a byte longer', async t => {
  const { ask } = await openDesk(t)
  assert.equal((await ask('PUT', `/store/lab/${'k'.repeat(256)}`, { body: { value: 1 } })).status, 200)
  assert.equal((await ask('GET', `/store/lab/${'k'.repeat(256)}`)).body.value, 1)
  const refused = await ask('PUT', `/store/lab/${'k'.repeat(257)}`, { body: { value: 1 } })
  assert.deepEqual(gist(refused), [413, 'LIMIT_EXCEEDED'])
  assert.equal(
    (await ask('PUT', `/store/lab/${encodeURIComponent('é'.repeat(128))}`, { body: { value: 1 } })).status,
    200
  )
})

test('a path over the bound of URLs is refused as one', async t => {
  const { ask } = await openDesk(t)
  assert.deepEqual(gist(await ask('GET', `/store/lab/${'k'.repeat(2100)}`)), [414, 'URI_TOO_LONG'])
})

test('If-Match lets through who knows the present version', async t => {
  const { ask } = await openDesk(t)
  const first = await ask('PUT', url, { body: { value: 1 } })
  const ifMatch = (version: number) => ({ headers: { 'if-match': `"${version}"` } })
  const second = await ask('PUT', url, { body: { value: 2 }, ...ifMatch(first.body.version) })
  assert.equal(second.status, 200)
  const late = await ask('PUT', url, { body: { value: 3 }, ...ifMatch(first.body.version) })
  assert.deepEqual(
    [...gist(late), late.body.details],
    [409, 'CONFLICT', `The key is at version ${second.body.version}`]
  )
  assert.deepEqual(gist(await ask('DELETE', url, ifMatch(first.body.version))), [409, 'CONFLICT'])
  assert.equal((await ask('GET', url)).body.value, 2)
  assert.equal((await ask('DELETE', url, ifMatch(second.body.version))).status, 200)
  const gone = await ask('PUT', url, { body: { value: 4 }, ...ifMatch(second.body.version) })
  assert.deepEqual([...gist(gone), gone.body.details], [409, 'CONFLICT', 'The key does not exist'])
})

test('If-None-Match: * lets through only the first value', async t => {
  const { ask } = await openDesk(t)
  const put = (value: number) => ask('PUT', url, { body: { value }, headers: { 'if-none-match': '*' } })
  assert.equal((await put(1)).status, 200)
  assert.deepEqual(gist(await put(2)), [409, 'CONFLICT'])
  assert.equal((await ask('GET', url)).body.value, 1)
})

test('a condition that is no ETag is refused', async t => {
  const { ask } = await openDesk(t)
  for (const headers of [
    { 'if-match': '3' },
    { 'if-match': '*' },
    { 'if-match': 'W/"3"' },
    { 'if-match': '"0"' },
    { 'if-none-match': '"3"' },
    { 'if-match': '"3"', 'if-none-match': '*' }
  ]) {
    const refused = await ask('PUT', url, { body: { value: 1 }, headers: headers as Record<string, string> })
    assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'], JSON.stringify(headers))
  }
  assert.equal((await ask('GET', url)).status, 404)
})

test('members who watch are told of what was put over HTTP', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.command('op.store.watch', { namespace: 'lab', prefix: 'agents/' })
  const { body } = await ask('PUT', url, { body: { value: { state: 'busy' } } })
  const { payload } = await ada.next(frame => frame.payload?.event === 'store_changed')
  assert.deepEqual(
    [payload.key, payload.operation, payload.version, payload.value],
    ['agents/planner', 'set', body.version, { state: 'busy' }]
  )
})

test('a tenant has its own values, and the namespace of another is refused', async t => {
  const { ask } = await openDesk(t, auth)
  await ask('PUT', url, { body: { value: 1 } })
  const south = admin('south')
  assert.deepEqual(gist(await ask('GET', url, {}, south)), [404, 'NOT_FOUND'])
  assert.deepEqual(gist(await ask('DELETE', url, {}, south)), [404, 'NOT_FOUND'])
  assert.deepEqual((await ask('GET', '/store/lab', {}, south)).body.keys, [])
  for (const tenant of ['north', 'nobody'])
    assert.deepEqual(gist(await ask('GET', `/store/tenant:${tenant}`, {}, south)), [403, 'AUTHORIZATION_ERROR'])
  assert.equal((await ask('GET', '/store/tenant:north')).body.namespace, 'tenant:north')
  assert.equal((await ask('GET', url)).body.value, 1)
})

test('a value that the policy blocks is not stored', async t => {
  const { ask } = await openDesk(t, guarded)
  const refused = await ask('PUT', url, { body: { value: { key: SECRET } } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.deepEqual(gist(await ask('GET', url)), [404, 'NOT_FOUND'])
})

test('a tenant can have as many keys as the settings say, and not one more', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_MAX_STORE_KEYS: '1' })
  assert.equal((await ask('PUT', '/store/lab/a', { body: { value: 1 } })).status, 200)
  assert.deepEqual(gist(await ask('PUT', '/store/lab/b', { body: { value: 1 } })), [413, 'LIMIT_EXCEEDED'])
  assert.equal((await ask('PUT', '/store/lab/a', { body: { value: 2 } })).status, 200)
})

test('every fault of a value is named', async t => {
  const { ask } = await openDesk(t)
  const refused = await ask('PUT', '/store/-/a', { body: { value: null, ttl_seconds: 0, if_version: 1 } })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  const missing = await ask('PUT', url, { body: { ttl_seconds: 0, if_version: 1 } })
  assert.equal(
    missing.body.details,
    'value: is required; if_version: is not known; ttl_seconds: must be a number of at least 1'
  )
  const nothing = await ask('PUT', url, { body: { value: null } })
  assert.match(nothing.body.details, /value: must be any JSON value but null/)
  const listed = await ask('GET', '/store/lab?limit=0&colour=red')
  assert.equal(listed.body.details, 'colour: is not known; limit: must be an integer of at least 1')
})
