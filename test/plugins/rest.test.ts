import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const JSON_HEADERS = { 'content-type': 'application/json' }

/** Asks a server, and returns the status with the body that came. */
async function setDoor(t: TestContext, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  async function ask(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) {
    const { body, headers = {} } = options
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(`${server.httpUrl}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : JSON_HEADERS), ...headers },
      ...(body === undefined ? {} : { body: text })
    })
    const answer = await response.text()
    return { status: response.status, headers: response.headers, body: answer === '' ? undefined : JSON.parse(answer) }
  }
  const bearer = (claims: Record<string, unknown>) => ({
    authorization: `Bearer ${signToken(validClaims(Date.now(), claims))}`
  })
  return { ...server, ask, bearer }
}

test('without authentication this machine may ask', async t => {
  const { ask } = await setDoor(t)
  const { status, headers } = await ask('GET', '/v1/rooms')
  assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store'])
})

test('without authentication whoever was sent on by a proxy, or means another machine, is refused', async t => {
  const { app } = await startServer(t)
  for (const headers of [
    { host: 'bus.example' },
    { host: 'localhost', 'x-forwarded-for': '127.0.0.1' },
    { host: 'localhost', forwarded: 'for=127.0.0.1' }
  ]) {
    const response = await app.inject({ url: '/v1/rooms', headers })
    assert.deepEqual([response.statusCode, response.json().code], [401, 'AUTH_REQUIRED'], JSON.stringify(headers))
  }
  const remote = await app.inject({ url: '/v1/rooms', headers: { host: 'localhost' }, remoteAddress: '192.0.2.1' })
  assert.equal(remote.statusCode, 401)
})

test('without authentication a page from elsewhere is refused', async t => {
  const { ask } = await setDoor(t)
  const refused = await ask('POST', '/v1/announce', { body: { payload: {} }, headers: { origin: 'https://a.example' } })
  assert.deepEqual([refused.status, refused.body.code], [403, 'ORIGIN_DENIED'])
  assert.equal((await ask('GET', '/v1/rooms', { headers: { origin: 'http://localhost:3000' } })).status, 200)
})

test('with authentication a token with the role admin is needed', async t => {
  const { ask, bearer } = await setDoor(t, auth)
  for (const [headers, status, code] of [
    [{}, 401, 'AUTH_REQUIRED'],
    [{ authorization: 'Bearer nonsense' }, 401, 'AUTH_INVALID'],
    [bearer({ role: 'user' }), 403, 'AUTHORIZATION_ERROR']
  ] as const) {
    const refused = await ask('GET', '/v1/rooms', { headers })
    assert.deepEqual([refused.status, refused.body.code], [status, code])
    assert.equal(refused.headers.get('www-authenticate'), status === 401 ? 'Bearer realm="arqonbus"' : null)
  }
  assert.equal((await ask('GET', '/v1/rooms', { headers: bearer({ role: 'admin' }) })).status, 200)
  assert.equal((await ask('GET', '/v1/rooms', { headers: bearer({ role: 'superadmin' }) })).status, 200)
})

test('an admin sees and changes its own tenant alone', async t => {
  const { ask, bearer } = await setDoor(t, auth)
  const [north, south] = ['north', 'south'].map(tenant_id => ({ headers: bearer({ role: 'admin', tenant_id }) }))
  const made = await ask('POST', '/v1/rooms/lab/channels', { body: { channel: 'one' }, ...north })
  assert.equal(made.status, 201)
  assert.equal((await ask('GET', '/v1/rooms/lab/channels/one', north)).status, 200)
  const unseen = await ask('GET', '/v1/rooms/lab/channels/one', south)
  assert.deepEqual([unseen.status, unseen.body.code], [404, 'CHANNEL_NOT_FOUND'])
})

test('a token in the query opens nothing', async t => {
  const { ask, bearer } = await setDoor(t, auth)
  const token = bearer({ role: 'admin' }).authorization.slice('Bearer '.length)
  assert.equal((await ask('GET', `/v1/rooms?token=${token}`)).status, 401)
})

test('bodies are JSON objects within the bounds of frames, and every fault is named', async t => {
  const { ask } = await setDoor(t, { ARQONBUS_MAX_BODY_BYTES: '2000', ARQONBUS_MAX_JSON_DEPTH: '4' })
  for (const [body, headers, status, details] of [
    ['{', {}, 400, /body: must be JSON/],
    ['[]', {}, 400, /body: must be a JSON object/],
    ['{"payload":{"a":{"b":{"c":{}}}}}', {}, 400, /nested deeper than 4/],
    ['{"payload":{},"payload":{}}', {}, 400, /duplicate key/],
    ['{"payload":{"__proto__":1}}', {}, 400, /__proto__/],
    ['{"payload":{"n":1e999}}', {}, 400, /out of range/],
    ['{"payload":1,"other":2}', {}, 400, /other: is not known; payload: must be an object/],
    ['', {}, 400, /payload: is required/],
    [`{"payload":{"a":"${'x'.repeat(2000)}"}}`, {}, 413, /too large/],
    ['payload=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, /application\/json/]
  ] as const) {
    const refused = await ask('POST', '/v1/announce', { body, headers })
    assert.equal(refused.status, status, body.slice(0, 40))
    assert.match(refused.body.details, details)
  }
})

test('more requests than a caller may make in a second are refused, and others are not', async t => {
  const { ask, bearer } = await setDoor(t, { ...auth, ARQONBUS_REST_PER_SECOND: '3' })
  const [ada, bob] = ['ada', 'bob'].map(sub => ({ headers: bearer({ role: 'admin', sub }) }))
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/v1/rooms', ada)))
  const refused = answers.filter(({ status }) => status === 429)
  assert.ok(refused.length > 0)
  assert.equal(refused[0]?.body.code, 'RATE_LIMITED')
  assert.equal(refused[0]?.headers.get('retry-after'), '1')
  assert.equal((await ask('GET', '/v1/rooms', bob)).status, 200)
})

test('a body that is not UTF-8 is refused, and not mended', async t => {
  const { app } = await startServer(t)
  const post = (text: string, encoding: BufferEncoding) =>
    app.inject({
      method: 'POST',
      url: '/v1/announce',
      headers: { host: 'localhost', ...JSON_HEADERS },
      payload: Buffer.from(`{"payload":{"text":"${text}"}}`, encoding)
    })
  const refused = await post('caf\u00e9', 'latin1')
  assert.deepEqual([refused.statusCode, refused.json().details], [400, 'body: must be UTF-8'])
  assert.equal((await post('caf\u00e9', 'utf8')).statusCode, 201)
})

test('a page of an allowed origin may ask from a browser, others get no leave', async t => {
  const { ask } = await setDoor(t, { ...auth, ARQONBUS_ALLOWED_ORIGINS: 'https://app.example' })
  const preflight = (origin: string) =>
    ask('OPTIONS', '/v1/rooms', { headers: { origin, 'access-control-request-method': 'PUT' } })
  const [allowed, denied] = [await preflight('https://app.example'), await preflight('https://a.example')]
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example')
  assert.match(allowed.headers.get('access-control-allow-methods') ?? '', /PUT/)
  assert.equal(denied.headers.get('access-control-allow-origin'), null)
})

test('a page may read the headers that say what came of its request', async t => {
  const { ask } = await setDoor(t, { ARQONBUS_ALLOWED_ORIGINS: 'https://app.example' })
  const { headers } = await ask('GET', '/v1/rooms', { headers: { origin: 'https://app.example' } })
  assert.equal(headers.get('access-control-expose-headers'), 'ETag, Idempotent-Replayed, Retry-After')
})

test('while the server drains nothing is changed any more, and can still be read', async t => {
  const { app } = await startServer(t)
  const headers = { host: 'localhost' }
  const draining = app.bus.drain()
  const refused = await app.inject({ method: 'POST', url: '/v1/announce', headers, payload: { payload: {} } })
  assert.deepEqual([refused.statusCode, refused.json().code], [503, 'DRAINING'])
  assert.ok(Number(refused.headers['retry-after']) >= 1)
  assert.equal((await app.inject({ url: '/v1/rooms', headers })).statusCode, 200)
  await draining
})

test('with operators on a port of their own, the public one does not know them', async t => {
  const { app, ask } = await setDoor(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  assert.equal((await ask('GET', '/v1/rooms')).status, 404)
  await app.listenOps()
  const { port } = app.opsAddress() ?? { port: 0 }
  assert.equal((await fetch(`http://127.0.0.1:${port}/v1/rooms`)).status, 200)
})
