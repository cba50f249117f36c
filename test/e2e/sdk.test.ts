import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type BusClient, BusClientError, type ConnectOptions, connect, type Position } from '../../src/client/index.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { startServer } from '../helper.ts'
import { FakeRuntime } from '../src/client/fake-runtime.ts'
import { type FaultyProxy, startProxy } from '../support/proxy.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'science:explore'
const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

/** A server with a proxy before it, and clients that come back fast. */
async function startStage(t: TestContext, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  const proxy = await startProxy(t, (server.app.server.address() as AddressInfo).port)
  const open = async (options: ConnectOptions = {}, url = proxy.wsUrl): Promise<BusClient> => {
    const client = await connect(url, { reconnect: { baseMs: 20, maxMs: 100 }, ...options })
    t.after(() => client.close())
    return client
  }
  return { server, proxy, open, openDirect: (options?: ConnectOptions) => open(options, server.wsUrl) }
}

/** Breaks every connection through the proxy, and keeps new ones out until what is given is done. */
async function whileAway(proxy: FaultyProxy, client: BusClient, work: () => Promise<unknown>): Promise<void> {
  proxy.setDown(true)
  proxy.cutAll()
  await until('the client knows', () => client.state !== 'open')
  await work()
  proxy.setDown(false)
  await until('the client is back', () => client.state === 'open')
}

test('a loop over a channel goes on across connections, with what was missed in between', async t => {
  const { proxy, open, openDirect } = await startStage(t)
  const bob = await open()
  const alice = await openDirect()
  const channel = bob.channel(CHANNEL)
  await channel.join()
  const read: unknown[] = []
  const loop = (async () => {
    for await (const { payload } of channel) if (read.push(payload.n) === 4) break
  })()
  await alice.publish(CHANNEL, { n: 1 })
  await whileAway(proxy, bob, async () => {
    for (const n of [2, 3]) await alice.publish(CHANNEL, { n })
  })
  await alice.publish(CHANNEL, { n: 4 })
  await loop
  assert.deepEqual(read, [1, 2, 3, 4])
})

test('a client that begins at a position of before is handed what came later, once', async t => {
  const { openDirect } = await startStage(t)
  const alice = await openDirect()
  const positions: Position[] = []
  for (const n of [1, 2, 3]) {
    const { sequence, epoch } = await alice.channel(CHANNEL).publish({ n })
    positions.push({ sequence: sequence as number, epoch: epoch as string })
  }
  const channel = (await openDirect()).channel(CHANNEL)
  const joined = await channel.join({ since: positions[0] })
  const messages = channel.messages()
  assert.equal(joined.recovered, true)
  assert.deepEqual([(await messages.next()).value?.sequence, (await messages.next()).value?.sequence], [2, 3])
  assert.deepEqual(channel.position, positions[2])
  assert.deepEqual(
    (await channel.history({ since: 1, limit: 1 })).history.map(({ payload }) => payload.n),
    [3]
  )
})

test('members of the same channel see each other come and go', async t => {
  const { openDirect } = await startStage(t)
  const alice = await openDirect({ screenName: 'Alice' })
  const channel = alice.channel(CHANNEL)
  const notices: unknown[] = []
  channel.on('presence', ({ event, screen_name }) => notices.push([event, screen_name]))
  await channel.join({ presence: true })
  const bob = await openDirect({ screenName: 'Bob', room: 'science', channel: 'explore' })
  await until('Bob has come', () => notices.length === 1)
  assert.deepEqual((await channel.presence()).map(({ screen_name }) => screen_name).sort(), ['Alice', 'Bob'])
  await bob.channel(CHANNEL).leave()
  await until('Bob has gone', () => notices.length === 2)
  assert.deepEqual(notices, [
    ['client_joined', 'Bob'],
    ['client_left', 'Bob']
  ])
})

test('own messages do not come back after a reconnect, and the others do', async t => {
  const { proxy, open, openDirect } = await startStage(t)
  const bob = await open()
  const alice = await openDirect()
  const heard: unknown[] = []
  bob.on('message', ({ payload }) => heard.push(payload.n))
  await bob.join(CHANNEL)
  await bob.publish(CHANNEL, { n: 1 })
  await bob.publish(CHANNEL, { n: 2 }, { echo: true })
  await bob.publish(CHANNEL, { n: 3 }, { ack: false })
  await whileAway(proxy, bob, () => alice.publish(CHANNEL, { n: 4 }))
  await until('the last has come', () => heard.at(-1) === 4)
  assert.deepEqual(heard, [2, 4])
})

test('one client asks another, which answers or refuses', async t => {
  const { openDirect } = await startStage(t)
  const [alice, bob] = [await openDirect(), await openDirect()]
  bob.serve(({ n }) => {
    if (typeof n !== 'number') throw new BusClientError('VALIDATION_ERROR', 'n: must be a number')
    return { square: n * n }
  })
  assert.deepEqual(await alice.request(bob.clientId, { n: 12 }), { square: 144 })
  await assert.rejects(alice.request(bob.clientId, {}), { code: 'VALIDATION_ERROR', message: 'n: must be a number' })
  await assert.rejects(alice.request('arq_client_gone', {}), { code: 'TARGET_NOT_FOUND' })
  await assert.rejects(bob.request(alice.clientId, {}, { timeoutMs: 50 }), { code: 'TIMEOUT' })
})

test('a request ends with the connection that would have carried its reply', async t => {
  const { proxy, open, openDirect } = await startStage(t)
  const bob = await openDirect()
  let isAsked = false
  bob.serve(() => {
    isAsked = true
    return new Promise(() => {})
  })
  const alice = await open()
  const reply = assert.rejects(alice.request(bob.clientId, {}), { code: 'CLOSED', retry: true })
  await until('Bob is asked', () => isAsked)
  proxy.cutAll()
  await reply
})

test('values are kept, counted and watched across connections', async t => {
  const { proxy, open, openDirect } = await startStage(t)
  const [alice, bob] = [await openDirect(), await open()]
  const changes: unknown[] = []
  let gaps = 0
  const options = { onGap: () => gaps++ }
  const stop = await bob.store.watch(
    'task/',
    ({ key, operation, value }) => changes.push([key, operation, value]),
    options
  )
  const { version } = await alice.store.set('task/1', { state: 'new' })
  assert.deepEqual(await alice.store.get('task/1'), {
    namespace: 'default',
    key: 'task/1',
    found: true,
    value: { state: 'new' },
    version
  })
  await assert.rejects(alice.store.set('task/1', 2, { if_version: 0 }), { code: 'CONFLICT' })
  await until('the change has come', () => changes.length === 1)
  await whileAway(proxy, bob, () => alice.store.set('other', 1))
  assert.equal(gaps, 1)
  assert.equal((await alice.store.increment('task/n', { by: 5 })).value, 5)
  assert.equal((await alice.store.delete('task/1')).deleted, true)
  await until('the changes have come', () => changes.length === 3)
  await stop()
  await alice.store.set('task/2', 1)
  assert.deepEqual((await alice.store.list({ prefix: 'task/' })).keys, ['task/2', 'task/n'])
  await bob.ping()
  assert.deepEqual(changes, [
    ['task/1', 'set', { state: 'new' }],
    ['task/n', 'set', 5],
    ['task/1', 'delete', undefined]
  ])
})

test('messages are scheduled, listed and cancelled', async t => {
  const { openDirect } = await startStage(t)
  const bus = await openDirect()
  const channel = bus.channel(CHANNEL)
  await channel.join()
  const messages = channel.messages()
  const order = { room: 'science', channel: 'explore', payload: { tick: true } }
  await bus.cron.schedule({ ...order, delay_seconds: 0.1 })
  const { value } = await messages.next()
  assert.deepEqual([value?.sender, value?.payload], ['op-cron', { tick: true }])
  const { job_id } = await bus.cron.schedule({ ...order, delay_seconds: 3600 })
  assert.deepEqual(
    (await bus.cron.list()).jobs.map(job => job.job_id),
    [job_id]
  )
  assert.deepEqual(await bus.cron.cancel(job_id), { job_id })
})

test('webhooks are registered, looked at and removed', async t => {
  const { openDirect } = await startStage(t)
  const { webhooks } = await openDirect()
  const { rule_id } = await webhooks.register({ url: 'http://127.0.0.1:9/', room: 'science' })
  assert.deepEqual(
    (await webhooks.list()).rules.map(rule => rule.rule_id),
    [rule_id]
  )
  assert.equal((await webhooks.get(rule_id)).room, 'science')
  assert.equal((await webhooks.deliveries({ rule_id })).count, 0)
  assert.equal((await webhooks.deadLetters()).count, 0)
  await assert.rejects(webhooks.replay({ delivery_id: 'wd_none' }), BusClientError)
  await webhooks.unregister(rule_id)
  await assert.rejects(webhooks.test(rule_id), { code: 'NOT_FOUND' })
})

test('a token is renewed before it expires, without a new connection', async t => {
  const { server } = await startStage(t, withTokens)
  const runtime = new FakeRuntime()
  runtime.clock.set(Date.now())
  const ends: number[] = []
  const getToken = () => {
    const exp = Math.floor(Date.now() / 1000) + 3600 * (ends.length + 1)
    ends.push(exp)
    return signToken(validClaims(Date.now(), { sub: 'ada', exp }))
  }
  const bus = await connect(server.wsUrl, { getToken, pingIntervalMs: 7_200_000 }, runtime)
  t.after(() => bus.close())
  const renewed = new Promise<void>(resolve =>
    bus.on('frame', ({ payload }) => (payload as JsonObject).message === 'Token accepted' && resolve())
  )
  const { clientId } = bus
  runtime.clock.advance(3_000_000)
  await renewed
  assert.equal(Date.parse((await bus.command('whoami')).data.expires_at ?? ''), Number(ends[1]) * 1000)
  assert.deepEqual([ends.length, bus.clientId, bus.state], [2, clientId, 'open'])
})

test('an expired token is replaced by a new one over a new connection', async t => {
  const { server, openDirect } = await startStage(t, withTokens)
  let count = 0
  const bus = await openDirect({
    getToken: () => {
      if (++count === 2) throw new Error('not now')
      return signToken(validClaims(Date.now(), { sub: 'ada' }))
    }
  })
  const codes: unknown[] = []
  bus.on('state', ({ error }) => error && codes.push(error.closeCode ?? error.code))
  await bus.join(CHANNEL)
  const [connection] = server.app.bus.hub.connections()
  connection?.tick(performance.now(), connection.identity.expiresAtMs ?? 0)
  await until('it has expired', () => codes.length > 0)
  await until('the client is back', () => bus.state === 'open')
  assert.equal(codes[0], 4410)
  assert.equal(bus.channel(CHANNEL).isJoined, true)
})

test('what is published while there is no connection arrives in its order', async t => {
  const { proxy, open, openDirect } = await startStage(t)
  const [alice, bob] = [await openDirect(), await open()]
  const channel = alice.channel(CHANNEL)
  await channel.join()
  const messages = channel.messages()
  let published: Promise<unknown> = Promise.resolve()
  await whileAway(proxy, bob, async () => {
    published = Promise.all([1, 2, 3].map(n => bob.publish(CHANNEL, { n })))
  })
  await published
  for (const n of [1, 2, 3]) assert.deepEqual((await messages.next()).value?.payload, { n })
})

for (const [mode, env] of [
  ['with', withTokens],
  ['without', { ARQONBUS_PONG_TIMEOUT_MS: '200', ARQONBUS_LIVENESS_PROBE_MS: '200' }]
] as const) {
  test(`a connection that falls silent is replaced, and what was under way arrives once, ${mode} authentication`, async t => {
    const { proxy, open, openDirect } = await startStage(t, env)
    const getToken = () => signToken(validClaims(Date.now(), { sub: 'ada' }))
    const alice = await openDirect({ getToken })
    const channel = alice.channel(CHANNEL)
    await channel.join()
    const messages = channel.messages()
    const bob = await open({ getToken, pingIntervalMs: 100, timeoutMs: 4_000 })
    proxy.cutAll('silence')
    const published = await Promise.all([1, 2, 3].map(n => bob.publish(CHANNEL, { n })))
    assert.deepEqual(
      published.map(({ sequence, duplicate }) => [sequence, duplicate]),
      [1, 2, 3].map(n => [n, false])
    )
    for (const n of [1, 2, 3]) assert.deepEqual((await messages.next()).value?.payload, { n })
  })
}

test('a server that ends in good order is waited for', async t => {
  const { server, proxy, open } = await startStage(t, { ARQONBUS_DRAIN_RETRY_MS: '1' })
  const bus = await open()
  const seen: unknown[] = []
  bus.on('state', ({ error }) => error && seen.push(error.closeCode ?? error.code))
  proxy.setDown(true)
  await server.app.close()
  await until('it waits', () => seen.length > 0)
  assert.equal(seen[0], 1012)
  await bus.close()
  assert.equal(bus.state, 'closed')
})
