import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer } from '../helper.ts'
import { portOf } from '../support/bounds.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { startServerProcess } from '../support/server-process.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const JSON_TYPE = { 'content-type': 'application/json' }
/** Nobody listens there. */
const SINK = 'http://127.0.0.1:9/hook'

interface Told {
  readonly status: number
  readonly text: string
  readonly body: ServerFrame
}

type Ask = (method: string, path: string, body?: object, more?: Record<string, string>) => Promise<Told>

function asking({ httpUrl }: { readonly httpUrl: string }, headers: Record<string, string> = {}): Ask {
  return async (method, path, body, more = {}) => {
    const response = await fetch(`${httpUrl}/v1${path}`, {
      method,
      headers: { ...headers, ...(body ? JSON_TYPE : {}), ...more },
      ...(body ? { body: JSON.stringify(body) } : {})
    })
    const text = await response.text()
    return { status: response.status, text, body: JSON.parse(text) }
  }
}

function bearer(claims: Record<string, unknown>): { authorization: string } {
  return { authorization: `Bearer ${signToken(validClaims(Date.now(), claims))}` }
}

/** Somebody who takes what is posted and never answers. */
async function openHole(t: TestContext): Promise<string> {
  const hole = createServer(request => request.resume())
  await once(hole.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    hole.closeAllConnections()
    hole.close()
  })
  return `http://127.0.0.1:${(hole.address() as AddressInfo).port}/`
}

const OWN = 'Host: localhost\r\n'
const heads: readonly [what: string, head: string, status: number][] = [
  ['an own name', OWN, 200],
  ['an own address', 'Host: 127.0.0.1:9100\r\n', 200],
  ['an own address of the other kind', 'Host: [::1]:9100\r\n', 200],
  ['a page of this machine', `${OWN}Origin: http://localhost:3000\r\nSec-Fetch-Site: same-site\r\n`, 200],
  ['no name', 'Host:\r\n', 401],
  ['a name that points here', 'Host: rebound.example\r\n', 401],
  ['a name that begins like an address', 'Host: 127.0.0.1.rebound.example\r\n', 401],
  ['an address that stands for all', 'Host: 0.0.0.0:9100\r\n', 401],
  ['an own name behind another one', 'Host: rebound.example@localhost\r\n', 401],
  ['an own name before a path', 'Host: localhost/.rebound.example\r\n', 401],
  ['an own name before a fragment', 'Host: localhost#.rebound.example\r\n', 401],
  ['two names, the first of them foreign', `Host: rebound.example\r\n${OWN}`, 401],
  ...[
    'X-Forwarded-For: ::1',
    'X-Forwarded-Host: localhost',
    'Forwarded: for=127.0.0.1',
    'Via: 1.1 x',
    'X-Real-IP: ::1'
  ].map(header => [`a proxy that says ${header.split(':', 1)[0]}`, `${OWN}${header}\r\n`, 401] as const),
  ['a webhook of the server', `${OWN}webhook-id: whd_1\r\n`, 401],
  ['a foreign page', `${OWN}Origin: https://evil.example\r\n`, 403],
  ['a page without an origin', `${OWN}Origin: null\r\n`, 403],
  ['a picture in a foreign page', `${OWN}Sec-Fetch-Site: cross-site\r\n`, 403]
].map(([what, head, status]) => [String(what), String(head), Number(status)])

test('the open door of operators', { concurrency: true }, async t => {
  const server = await startServer(t, { ARQONBUS_REST_PER_SECOND: '1000' })
  const cases = heads.map(([what, head, status]) =>
    t.test(`${what} is answered with ${status}`, async t => {
      const raw = await RawSocket.dial(t, portOf(server))
      raw.write(`GET /v1/rooms HTTP/1.1\r\nConnection: close\r\n${head}\r\n`)
      assert.equal((await raw.response()).status, status)
    })
  )
  cases.push(
    t.test('a request of HTTP/1.0 that names nobody is answered with 401', async t => {
      const raw = await RawSocket.dial(t, portOf(server))
      raw.write('GET /v1/rooms HTTP/1.0\r\n\r\n')
      assert.equal((await raw.response()).status, 401)
    }),
    ...['text/plain', 'application/x-www-form-urlencoded', 'text/plain; application/json', 'application/json+x'].map(
      type =>
        t.test(`a body of the type ${type} is answered with 415`, async () => {
          const response = await fetch(`${server.httpUrl}/v1/announce`, {
            method: 'POST',
            headers: { 'content-type': type },
            body: '{"payload":{}}'
          })
          assert.equal(response.status, 415)
        })
    )
  )
  await Promise.all(cases)
})

test('a webhook that posts to the server itself is no operator', async t => {
  const server = await startServer(t)
  const ask = asking(server)
  const { body: rule } = await ask('POST', '/webhooks', { url: `${server.httpUrl}/v1/commands/status` })
  const { body: sample } = await ask('POST', `/webhooks/${rule.rule_id}/test`)
  assert.deepEqual([sample.outcome, sample.status], ['refused', 401])
})

test('what another tenant has answers like what nobody has', async t => {
  const server = await startServer(t, { ...withTokens, ARQONBUS_OMEGA_ENABLED: 'true' })
  const north = asking(server, bearer({ sub: 'ada', role: 'admin', tenant_id: 'north' }))
  const south = asking(server, bearer({ sub: 'ada', role: 'admin', tenant_id: 'south' }))
  const { rule_id } = (await north('POST', '/webhooks', { url: SINK })).body
  const job = { room: 'a', channel: 'b', payload: {}, delay_seconds: 900 }
  const { job_id } = (await north('POST', '/cron', job)).body
  const { substrate_id } = (await north('POST', '/omega/substrates', { name: 'n', kind: 'k' })).body
  const { id } = await server.connect('/ws', { headers: bearer({ sub: 'ada', tenant_id: 'north' }) })
  await north('PUT', '/store/default/k', { value: 1 })
  for (const [real, method, pathOf, body] of [
    [rule_id, 'GET', (id: string) => `/webhooks/${id}`],
    [rule_id, 'DELETE', (id: string) => `/webhooks/${id}`],
    [rule_id, 'POST', (id: string) => `/webhooks/${id}/test`],
    [rule_id, 'GET', (id: string) => `/webhooks/${id}/deliveries`],
    [rule_id, 'GET', (id: string) => `/webhooks/dead-letters?rule_id=${id}`],
    [job_id, 'DELETE', (id: string) => `/cron/${id}`],
    [substrate_id, 'DELETE', (id: string) => `/omega/substrates/${id}`],
    [id, 'GET', (id: string) => `/clients/${id}`],
    [id, 'DELETE', (id: string) => `/clients/${id}`],
    [id, 'POST', (id: string) => `/clients/${id}/messages`, { payload: {} }],
    ['north', 'GET', (id: string) => `/store/tenant:${id}/k`],
    ['north', 'DELETE', (id: string) => `/store/tenant:${id}/k`]
  ] as const) {
    const fake = real.replace(/.{4}$/, '0000')
    const [one, other] = [await south(method, pathOf(real), body), await south(method, pathOf(fake), body)]
    assert.ok(one.status === 404 || one.status === 403, pathOf('…'))
    assert.deepEqual([one.status, one.text.replaceAll(real, fake)], [other.status, other.text])
  }
  assert.deepEqual((await south('GET', '/clients?cursor=arq_')).body, { clients: [], count: 0 })
  const key = { 'idempotency-key': 'the-same' }
  const [first, second] = [
    await north('POST', '/announce', { payload: {} }, key),
    await south('POST', '/announce', { payload: {} }, key)
  ]
  assert.notEqual(first.body.id, second.body.id)
})

test('no argument makes more of a user than its token does', async t => {
  const server = await startServer(t, withTokens)
  const ask = asking(server, bearer({ sub: 'root', role: 'admin', tenant_id: 'north' }))
  const { rule_id } = (await ask('POST', '/webhooks', { url: SINK })).body
  const { job_id } = (await ask('POST', '/cron', { room: 'a', channel: 'b', payload: {}, delay_seconds: 900 })).body
  const channels = { publish: ['pub:*'], subscribe: ['pub:*'] }
  const user = await server.connect('/ws', { headers: bearer({ sub: 'eve', tenant_id: 'north', channels }) })
  const codes: unknown[] = []
  const tried = [
    ['op.webhook.register', { url: SINK, lifetime: 'tenant' }],
    ['op.webhook.register', { url: SINK, room: 'sec', channel: 'ret' }],
    ['op.webhook.register', { url: SINK, room: 'sec:ret' }],
    ['op.webhook.get', { rule_id }],
    ['op.webhook.test', { rule_id }],
    ['op.webhook.unregister', { rule_id }],
    ['op.webhook.dead_letters', { rule_id }],
    ['op.cron.schedule', { room: 'sec', channel: 'ret', payload: {} }],
    ['op.cron.schedule', { room: 'pub', channel: 'a', payload: {}, lifetime: 'tenant' }],
    ['op.cron.cancel', { job_id }],
    ['op.history.get', {}],
    ['op.history.get', { room: 'sec' }],
    ['op.store.get', { key: 'k', namespace: 'tenant:south' }],
    ['op.store.watch', { prefix: '', namespace: 'tenant:south' }],
    ['op.casil.reload', { enabled: false }]
  ] as const
  for (const [name, args] of tried) codes.push((await user.command(name, args)).error_code)
  assert.deepEqual(codes, Array(tried.length).fill('AUTHORIZATION_ERROR'))
})

test('who asks and leaves in the same breath leaves nothing behind', async t => {
  const server = await startServer(t)
  const { webhooks, cron, bus } = server.app
  const frames = [
    ['op.webhook.register', { url: SINK }],
    ['op.cron.schedule', { room: 'a', channel: 'b', payload: {}, delay_seconds: 900 }],
    ['op.store.watch', { prefix: '' }]
  ].map(([command, args]) => ({ type: 'command', command, args }))
  const clients = await Promise.all(Array.from({ length: 30 }, () => server.connect()))
  for (const [index, client] of clients.entries()) {
    for (const frame of [...frames, ...frames]) client.send(frame)
    if (index % 2 === 0) client.socket.terminate()
    else client.socket.close(1000)
  }
  await until('all have left', () => bus.hub.size === 0)
  await until('nothing is left', () => cron.size === 0)
  assert.deepEqual(webhooks.list({ id: 'operator', tenant: 'default', isAdmin: true }), [])
})

test('of a hundred requests under one key one is carried out', async t => {
  const server = await startServer(t, { ARQONBUS_REST_PER_SECOND: '1000' })
  const ask = asking(server)
  const url = '/rooms/lab/channels/one/messages'
  const key = { 'idempotency-key': 'once' }
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask('POST', url, { payload: { n: 1 } }, key)))
  const bodies = new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text))
  assert.equal(bodies.size, 1)
  assert.ok(answers.every(({ status }) => status === 201 || status === 409))
  assert.equal((await ask('GET', url)).body.total, 1)
})

test('numbers and names at the edges are taken whole or refused, and no prototype changes', async t => {
  const server = await startServer(t, { ARQONBUS_REST_PER_SECOND: '1000' })
  const ask = asking(server)
  const counted = await Promise.all(
    Array.from({ length: 100 }, () => ask('POST', '/commands/op.store.increment', { key: '__proto__' }))
  )
  assert.equal(new Set(counted.map(({ body }) => body.data.value)).size, 100)
  for (const by of ['NaN', '1e400', '', '1.5', '9007199254740993', [1], true, {}]) {
    assert.equal((await ask('POST', '/commands/op.store.increment', { key: 'n', by })).status, 400, String(by))
  }
  for (const key of ['__proto__', 'constructor', 'a\0b', '../..', '%2e%2e', ' ']) {
    const path = `/store/lab/${encodeURIComponent(key)}`
    assert.equal((await ask('PUT', path, { value: { key } })).status, 200)
    assert.deepEqual((await ask('GET', path)).body.value, { key })
  }
  for (const [path, status] of [
    ['/store/lab/%ed%a0%80', 400],
    ['/store/lab/%c0%ae', 400],
    ['/store/__proto__/k', 400],
    ['/store/a%2Fb/k', 400],
    ['/rooms/%252e%252e/channels', 400],
    ['/clients?limit=1&limit=2', 400],
    ['/clients?__proto__=1', 400],
    ['/store/lab?limit=1e400', 413],
    [`/store/lab/${'x'.repeat(257)}`, 413],
    [`/store/lab/${'x'.repeat(2100)}`, 414]
  ] as const) {
    assert.equal((await ask('GET', path)).status, status, path.slice(0, 40))
  }
  for (const text of ['{"payload":{"__proto__":{"x":1}}}', '{"constructor":{"prototype":{"x":1}},"payload":{}}']) {
    const response = await fetch(`${server.httpUrl}/v1/announce`, { method: 'POST', headers: JSON_TYPE, body: text })
    assert.equal(response.status, 400)
  }
  assert.equal(({} as { x?: number }).x, undefined)
})

test('a batch of a hundred messages does not hold up the event loop for all of them', async t => {
  const server = await startServer(t)
  let turn = 0
  const turns = new Set<number>()
  const count = () => {
    turn++
    next = setImmediate(count)
  }
  let next = setImmediate(count)
  t.after(() => clearImmediate(next))
  server.app.bus.published.on(() => turns.add(turn))
  const messages = Array.from({ length: 100 }, (_, n) => ({ room: 'lab', channel: `c${n}`, payload: { n } }))
  const { body } = await asking(server)('POST', '/publish', { messages })
  assert.equal(body.succeeded, 100)
  assert.deepEqual(
    body.results.map(({ channel }: { channel: string }) => channel),
    messages.map(({ channel }) => channel)
  )
  assert.ok(turns.size >= 10)
})

test('fifty webhooks that hang do not keep anybody from publishing, and what waits for them is bounded', async t => {
  const server = await startServer(t, { ARQONBUS_REST_PER_SECOND: '1000' })
  const ask = asking(server)
  const url = await openHole(t)
  for (let n = 0; n < 50; n++) await ask('POST', '/webhooks', { url, timeout_seconds: 10 })
  const [ada, bob] = [await server.connect(), await server.connect()]
  await bob.join('lab:one')
  const count = 1500
  for (let n = 0; n < count; n++)
    ada.send({ type: 'message', id: `arq_m${n}`, room: 'lab:one', payload: { n }, ack: true })
  await ada.next(({ id }) => id === `arq_m${count - 1}`)
  await bob.settle()
  assert.equal(bob.received().length, count)
  assert.equal(ada.frames.filter(({ status }) => status === 'success').length, count)
  assert.ok(server.app.webhooks.queued <= 1000)
  assert.ok(server.app.webhooks.inFlight <= 4)
})

test('who watches keys and does not read is cut, and others see every change', async t => {
  const server = await startServer(t, { ARQONBUS_REST_PER_SECOND: '1000' })
  const ask = asking(server)
  const [slow, quick] = [await server.connect(), await server.connect()]
  for (const client of [slow, quick]) await client.command('op.store.watch', { prefix: '' })
  slow.socket.pause()
  const value = 'x'.repeat(60_000)
  let count = 0
  while (server.app.bus.hub.size > 1 && count < 1000) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => ask('PUT', `/store/default/k${n}`, { value })))
    count += 10
  }
  assert.equal(server.app.bus.hub.size, 1)
  await quick.settle()
  assert.equal(quick.frames.filter(({ payload }) => payload?.event === 'store_changed').length, count)
})

test('a server with samples, streams and jobs under way ends in good order, and answers what it has read', async t => {
  const env = { NODE_OPTIONS: '--unhandled-rejections=strict', ARQONBUS_REST_PER_SECOND: '1000' }
  const server = await startServerProcess(t, { env })
  const ask = asking(server)
  const url = await openHole(t)
  const { rule_id } = (await ask('POST', '/webhooks', { url, timeout_seconds: 10 })).body
  const job = {
    room: 'lab',
    channel: 'one',
    payload: {},
    delay_seconds: 0.1,
    interval_seconds: 0.1,
    repeat_count: 10_000
  }
  for (let n = 0; n < 20; n++) await ask('POST', '/cron', job)
  const dial = (text: string) => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {})
    t.after(() => socket.destroy())
    socket.write(text)
    return socket
  }
  dial(`GET /v1/events HTTP/1.1\r\n${OWN}\r\n`).pause()
  const broken = dial(
    `POST /v1/announce HTTP/1.1\r\n${OWN}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"p`
  )
  await until('the head was read', async () => (await ask('GET', '/clients')).status === 200)
  broken.destroy()
  const sample = ask('POST', `/webhooks/${rule_id}/test`)
  await until(
    'the sample is under way beside a message',
    async () => (await server.metric('arqonbus_webhook_in_flight')) >= 2
  )
  server.kill('SIGTERM')
  assert.deepEqual([(await sample).status, (await sample).body.outcome], [200, 'network'])
  assert.deepEqual(await server.ended, { code: 0, signal: null })
  assert.deepEqual(
    server.log.filter(line => /"level":"(error|fatal)"/.test(line)),
    []
  )
})
