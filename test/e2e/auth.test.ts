import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startServer, type TestClient, type TestServer } from '../helper.ts'
import { portOf } from '../support/bounds.ts'
import { type RawResponse, RawSocket } from '../support/raw-socket.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

type Claims = Readonly<Record<string, unknown>>

function start(t: TestContext, env: Record<string, string> = {}): Promise<TestServer> {
  return startServer(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET, ...env })
}

function tokenOf(claims: Claims = {}): string {
  return signToken(validClaims(Date.now(), claims))
}

function enter(server: TestServer, claims: Claims = {}, path = '/ws'): Promise<TestClient> {
  return server.connect(path, { headers: { Authorization: `Bearer ${tokenOf(claims)}` } })
}

async function upgrade(t: TestContext, server: TestServer, headers: Record<string, string>, path = '/ws') {
  return (await RawSocket.upgrade(t, portOf(server), { headers, path })).response()
}

function assertRefused(response: RawResponse, code: string, details: string): void {
  assert.equal(response.status, 401)
  assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="arqonbus"')
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(JSON.parse(response.body), { error: 'Unauthorized', code, details })
}

test('a token in the header lets in, in any case of letters of the scheme', async t => {
  const server = await start(t)
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const { status } = await upgrade(t, server, { Authorization: `${scheme} ${tokenOf()}` })
    assert.equal(status, 101)
  }
})

test('a token beside the subprotocol lets in, and only the subprotocol is echoed', async t => {
  const server = await start(t)
  const { status, headers } = await upgrade(t, server, {
    'Sec-WebSocket-Protocol': `bearer.${tokenOf()}, arqonbus.v1`
  })
  assert.deepEqual([status, headers.get('sec-websocket-protocol')], [101, 'arqonbus.v1'])
})

test('a token as the only subprotocol lets in and is not echoed', async t => {
  const server = await start(t)
  const { status, headers } = await upgrade(t, server, { 'Sec-WebSocket-Protocol': `bearer.${tokenOf()}` })
  assert.deepEqual([status, headers.has('sec-websocket-protocol')], [101, false])
})

test('a token in the query lets in under each of its names, unless that is turned off', async t => {
  const [server, strict] = [await start(t), await start(t, { ARQONBUS_ALLOW_QUERY_TOKEN: 'false' })]
  for (const name of ['token', 'access_token', 'auth_token']) {
    const path = `/ws?${name}=${tokenOf()}`
    assert.equal((await upgrade(t, server, {}, path)).status, 101)
    assertRefused(await upgrade(t, strict, {}, path), 'AUTH_REQUIRED', 'Missing bearer token')
  }
})

test('the header counts before the subprotocol, and the subprotocol before the query', async t => {
  const server = await start(t)
  const authorization = { Authorization: `Bearer ${tokenOf({ sub: 'header' })}` }
  const protocol = { 'Sec-WebSocket-Protocol': `bearer.${tokenOf({ sub: 'protocol' })}` }
  const path = `/ws?token=${tokenOf({ sub: 'query' })}`
  for (const [headers, subject] of [
    [{ ...authorization, ...protocol }, 'header'],
    [protocol, 'protocol'],
    [{}, 'query']
  ] as const) {
    const raw = await RawSocket.open(t, portOf(server), { headers, path })
    raw.json({ type: 'command', id: 'arq_who', command: 'whoami' })
    assert.equal((await raw.next(frame => frame.request_id === 'arq_who')).payload.data.subject, subject)
  }
})

test('no token is answered with 401 and the words of the protocol', async t => {
  const server = await start(t)
  assertRefused(await upgrade(t, server, {}), 'AUTH_REQUIRED', 'Missing bearer token')
  assertRefused(await upgrade(t, server, {}, '/'), 'AUTH_REQUIRED', 'Missing bearer token')
  assertRefused(await upgrade(t, server, { Authorization: 'Basic YTpi' }), 'AUTH_REQUIRED', 'Missing bearer token')
})

test('every bad token is answered with 401 and the same words', async t => {
  const server = await start(t)
  const nowSeconds = Math.floor(Date.now() / 1000)
  const bad: Readonly<Record<string, string>> = {
    junk: 'junk',
    'another secret': signToken(validClaims(Date.now()), { key: 'another-secret-of-the-same-length-0123456789' }),
    'no signature': signToken(validClaims(Date.now()), { algorithm: 'none' }),
    'a changed payload': `${tokenOf().split('.').slice(0, 2).join('.')}x.${tokenOf().split('.')[2]}`,
    expired: tokenOf({ iat: nowSeconds - 100, exp: nowSeconds - 10 }),
    'not yet valid': tokenOf({ nbf: nowSeconds + 100 }),
    'issued in the future': tokenOf({ iat: nowSeconds + 100 }),
    'without an end': signToken({ sub: 'a' }),
    'without a real end': signToken('{"sub":"a","exp":1e999}'),
    'an end that is text': tokenOf({ exp: String(nowSeconds + 100) }),
    'a life too long': tokenOf({ exp: nowSeconds + 100_000 }),
    'a tenant that is no name': tokenOf({ tenant_id: '../other' }),
    'a tenant that is no text': tokenOf({ tenant_id: 7 })
  }
  for (const [what, token] of Object.entries(bad)) {
    const response = await upgrade(t, server, { Authorization: `Bearer ${token}` })
    assert.equal(response.status, 401, what)
    assertRefused(response, 'AUTH_INVALID', 'Invalid token')
  }
})

test('roles decide who creates channels and speaks for the system', async t => {
  const server = await start(t)
  for (const [role, may] of [
    [undefined, false],
    ['user', false],
    ['operator', false],
    ['admin', true],
    ['ADMIN', true],
    ['superadmin', true]
  ] as const) {
    const client = await enter(server, { role, tenant_id: `tenant-${role}` })
    const created = await client.command('create_channel', { room: 'lab', channel: 'bench' })
    assert.equal(created.error_code, may ? undefined : 'AUTHORIZATION_ERROR')
    const announced = await client.ask({ type: 'system', room: '*', payload: { text: 'hello' } })
    assert.equal(announced.error_code, may ? undefined : 'AUTHORIZATION_ERROR')
  }
})

test('role and tenant come from nowhere but the token', async t => {
  const server = await start(t)
  const client = await enter(server, {}, '/ws?role=admin&tenant_id=acme&tenant=acme&sub=root')
  const { client: record, subject } = (await client.command('whoami')).payload.data
  assert.deepEqual([record.role, record.tenant_id, subject], ['user', 'default', 'user-1'])
  const spoofed = { role: 'admin', tenant_id: 'acme', sender: 'arqonbus', room: 'lab', channel: 'bench' }
  const reader = await enter(server)
  await reader.join('lab:bench')
  await client.ask({ type: 'message', ...spoofed, metadata: { role: 'admin', tenant_id: 'acme' }, payload: {} })
  assert.equal((await reader.next(frame => frame.type === 'message')).sender, client.id)
})

const limited = { channels: { publish: ['lab:*', 'news:in-*'], subscribe: ['science:*', 'lab:bench'] } }

test('capabilities decide where a client publishes', async t => {
  const server = await start(t)
  const client = await enter(server, limited)
  const targets: Readonly<Record<string, boolean>> = {
    'lab:bench': true,
    'lab:other': true,
    lab: true,
    'news:in-box': true,
    'news:out-box': false,
    news: false,
    'laboratory:bench': false,
    'science:explore': false
  }
  for (const [room, may] of Object.entries(targets)) {
    const answer = await client.ask({ type: 'message', room, payload: {}, ack: true })
    assert.equal(answer.error_code, may ? undefined : 'AUTHORIZATION_ERROR', room)
  }
  const { channels } = (await client.command('list_channels')).payload.data
  assert.equal(
    channels.some((channel: { room: string }) => channel.room === 'laboratory'),
    false
  )
})

test('capabilities decide what a client joins and reads', async t => {
  const server = await start(t)
  const client = await enter(server, limited)
  for (const [address, may] of [
    ['science:explore', true],
    ['lab:bench', true],
    ['lab:other', false],
    ['news:in-box', false]
  ] as const) {
    const [room, channel] = address.split(':')
    const joined = await client.command('join_channel', { channel_id: address })
    assert.equal(joined.error_code, may ? undefined : 'AUTHORIZATION_ERROR', `join ${address}`)
    for (const name of ['history', 'op.history.get']) {
      const read = await client.command(name, { room, channel })
      assert.equal(read.error_code, may ? undefined : 'AUTHORIZATION_ERROR', `${name} ${address}`)
    }
  }
  assert.equal((await client.command('history', { room: 'science' })).status, 'success')
  assert.equal((await client.command('history', { room: 'lab' })).error_code, 'AUTHORIZATION_ERROR')
})

test('an initial address that a token does not allow is refused in band', async t => {
  const server = await start(t)
  const client = await enter(server, limited, '/ws?room=news&channel=in-box')
  assert.equal((await client.next(frame => frame.type === 'error')).error_code, 'AUTHORIZATION_ERROR')
  const { channels } = (await client.command('whoami')).payload.data
  assert.deepEqual(channels, [])
})

test('an id counts as repeated for the same subject, also after a reconnect', async t => {
  const server = await start(t)
  const message = { type: 'message', id: 'arq_once', room: 'lab', channel: 'bench', payload: {}, ack: true }
  const reader = await enter(server, { sub: 'reader' })
  await reader.join('lab:bench')
  const first = await enter(server, { sub: 'ada' })
  const original = await first.ask(message)
  first.socket.terminate()
  await first.closed

  const again = await (await enter(server, { sub: 'ada' })).ask(message)
  assert.deepEqual([again.duplicate, again.sequence], [true, original.sequence])
  const other = await (await enter(server, { sub: 'bob' })).ask(message)
  assert.deepEqual([other.duplicate, other.sequence], [undefined, original.sequence + 1])
  await reader.settle()
  assert.equal(reader.received().length, 2)
})

test('a connection ends with 4410 when its token does, within 5 seconds', async t => {
  const server = await start(t)
  const exp = Math.floor(Date.now() / 1000) + 2
  const client = await enter(server, { exp })
  assert.equal((await client.closed).code, 4410)
  const lateMs = Date.now() - exp * 1000
  assert.ok(lateMs >= 0 && lateMs <= 5_000, `${lateMs} ms after the end`)
})

test('a refresh in band keeps the connection beyond the end of its first token', async t => {
  const { now } = Date
  let passedMs = 0
  t.mock.method(Date, 'now', () => now() + passedMs)
  const server = await start(t)
  const exp = Math.floor(Date.now() / 1000) + 60
  const [renewed, left] = [await enter(server, { exp }), await enter(server, { exp, sub: 'user-2' })]
  const answer = await renewed.command('refresh', { token: tokenOf({ exp: exp + 600 }) })
  assert.equal(answer.payload.data.expires_at, new Date((exp + 600) * 1000).toISOString())
  passedMs = 61_000
  assert.equal((await left.closed).code, 4410)
  await renewed.settle()
})

test('a refresh by a token of another subject or tenant, or a bad one, is refused and changes nothing', async t => {
  const server = await start(t)
  const client = await enter(server, { sub: 'ada', tenant_id: 'acme' })
  for (const [token, code] of [
    [tokenOf({ sub: 'bob', tenant_id: 'acme', role: 'admin' }), 'AUTHORIZATION_ERROR'],
    [tokenOf({ sub: 'ada', tenant_id: 'other', role: 'admin' }), 'AUTHORIZATION_ERROR'],
    [tokenOf({ sub: 'ada', role: 'admin' }), 'AUTHORIZATION_ERROR'],
    ['junk', 'AUTH_INVALID']
  ]) {
    assert.equal((await client.command('refresh', { token })).error_code, code)
  }
  const { client: record } = (await client.command('whoami')).payload.data
  assert.deepEqual([record.role, record.tenant_id], ['user', 'acme'])
})

test('a refresh that takes capabilities away ends the memberships they allowed', async t => {
  const server = await start(t)
  const client = await enter(server, { sub: 'ada' })
  for (const address of ['lab:bench', 'science:explore']) await client.join(address)
  await client.command('refresh', { token: tokenOf({ sub: 'ada', ...limited, role: 'admin' }) })
  await client.command('refresh', { token: tokenOf({ sub: 'ada', channels: { subscribe: ['science:*'] } }) })
  const { client: record, channels } = (await client.command('whoami')).payload.data
  assert.deepEqual([record.role, channels], ['user', ['science:explore']])

  const writer = await enter(server, { sub: 'bob' })
  await writer.ask({ type: 'message', room: 'lab:bench', payload: {} })
  await writer.ask({ type: 'message', room: 'science:explore', payload: {} })
  await client.settle()
  assert.deepEqual(
    client.received().map(frame => frame.room),
    ['science']
  )
  assert.equal(
    (await client.ask({ type: 'message', room: 'lab:bench', payload: {} })).error_code,
    'AUTHORIZATION_ERROR'
  )
})
