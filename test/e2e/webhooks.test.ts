import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { BusEvent } from '../../src/bus/events.ts'
import { envelopeOf } from '../../src/bus/post.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { signWebhook } from '../../src/webhooks/signature.ts'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { type Listener, listen } from '../support/listener.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

interface Received {
  /** When it had come, by the clock of the process. */
  readonly atMs: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: ServerFrame
}

/** A server that writes down what is posted to it. */
interface Sink {
  readonly url: string
  readonly received: Received[]
  readonly listener: Listener
}

type Answering = (response: ServerResponse, nth: number) => void

const accept: Answering = response => void response.writeHead(204).end()
const hang: Answering = () => {}

/** Answers the first posts with these statuses, and the others with 204. */
function statuses(...codes: readonly number[]): Answering {
  return (response, nth) => void response.writeHead(codes[nth] ?? 204).end()
}

async function openSink(t: TestContext, answer: Answering = accept): Promise<Sink> {
  const received: Received[] = []
  const handle: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    received.push({ atMs: performance.now(), headers: request.headers, text, body: JSON.parse(text) })
    answer(response, received.length - 1)
  }
  const listener = await listen(t, createServer(handle))
  return { url: `http://127.0.0.1:${listener.port}/hook`, received, listener }
}

/** A server whose clients may ask as often as it takes. */
function serve(t: TestContext, env: Record<string, string> = {}): Promise<TestServer> {
  return startServer(t, {
    ARQONBUS_COMMANDS_PER_SECOND: '100000',
    ARQONBUS_COMMAND_BURST: '100000',
    ARQONBUS_HEAVY_COMMANDS_PER_SECOND: '100000',
    ARQONBUS_HEAVY_COMMAND_BURST: '100000',
    ...env
  })
}

async function register(client: TestClient, args: object): Promise<string> {
  const answer = await client.command('op.webhook.register', args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data.rule_id
}

async function ask(client: TestClient, command: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(`op.webhook.${command}`, args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data
}

function publish(client: TestClient, payload: object, room = 'science:explore'): Promise<ServerFrame> {
  return client.ask({ type: 'message', room, payload })
}

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

function enter(server: TestServer, claims: Record<string, unknown>): Promise<TestClient> {
  return server.connect('/ws', { headers: { Authorization: `Bearer ${signToken(validClaims(Date.now(), claims))}` } })
}

test('what is published is posted: signed, in order, and to the byte what members get', async t => {
  const server = await serve(t)
  const [ada, bob] = [await server.connect(), await server.connect()]
  const sink = await openSink(t)
  const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
  const rule = await register(ada, { url: sink.url, room: 'science', secret, headers: { 'X-Team': 'red' } })
  await bob.join('science:explore')
  const texts: string[] = []
  bob.socket.on('message', data => texts.push(data.toString()))
  for (let n = 0; n < 20; n++) await publish(ada, { n })
  await until('everything is posted', () => sink.received.length === 20)
  await until('everything is delivered', () => texts.length === 20)
  for (const [n, { headers, text, body }] of sink.received.entries()) {
    assert.equal(text, `{"rule_version":"v1","sender_client_id":"${ada.id}","envelope":${texts[n]}}`)
    assert.equal(body.envelope.payload.n, n)
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers
    assert.equal(signature, signWebhook(secret, String(id), Number(timestamp), text))
    assert.deepEqual([headers['content-type'], headers['x-team']], ['application/json', 'red'])
    assert.match(String(headers['user-agent']), /^ArqonBus\/\d/)
  }
  await until('all are counted', async () => (await ask(ada, 'get', { rule_id: rule })).stats.delivered === 20)
  const { deliveries, count } = await ask(ada, 'deliveries', { rule_id: rule })
  assert.deepEqual(
    [count, deliveries[0].message_id, deliveries[0].status],
    [20, sink.received[19]?.body.envelope.id, 204]
  )
})

test('private messages, system messages and messages to a room are not posted', async t => {
  const server = await serve(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const [ada, bob] = [await server.connect(), await server.connect()]
  const sink = await openSink(t)
  await register(ada, { url: sink.url })
  await bob.join('science:explore')
  await ada.ask({ type: 'private', to: bob.id, payload: { n: 0 }, ack: true })
  await ada.ask({ type: 'system', room: 'science:explore', payload: { n: 1 }, ack: true })
  await ada.ask({ type: 'message', room: 'science', payload: { n: 2 } })
  await ada.ask({ type: 'telemetry', room: 'science:explore', payload: { n: 3 }, ack: true })
  await ada.ask({ type: 'event', room: 'science:explore', payload: { n: 4 } })
  await until('the event is posted', () => sink.received.length > 0)
  assert.deepEqual(
    sink.received.map(({ body }) => body.envelope.payload),
    [{ n: 4 }]
  )
})

test('a duplicate is posted once', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const sink = await openSink(t)
  await register(ada, { url: sink.url })
  const frame = { type: 'message', id: 'arq_once', room: 'science:explore', payload: {} }
  await ada.ask(frame)
  assert.equal((await ada.ask(frame)).duplicate, true)
  await publish(ada, { last: true })
  await until('the last one is posted', () => sink.received.at(-1)?.body.envelope.payload.last === true)
  assert.equal(sink.received.length, 2)
})

test('redacted content reaches the sink redacted, and blocked content never', async t => {
  const server = await serve(t, {
    ARQONBUS_CASIL_ENABLED: 'true',
    ARQONBUS_CASIL_SCOPE_INCLUDE: 'pii-*',
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_TRANSPORT_REDACTION: 'true',
    ARQONBUS_ANONYMOUS_ROLE: 'admin'
  })
  const ada = await server.connect()
  const sink = await openSink(t)
  await register(ada, { url: sink.url })
  const note = 'the key is sk_live_00000000'
  await publish(ada, { password: 'tangerine', note }, 'pii-desk:cases')
  await ada.command('op.casil.reload', { block_on_probable_secret: true })
  const refused = await publish(ada, { note }, 'pii-desk:cases')
  assert.equal(refused.error_code, 'CASIL_POLICY_BLOCKED_SECRET')
  await publish(ada, { last: true })
  await until('the last one is posted', () => sink.received.at(-1)?.body.envelope.payload.last === true)
  assert.deepEqual(
    sink.received.map(({ body }) => body.envelope.payload),
    [{ password: '***REDACTED***', note: 'the key is ***REDACTED***' }, { last: true }]
  )
})

test('a webhook carries what its owner may subscribe to, by its present token, in its own tenant', async t => {
  const server = await serve(t, auth)
  const channels = { publish: ['*'], subscribe: ['science:*'] }
  const owner = await enter(server, { sub: 'owner', tenant_id: 'red', channels })
  const red = await enter(server, { sub: 'red', tenant_id: 'red' })
  const blue = await enter(server, { sub: 'blue', tenant_id: 'blue', role: 'admin' })
  const sink = await openSink(t)
  const rule = await register(owner, { url: sink.url })
  const refused = await owner.command('op.webhook.register', { url: sink.url, room: 'vault:gold' })
  assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
  await publish(blue, { n: 0 })
  await publish(red, { n: 1 }, 'vault:gold')
  await publish(red, { n: 2 })
  const wider = { sub: 'owner', tenant_id: 'red', channels: { ...channels, subscribe: ['*'] } }
  await owner.command('refresh', { token: signToken(validClaims(Date.now(), wider)) })
  await publish(red, { n: 3 }, 'vault:gold')
  await until('two are posted', () => sink.received.length === 2)
  assert.deepEqual(
    sink.received.map(({ body }) => body.envelope.payload.n),
    [2, 3]
  )
  assert.equal((await ask(blue, 'list')).count, 0)
  for (const command of ['get', 'unregister', 'test', 'deliveries', 'dead_letters']) {
    const answer = await blue.command(`op.webhook.${command}`, { rule_id: rule })
    assert.equal(answer.error_code, 'NOT_FOUND', command)
  }
})

test('a publish is acknowledged whatever the sinks do', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const sink = await openSink(t, hang)
  for (const url of [sink.url, 'http://127.0.0.1:1/']) await register(ada, { url, timeout_seconds: 10 })
  for (let n = 0; n < 50; n++) assert.equal((await publish(ada, { n })).status, 'success')
  await until('the sink is asked', () => sink.received.length === 1)
  assert.deepEqual(await historyCount(ada), 50)
})

async function historyCount(client: TestClient): Promise<number> {
  return (await client.command('op.history.get', { channel_id: 'science:explore' })).payload.data.count
}

test('sinks that hang, break off, drip and are not there keep nothing from a healthy one', async t => {
  const server = await serve(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const [ada, bob] = [await server.connect(), await server.connect()]
  const healthy = await openSink(t)
  const hanging = await openSink(t, hang)
  const dripping = await openSink(t, response => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  })
  const broken = await listen(
    t,
    createNetServer(socket => void socket.once('data', () => socket.resetAndDestroy()))
  )
  const events: BusEvent[] = []
  server.app.events.on(event => events.push(event))
  await register(ada, { url: healthy.url })
  await publish(ada, { n: -1 })
  await until('the first is posted', () => healthy.received.length === 1)
  for (const url of [hanging.url, dripping.url, `http://127.0.0.1:${broken.port}/`, 'http://127.0.0.1:1/']) {
    for (let count = 0; count < 2; count++) await register(bob, { url, timeout_seconds: 0.3 })
  }
  for (let n = 0; n < 40; n++) {
    await publish(ada, { n })
    // The next goes out when this one has come, whatever the others do.
    await until(`message ${n} is posted`, () => healthy.received.length === n + 2)
  }
  const outcomes = () =>
    new Set(
      events
        .filter(({ type }) => type === 'webhook_failed')
        .map(({ payload }) => (payload as { outcome: string }).outcome)
    )
  await until('the others have failed', () => outcomes().has('timeout') && outcomes().has('network'))
  const numbers = healthy.received.map(({ body }) => body.envelope.payload.n)
  assert.deepEqual(
    numbers,
    Array.from({ length: 41 }, (_, n) => n - 1)
  )
})

test('500 and 429 are tried again, under the same id and not before the sink wants it', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const broken = await openSink(t, statuses(500))
  const busy = await openSink(t, (response, nth) => {
    if (nth === 0) response.writeHead(429, { 'retry-after': '2' })
    else response.writeHead(204)
    response.end()
  })
  const rules = [await register(ada, { url: broken.url }), await register(ada, { url: busy.url })]
  await publish(ada, { n: 1 })
  for (const [at, sink] of [broken, busy].entries()) {
    const rule_id = rules[at]
    await until('it is delivered', async () => (await ask(ada, 'get', { rule_id })).stats.delivered === 1)
    assert.equal(new Set(sink.received.map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.equal(new Set(sink.received.map(({ text }) => text)).size, 1)
    const { deliveries } = await ask(ada, 'deliveries', { rule_id })
    const statuses = deliveries.map((attempt: ServerFrame) => [attempt.attempt, attempt.status])
    assert.deepEqual(statuses, [
      [2, 204],
      [1, at === 0 ? 500 : 429]
    ])
  }
  const [first, second] = busy.received
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 1_900)
})

test('a redirect is not followed', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const target = await openSink(t)
  const sink = await openSink(t, response => void response.writeHead(307, { location: target.url }).end())
  await register(ada, { url: sink.url })
  await publish(ada, { n: 1 })
  await until('it is given up', async () => (await ask(ada, 'dead_letters')).count === 1)
  assert.deepEqual([sink.received.length, target.received.length], [1, 0])
})

test('a dead letter can be replayed; 410 disables the webhook, and then it cannot', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const sink = await openSink(t, statuses(404, 410))
  const rule = await register(ada, { url: sink.url })
  await publish(ada, { n: 1 })
  await until('it is given up', async () => (await ask(ada, 'dead_letters')).count === 1)
  const [letter] = (await ask(ada, 'dead_letters', { rule_id: rule })).dead_letters
  assert.deepEqual([letter.reason, letter.attempts], ['refused', 1])
  assert.equal((await ask(ada, 'replay', { delivery_id: letter.delivery_id })).rule_id, rule)
  await until('it is disabled', async () => (await ask(ada, 'get', { rule_id: rule })).state === 'disabled')
  assert.equal(sink.received[0]?.headers['webhook-id'], sink.received[1]?.headers['webhook-id'])
  const refused = await ada.command('op.webhook.replay', { delivery_id: letter.delivery_id })
  assert.equal(refused.error_code, 'CONFLICT')
})

test('a sample tells how the sink answers', async t => {
  const server = await serve(t)
  const ada = await server.connect()
  const sink = await openSink(t, statuses(202, 500))
  const rule = await register(ada, { url: sink.url })
  const good = await ask(ada, 'test', { rule_id: rule })
  const bad = await ask(ada, 'test', { rule_id: rule })
  assert.deepEqual([good.outcome, good.status, bad.outcome, bad.status], ['ok', 202, 'refused', 500])
  assert.equal(good.delivery_id, sink.received[0]?.headers['webhook-id'])
  assert.equal(sink.received[0]?.body.envelope.payload.webhook_test, true)
})

test('the webhooks of a connection end with it, those of the tenant stay', async t => {
  const server = await serve(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const [ada, bob] = [await server.connect(), await server.connect()]
  const [brief, lasting] = [await openSink(t), await openSink(t)]
  await register(ada, { url: brief.url })
  const kept = await register(ada, { url: lasting.url, lifetime: 'tenant' })
  ada.socket.close()
  await ada.closed
  await until('one is left', async () => (await ask(bob, 'list')).count === 1)
  await publish(bob, { n: 1 })
  await until('it is posted', () => lasting.received.length === 1)
  assert.equal(brief.received.length, 0)
  const { rules } = await ask(bob, 'list')
  assert.deepEqual([rules[0].rule_id, rules[0].owner_client_id], [kept, ada.id])
})

test('a webhook that no connection registers belongs to the tenant', async t => {
  const server = await serve(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const ada = await server.connect()
  const [{ identity } = assert.fail()] = [...server.app.bus.hub.connectionsOf('default')]
  const run = (args: JsonObject) => {
    const envelope = { ...envelopeOf({ type: 'message', payload: {} }), command: 'op.webhook.register', args }
    return server.app.bus.commands.run({ id: 'operator', identity, connection: undefined, envelope })
  }
  await run({ url: 'http://127.0.0.1:1/' })
  const { rules } = await ask(ada, 'list')
  assert.deepEqual([rules[0].owner_client_id, rules[0].lifetime], ['operator', 'tenant'])
  const refused = { code: 'VALIDATION_ERROR', faults: ['lifetime: must be "tenant" where there is no connection'] }
  await assert.rejects(async () => run({ url: 'http://127.0.0.1:1/', lifetime: 'connection' }), refused)
})

test('credentials of a webhook pass the gate and are shown to nobody', async t => {
  const server = await serve(t, {
    ARQONBUS_CASIL_ENABLED: 'true',
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true'
  })
  const ada = await server.connect()
  const sink = await openSink(t)
  const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
  const headers = { Authorization: 'Bearer sk_live_00000000' }
  const rule = await register(ada, { url: sink.url, headers, secret })
  await ask(ada, 'list')
  await ask(ada, 'get', { rule_id: rule })
  await ask(ada, 'test', { rule_id: rule })
  assert.equal(sink.received[0]?.headers.authorization, 'Bearer sk_live_00000000')
  assert.doesNotMatch(JSON.stringify(ada.frames), /sk_live|whsec_/)
})

test('a URL on this machine is refused unless the settings allow it', async t => {
  const server = await serve(t, { ARQONBUS_WEBHOOK_ALLOW_CIDRS: '192.0.2.0/24' })
  const ada = await server.connect()
  const sink = await openSink(t)
  const answer = await ada.command('op.webhook.register', { url: sink.url })
  assert.deepEqual(answer.payload.data.errors, ['url: this address cannot be used'])
})
