import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventKinds } from '../../src/telemetry/kinds.ts'
import { startServer, type TestClient, type TestServer } from '../helper.ts'
import { usedHeapBytes } from '../support/heap.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { eventsOf, nextEvent, watch } from '../support/watcher.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const KEY = 'sk_live_00000000'
/** What makes the key above a secret. */
const secretive = {
  ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true',
  ARQONBUS_CASIL_REDACTION_PATTERNS: 'sk_live_[0-9]+'
}

function bearer(claims: object = {}): { headers: Record<string, string> } {
  return { headers: { Authorization: `Bearer ${signToken(validClaims(Date.now(), { ...claims }))}` } }
}

/** What makes the server emit an event of each kind; the others come from parts that have tests of their own. */
const causes: Readonly<Record<string, (server: TestServer, client: TestClient) => Promise<unknown>>> = {
  client_connected: server => server.connect(),
  client_disconnected: async server => (await server.connect()).socket.close(),
  channel_created: (_server, client) => client.command('create_channel', { room: 'lab', channel: 'new' }),
  channel_deleted: async (_server, client) => {
    await client.command('create_channel', { room: 'lab', channel: 'old' })
    await client.command('delete_channel', { room: 'lab', channel: 'old' })
  },
  client_joined: (_server, client) => client.join('lab:one'),
  client_left: async (_server, client) => {
    await client.join('lab:one')
    await client.command('leave_channel', { channel_id: 'lab:one' })
  },
  message_routed: (_server, client) => client.ask({ type: 'message', room: 'lab:one', payload: { text: 'content' } }),
  command_executed: (_server, client) => client.command('ping'),
  command_failed: (_server, client) => client.command('dance'),
  casil_decision: (_server, client) => client.ask({ type: 'message', room: 'vault:ops', payload: { key: KEY } }),
  stats: async () => {},
  system_stopping: async server => void server.app.close()
}

for (const [name, cause] of Object.entries(causes)) {
  test(`a watcher is told of ${name}, in both spellings and without content`, async t => {
    assert.ok(eventKinds.includes(name))
    const server = await startServer(t, {
      ARQONBUS_ANONYMOUS_ROLE: 'admin',
      ARQONBUS_STATS_INTERVAL_MS: '100',
      ARQONBUS_CASIL_ENABLED: 'true',
      ARQONBUS_CASIL_MODE: 'enforce',
      ARQONBUS_CASIL_SCOPE_INCLUDE: 'vault:*',
      ...secretive
    })
    const watcher = await watch(t, server)
    const client = await server.connect()
    await cause(server, client)
    const event = await nextEvent(watcher, name)
    assert.equal(event.eventType, name)
    assert.equal(event.source, 'arqonbus')
    assert.match(event.event_id, /^arq_/)
    assert.match(event.timestamp, /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.deepEqual(event.metadata, {})
    assert.match(event.severity, /^(info|warning|error)$/)
    assert.equal(typeof event.payload, 'object')
    assert.doesNotMatch(JSON.stringify(watcher.frames), new RegExp(`"content"|${KEY}`))
  })
}

test('a failed log-in is told to one who sees all, and to no tenant', async t => {
  const server = await startServer(t, auth)
  const [overseer, watcher] = [await watch(t, server, bearer({ role: 'superadmin' })), await watch(t, server, bearer())]
  await assert.rejects(server.connect(), /401/)
  await assert.rejects(watch(t, server, { headers: { Authorization: 'Bearer no' } }), /401/)
  assert.deepEqual((await nextEvent(overseer, 'authentication_failed')).payload, { reason: 'AUTH_REQUIRED' })
  assert.deepEqual((await nextEvent(overseer, 'authentication_failed')).payload, { reason: 'AUTH_INVALID' })
  assert.deepEqual(await eventsOf(watcher), [])
})

test('a token is demanded where authentication is on, in the header, the subprotocol or the query', async t => {
  const server = await startServer(t, auth)
  const token = signToken(validClaims(Date.now()))
  await assert.rejects(watch(t, server), /Unexpected server response: 401/)
  await watch(t, server, bearer())
  await watch(t, server, { protocols: ['arqonbus.v1', `bearer.${token}`] })
  await watch(t, server, { path: `/?token=${token}` })
})

test('every tenant sees its own events only, and a superadmin those of all, each with its tenant', async t => {
  const server = await startServer(t, { ...auth, ARQONBUS_STATS_INTERVAL_MS: '100' })
  const [ours, theirs] = [
    await watch(t, server, bearer({ tenant_id: 'acme', role: 'admin' })),
    await watch(t, server, bearer({ tenant_id: 'umbrella' }))
  ]
  const overseer = await watch(t, server, bearer({ role: 'superadmin' }))
  const client = await server.connect('/ws', bearer({ tenant_id: 'acme', role: 'admin' }))
  await client.command('create_channel', { room: 'lab', channel: 'one' })
  await client.join('lab:one')
  await client.ask({ type: 'message', room: 'lab:one', payload: {} })
  await nextEvent(overseer, 'stats')
  const names = (await eventsOf(ours)).map(({ event_type }) => event_type)
  for (const name of ['client_connected', 'channel_created', 'client_joined', 'message_routed', 'command_executed'])
    assert.ok(names.includes(name), name)
  assert.ok(!names.includes('stats'))
  assert.deepEqual(await eventsOf(theirs), [])
  const seen = (await eventsOf(overseer)).filter(({ event_type }) => event_type === 'client_joined')
  assert.deepEqual(
    seen.map(({ metadata }) => metadata),
    [{ tenant_id: 'acme' }]
  )
})

test('a socket is closed with 4410 soon after its token has ended', async t => {
  const server = await startServer(t, auth)
  const watcher = await watch(t, server, bearer({ exp: Math.floor(Date.now() / 1000) + 2 }))
  assert.equal((await watcher.closed).code, 4410)
})

test('a filter holds for the socket that asked for it', async t => {
  const server = await startServer(t)
  const [chosen, all] = [await watch(t, server), await watch(t, server)]
  chosen.send({ type: 'subscribe', events: ['client_joined'] })
  assert.deepEqual(await chosen.next(({ type }) => type === 'subscribed'), {
    type: 'subscribed',
    events: ['client_joined']
  })
  const client = await server.connect()
  await client.join('lab:one')
  await nextEvent(all, 'command_executed')
  assert.deepEqual(
    (await eventsOf(chosen)).map(({ event_type }) => event_type),
    ['client_joined']
  )
})

test('a report reaches the bus, its history, and the other watchers of the tenant', async t => {
  const server = await startServer(t, auth)
  const [author, other, stranger] = [
    await watch(t, server, bearer()),
    await watch(t, server, bearer()),
    await watch(t, server, bearer({ tenant_id: 'umbrella' }))
  ]
  const member = await server.connect('/ws', bearer())
  await member.join('integriguard:telemetry-stream')
  author.send({ eventType: 'disk_full', payload: { host: 'a', percent: 97.5 } })
  const { sender, room, channel, payload } = await member.next(({ type }) => type === 'telemetry')
  assert.deepEqual([sender, room, channel], ['telemetry', 'integriguard', 'telemetry-stream'])
  assert.deepEqual(payload, { eventType: 'disk_full', payload: { host: 'a', percent: 97.5 } })
  const event = await nextEvent(other, 'disk_full')
  assert.deepEqual([event.source, event.payload], ['telemetry', { host: 'a', percent: 97.5 }])
  for (const watcher of [author, stranger])
    assert.ok(!(await eventsOf(watcher)).some(({ event_type }) => event_type === 'disk_full'))
  assert.equal((await member.command('history', { channel_id: 'integriguard:telemetry-stream' })).payload.data.count, 1)
})

test('a report that may not be published is refused', async t => {
  const server = await startServer(t, auth)
  const watcher = await watch(t, server, bearer({ channels: { publish: ['lab:*'], subscribe: ['*'] } }))
  watcher.send({ eventType: 'x', payload: {} })
  assert.equal((await watcher.next(({ type }) => type === 'error')).error_code, 'AUTHORIZATION_ERROR')
})

test('a report passes the same gate as a message: blocked or redacted, its secret is nowhere', async t => {
  const server = await startServer(t, {
    ARQONBUS_CASIL_ENABLED: 'true',
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_SCOPE_INCLUDE: 'integriguard:*',
    ...secretive,
    ARQONBUS_CASIL_REDACTION_PATHS: 'card',
    ARQONBUS_CASIL_TRANSPORT_REDACTION: 'true'
  })
  const [author, other] = [await watch(t, server), await watch(t, server)]
  const member = await server.connect()
  await member.join('integriguard:telemetry-stream')
  author.send({ eventType: 'x', payload: { key: KEY } })
  const { error_code, payload } = await author.next(({ type }) => type === 'error')
  assert.deepEqual([error_code, payload], ['CASIL_POLICY_BLOCKED_SECRET', { reason: 'CASIL_POLICY_BLOCKED_SECRET' }])
  author.send({ eventType: 'paid', payload: { card: '4111', sum: 1 } })
  assert.deepEqual((await nextEvent(other, 'paid')).payload, { card: '***REDACTED***', sum: 1 })
  await member.next(({ type }) => type === 'telemetry')
  for (const { frames } of [author, other, member])
    assert.doesNotMatch(JSON.stringify(frames), new RegExp(`${KEY}|4111`))
})

for (const [sent, said] of [
  ['no JSON', 'message: must be JSON'],
  ['[]', 'message: must be a JSON object'],
  ['{"type":"dance"}', 'type: must be one of'],
  ['{"type":"subscribe","events":["nothing"]}', 'events: must be names out of authentication_failed, casil_decision'],
  ['{"eventType":"x","payload":"text"}', 'payload: must be an object'],
  [`{"eventType":"x","payload":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`, 'message: nested deeper than 32 levels']
] as const) {
  test(`${sent.slice(0, 50)} is answered with an error, and the socket stays`, async t => {
    const server = await startServer(t)
    const watcher = await watch(t, server)
    watcher.send(sent)
    const { payload, ...rest } = await watcher.next(({ type }) => type === 'error')
    const expected = { type: 'error', error: 'Message validation failed', error_code: 'VALIDATION_ERROR', retry: false }
    assert.deepEqual(rest, expected)
    assert.ok(payload.errors[0].startsWith(said), payload.errors[0])
    await watcher.settle()
  })
}

/** Makes `count` events that a watcher without a filter gets. */
function happen(server: TestServer, count: number, size: number): void {
  const payload = { text: 'x'.repeat(size) }
  for (let n = 0; n < count; n++) {
    server.app.events.emit({ type: 'client_joined', severity: 'info', tenant: 'default', payload: { n, ...payload } })
  }
}

test('a watcher that stops reading loses the oldest events, and is told how many when it goes on', async t => {
  const server = await startServer(t)
  const watcher = await watch(t, server)
  watcher.socket.pause()
  const { feed } = server.app
  const rounds = 40
  for (let round = 0; round < rounds; round++) {
    happen(server, 500, 1_000)
    feed.flush()
    await new Promise(setImmediate)
  }
  await until('some are dropped', () => feed.droppedCount > 0)
  watcher.socket.resume()
  await nextEvent(watcher, 'dropped')
  const events = await eventsOf(watcher)
  let expected = 0
  for (const { event_type, payload } of events) {
    if (event_type === 'dropped') expected += payload.dropped
    else if (event_type === 'client_joined') assert.equal(payload.n, expected++ % 500)
  }
  assert.equal(expected, rounds * 500)
})

test('with stopped watchers 10,000 messages are delivered and acknowledged, and the memory stays bounded', async t => {
  const server = await startServer(t, { ARQONBUS_PUBLISH_PER_SECOND: '100000', ARQONBUS_PUBLISH_BURST: '100000' })
  const watchers: TestClient[] = []
  for (let n = 0; n < 10; n++) watchers.push(await watch(t, server))
  for (const { socket } of watchers) socket.pause()
  const [sender, member] = [await server.connect(), await server.connect()]
  await member.join('lab:one')
  let delivered = 0
  let acknowledged = 0
  member.socket.on('message', data => {
    if (String(data).includes('"type":"message"')) delivered++
  })
  sender.socket.on('message', data => {
    if (String(data).includes('"type":"message_response"')) acknowledged++
  })
  const before = usedHeapBytes()
  const count = 10_000
  for (let n = 0; n < count; n++) {
    sender.send({ type: 'message', room: 'lab:one', ack: true, payload: { n } })
    if (n % 100 === 0) {
      happen(server, 50, 2_000)
      await new Promise(setImmediate)
    }
  }
  await until('all are delivered', () => delivered === count)
  await until('all are acknowledged', () => acknowledged === count)
  assert.ok(server.app.feed.droppedCount > 0)
  sender.frames.length = 0
  member.frames.length = 0
  // 10 queues of 256 kB, what waits in 10 sockets, and what 10,000 messages leave behind in history and in the test.
  const grown = usedHeapBytes() - before
  assert.ok(grown < 40_000_000, `${grown} bytes`)
})

test('every kind that the bus itself knows has a cause here', () => {
  const elsewhere = [
    'authentication_failed',
    'cron_fired',
    'slow_consumer',
    'system_started',
    'telemetry',
    'webhook_delivered',
    'webhook_failed'
  ]
  assert.deepEqual([...Object.keys(causes), ...elsewhere].sort(), [...eventKinds].sort())
})
