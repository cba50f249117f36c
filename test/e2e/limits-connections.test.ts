import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer, type TestServer } from '../helper.ts'
import { type Bound, checkBounds, portOf } from '../support/bounds.ts'
import { startKeyServer } from '../support/key-server.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { makeKeyPair, signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const proxy = { ARQONBUS_TRUST_PROXY: '127.0.0.1' }

/** What became of the last of so many handshakes, all others being open. */
function handshakes(headersOf: (index: number) => Record<string, string>): Bound['attempt'] {
  return async (server, size, t) => {
    let outcome = 'ok'
    for (let index = 1; index <= size; index++) {
      const raw = await RawSocket.upgrade(t, portOf(server), { headers: headersOf(index) })
      outcome = await outcomeOf(raw)
    }
    return outcome
  }
}

async function outcomeOf(raw: RawSocket): Promise<string> {
  const { status, headers, body } = await raw.response()
  if (status === 101) return 'ok'
  assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ['code', 'details', 'error'])
  return headers.has('retry-after') ? `http ${status}, Retry-After` : `http ${status}`
}

function bearer(claims: object): Record<string, string> {
  return { Authorization: `Bearer ${signToken(validClaims(Date.now(), { ...claims }))}` }
}

/** The status of an HTTP request that is sent as it stands. */
async function statusOf(t: TestContext, server: TestServer, request: string): Promise<string> {
  const raw = await RawSocket.dial(t, portOf(server))
  raw.write(request)
  return `http ${(await raw.response()).status}`
}

const bounds: readonly Bound[] = [
  {
    limit: 'connections of the process (lowered)',
    bound: 3,
    over: 'http 503, Retry-After',
    env: { ARQONBUS_MAX_CONNECTIONS: '3' },
    attempt: handshakes(() => ({}))
  },
  {
    limit: 'connections of a tenant (lowered)',
    bound: 3,
    over: 'http 429, Retry-After',
    env: { ...auth, ARQONBUS_MAX_CONNECTIONS_PER_TENANT: '3' },
    attempt: handshakes(index => bearer({ sub: `user-${index}`, tenant_id: 'acme' }))
  },
  {
    limit: 'connections of a user (lowered)',
    bound: 3,
    over: 'http 429, Retry-After',
    env: { ...auth, ARQONBUS_MAX_CONNECTIONS_PER_USER: '3' },
    attempt: handshakes(() => bearer({ sub: 'user-1' }))
  },
  {
    limit: 'connections of an address (lowered)',
    bound: 3,
    over: 'http 429, Retry-After',
    env: { ...proxy, ARQONBUS_MAX_CONNECTIONS_PER_IP: '3' },
    attempt: handshakes(() => ({ 'X-Forwarded-For': '203.0.113.7' }))
  },
  {
    limit: 'seconds of a token (lowered)',
    bound: 600 + 5,
    over: 'http 401',
    env: { ...auth, ARQONBUS_MAX_TOKEN_LIFE_SECONDS: '600' },
    attempt: async (server, size, t) => {
      const iat = Math.floor(Date.now() / 1000)
      const raw = await RawSocket.upgrade(t, portOf(server), { headers: bearer({ iat, exp: iat + size }) })
      return outcomeOf(raw)
    }
  },
  {
    limit: 'characters of a URL',
    bound: 2048,
    over: 'http 414',
    attempt: async (server, size, t) => {
      const url = `/health?${'q'.repeat(size - '/health?'.length)}`
      const status = await statusOf(t, server, `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      return status === 'http 200' ? 'ok' : status
    }
  },
  {
    limit: 'characters of the URL of a socket',
    bound: 2048,
    over: 'http 414',
    env: { ARQONBUS_HANDSHAKE_TIMEOUT_MS: '500' },
    attempt: async (server, size, t) => {
      const path = `/ws?screen_name=ada&ignored=${'q'.repeat(size - '/ws?screen_name=ada&ignored='.length)}`
      return outcomeOf(await RawSocket.upgrade(t, portOf(server), { path }))
    }
  },
  {
    limit: 'bytes of URL, names and values of headers',
    bound: 8192,
    over: 'http 431',
    attempt: async (server, size, t) => {
      const filling = 'f'.repeat(size - '/healthHostxConnectioncloseFilling'.length)
      const head = `GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nFilling: ${filling}\r\n\r\n`
      const status = await statusOf(t, server, head)
      return status === 'http 200' ? 'ok' : status
    }
  },
  {
    limit: 'bytes of an HTTP body',
    bound: 1_048_576,
    over: 'http 413',
    attempt: async (server, size, t) => {
      // The head alone is refused; whoever goes on sending may find the connection reset before it has read the answer.
      const body = size > 1_048_576 ? '' : `"${'b'.repeat(size - 2)}"`
      const head = `POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${size}`
      const status = await statusOf(t, server, `${head}\r\n\r\n${body}`)
      return status === 'http 404' ? 'ok' : status
    }
  }
]

test('connections and requests are bounded', { concurrency: 4 }, t => checkBounds(t, bounds))

/** Asks for sockets one after the other until one is refused; tells how many were let in, how the last one fared, and the time. */
async function countHandshakes(t: TestContext, server: TestServer, headers: Record<string, string>) {
  const startMs = performance.now()
  for (let accepted = 0; ; accepted++) {
    const outcome = await outcomeOf(await RawSocket.upgrade(t, portOf(server), { headers }))
    if (outcome !== 'ok') return { accepted, outcome, seconds: (performance.now() - startMs) / 1000 }
  }
}

test('handshakes of one address stop at the burst and what comes back meanwhile (lowered to 20, 1 a second)', async t => {
  const env = { ...proxy, ARQONBUS_HANDSHAKE_BURST_PER_IP: '20', ARQONBUS_HANDSHAKES_PER_SECOND_PER_IP: '1' }
  const server = await startServer(t, env)
  const { accepted, outcome, seconds } = await countHandshakes(t, server, { 'X-Forwarded-For': '203.0.113.7' })
  assert.equal(outcome, 'http 429, Retry-After')
  assert.ok(accepted >= 20 && accepted <= 20 + Math.ceil(seconds), `${accepted} accepted`)
  const other = await RawSocket.upgrade(t, portOf(server), { headers: { 'X-Forwarded-For': '203.0.113.8' } })
  assert.equal(await outcomeOf(other), 'ok')
})

test('handshakes of the process stop at the rate of a second (lowered to 5)', async t => {
  const server = await startServer(t, { ARQONBUS_HANDSHAKES_PER_SECOND: '5' })
  const { accepted, outcome, seconds } = await countHandshakes(t, server, {})
  assert.equal(outcome, 'http 503, Retry-After')
  assert.ok(accepted >= 5 && accepted <= 5 + Math.ceil(5 * seconds), `${accepted} accepted`)
})

test('loopback has no rate of its own, and a header of a stranger makes nobody another address', async t => {
  const env = { ARQONBUS_HANDSHAKE_BURST_PER_IP: '1', ARQONBUS_HANDSHAKES_PER_SECOND_PER_IP: '1' }
  const server = await startServer(t, env)
  for (let count = 0; count < 5; count++) {
    const raw = await RawSocket.upgrade(t, portOf(server), { headers: { 'X-Forwarded-For': '203.0.113.7' } })
    assert.equal(await outcomeOf(raw), 'ok')
  }
})

test('an address in front of the one that the proxy saw is not believed', async t => {
  const server = await startServer(t, { ...proxy, ARQONBUS_MAX_CONNECTIONS_PER_IP: '1' })
  const outcomes: string[] = []
  for (const forged of ['198.51.100.1', '198.51.100.2']) {
    const headers = { 'X-Forwarded-For': `${forged}, 203.0.113.7` }
    outcomes.push(await outcomeOf(await RawSocket.upgrade(t, portOf(server), { headers })))
  }
  assert.deepEqual(outcomes, ['ok', 'http 429, Retry-After'])
})

test('a place is given back when its connection ends', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_CONNECTIONS: '1' })
  const first = await RawSocket.open(t, portOf(server))
  first.tcp.resetAndDestroy()
  await until('the place is free', () => server.app.admission.count === 0)
  assert.equal(await outcomeOf(await RawSocket.upgrade(t, portOf(server))), 'ok')
})

const impatient = { ARQONBUS_HANDSHAKE_TIMEOUT_MS: '300' }

test('headers that never end are answered with 408 (0.3 s allowed)', async t => {
  const server = await startServer(t, impatient)
  assert.equal(await statusOf(t, server, 'GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: '), 'http 408')
})

test('headers that come drop by drop are answered with 408 (0.3 s allowed)', async t => {
  const server = await startServer(t, impatient)
  const raw = await RawSocket.dial(t, portOf(server))
  raw.write('GET /ws HTTP/1.1\r\nHost: x\r\n')
  while (!raw.isClosed) {
    raw.write('X-Slow: 1\r\n')
    await pause(20)
  }
  assert.equal((await raw.response()).status, 408)
})

test('a connection that says nothing at all is closed (0.3 s allowed)', async t => {
  const server = await startServer(t, impatient)
  const raw = await RawSocket.dial(t, portOf(server))
  await raw.closed
})

test('an upgrade that is refused before its route is found does not stay open (0.3 s allowed)', async t => {
  const server = await startServer(t, { ...impatient, ARQONBUS_PUBLIC_OPS: 'false' })
  const paths = { '/%zz': 400, [`/ws?${'q'.repeat(2100)}`]: 414, '/status': 404, '/nowhere': 404 }
  for (const [path, status] of Object.entries(paths)) {
    const raw = await RawSocket.upgrade(t, portOf(server), { path })
    assert.equal((await raw.response()).status, status)
    await raw.closed
  }
})

test('the bare address is a socket also where operators have a port of their own', async t => {
  const server = await startServer(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  assert.equal(await outcomeOf(await RawSocket.upgrade(t, portOf(server), { path: '/' })), 'ok')
  assert.equal((await fetch(`${server.httpUrl}/`)).status, 404)
})

test('a handshake whose token cannot be checked in time is cut off (0.3 s allowed)', async t => {
  const pair = makeKeyPair('ES256', 'key-1')
  const keys = await startKeyServer(t)
  keys.answer(() => {})
  const env = { ...auth, ...impatient, ARQONBUS_AUTH_JWT_ALGORITHM: 'ES256', ARQONBUS_AUTH_JWKS_URL: keys.url }
  const server = await startServer(t, env)
  const token = signToken(validClaims(Date.now()), { algorithm: 'ES256', key: pair.privateKey, kid: 'key-1' })
  const raw = await RawSocket.upgrade(t, portOf(server), { headers: { Authorization: `Bearer ${token}` } })
  assert.deepEqual(await raw.closed, { code: 1006, reason: '' })
  assert.equal(server.app.admission.count, 0)
})

test('while the loop is late no socket is let in, /ready says so and /health answers (20 ms allowed)', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_EVENT_LOOP_DELAY_MS: '20' })
  await until('/ready says so', async () => {
    block(100)
    return (await fetch(`${server.httpUrl}/ready`)).status === 503
  })
  await until('no socket is let in', async () => {
    block(100)
    const outcome = await outcomeOf(await RawSocket.upgrade(t, portOf(server)))
    assert.ok(['ok', 'http 503, Retry-After'].includes(outcome), outcome)
    return outcome !== 'ok'
  })
  assert.equal((await fetch(`${server.httpUrl}/health`)).status, 200)
  await until('the pressure is over', async () => (await fetch(`${server.httpUrl}/ready`)).status === 200)
})

/** Keeps the event loop from turning. */
function block(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

test('a client that never answers the close is cut when the time to drain is over (lowered to 0.3 s)', async t => {
  const server = await startServer(t, { ARQONBUS_DRAIN_TIMEOUT_MS: '300' })
  const raw = await RawSocket.open(t, portOf(server), { isMute: true })
  await server.app.close()
  assert.equal((await raw.closed).code, 1012)
})
