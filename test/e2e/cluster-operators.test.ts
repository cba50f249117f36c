import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { listen } from '../support/listener.ts'
import { type NatsServer, startNats } from '../support/nats-server.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const KEY = 'sk_live_00000000'

/** Commands are not bounded: it is asked again and again what has come about. */
function startNode(t: TestContext, nats: NatsServer, node: string): Promise<TestServer> {
  return startServer(t, {
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: nats.url,
    ARQONBUS_NODE_NAME: node,
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
    ARQONBUS_COMMAND_BURST: '100000',
    ARQONBUS_HEAVY_COMMAND_BURST: '100000',
    ARQONBUS_OMEGA_ENABLED: 'true'
  })
}

let entered = 0

/** Somebody else than all before, with the role of an admin unless the claims say otherwise. */
function enter(server: TestServer, claims: object = {}): Promise<TestClient> {
  const token = signToken(
    validClaims(Date.now(), { sub: `user-${++entered}`, role: 'admin', tenant_id: 'acme', ...claims })
  )
  return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
}

/** The data of a command that succeeds. */
async function run(client: TestClient, name: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(`op.${name}`, args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data
}

/** A server that writes down what is posted to it. */
async function openSink(t: TestContext): Promise<{ readonly url: string; readonly numbers: number[] }> {
  const numbers: number[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    numbers.push(JSON.parse(Buffer.concat(chunks).toString()).envelope.payload.n)
    response.writeHead(204).end()
  })
  const { port } = await listen(t, server)
  return { url: `http://127.0.0.1:${port}/hook`, numbers }
}

function publish(client: TestClient, payload: object, room = 'science:explore'): Promise<ServerFrame> {
  return client.ask({ type: 'message', room, payload })
}

async function webhooksOf(client: TestClient): Promise<string[]> {
  return (await run(client, 'webhook.list')).rules.map(({ rule_id }: ServerFrame) => rule_id)
}

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b)
}

const fifty = Array.from({ length: 50 }, (_, n) => n)

test('a message is posted once, whatever node has accepted it, and webhooks of the tenant outlive the nodes', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const [ada, bob] = [await enter(one), await enter(two)]
  const [kept, short] = [await openSink(t), await openSink(t)]
  const { rule_id } = await run(ada, 'webhook.register', { url: kept.url, room: 'science', lifetime: 'tenant' })
  await run(ada, 'webhook.register', { url: short.url })
  await until('both are known', async () => (await webhooksOf(bob)).length === 2)
  await Promise.all(fifty.map(n => publish(n % 2 ? ada : bob, { n })))
  for (const { numbers } of [kept, short]) {
    await until('everything is posted', () => numbers.length >= 50)
    assert.deepEqual(sorted(numbers), fifty)
  }

  ada.socket.close()
  await until('what belonged to the connection is gone', async () => (await webhooksOf(bob)).length === 1)
  await one.app.close()
  await two.app.close()
  const eve = await enter(await startNode(t, nats, 'three'))
  assert.deepEqual(await webhooksOf(eve), [rule_id])
  await publish(eve, { n: 50 })
  await until('it is posted', () => kept.numbers.length > 50)
  await run(eve, 'webhook.unregister', { rule_id })
  assert.deepEqual([sorted(kept.numbers), sorted(short.numbers)], [[...fifty, 50], fifty])
})

test('what a client may not read is not posted for it by any node', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const channels = { publish: [], subscribe: ['science:*'] }
  const [ada, bob] = [await enter(one, { role: 'user', channels }), await enter(two)]
  const sink = await openSink(t)
  await run(ada, 'webhook.register', { url: sink.url })
  await until('it is known', async () => (await webhooksOf(bob)).length === 1)
  await publish(bob, { n: 1 }, 'vault:keys')
  await publish(bob, { n: 2 })
  await until('what may be read is posted', () => sink.numbers.length > 0)
  assert.deepEqual(sink.numbers, [2])
})

test('a policy that is reloaded on one node holds on all, and on those that start later', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const [ada, bob] = [await enter(one, { role: 'superadmin' }), await enter(two, { role: 'superadmin' })]
  const blocking = { enabled: true, mode: 'enforce', block_on_probable_secret: true }
  await run(ada, 'casil.reload', blocking)
  await until('it holds', async () => (await publish(bob, { key: KEY })).error_code === 'CASIL_POLICY_BLOCKED_SECRET')
  const redacting = { block_on_probable_secret: false, transport_redaction: true }
  const policy = await run(bob, 'casil.reload', redacting)
  assert.deepEqual([policy.enabled, policy.mode, policy.transport_redaction], [true, 'enforce', true])
  await until('it holds', async () => (await publish(ada, { password: 'hunter2' })).type === 'message_response')
  await two.app.close()
  const late = await enter(await startNode(t, nats, 'three'))
  assert.deepEqual(await run(late, 'casil.get'), policy)
  await late.join('science:explore')
  await publish(ada, { password: 'hunter2', n: 1 })
  await until('it is delivered', () => late.frames.some(({ payload }) => payload?.n === 1))
  assert.equal(late.frames.find(({ payload }) => payload?.n === 1)?.payload.password, '***REDACTED***')
  assert.equal((await ada.command('op.casil.reload', { redaction_patterns: ['('] })).error_code, 'VALIDATION_ERROR')
  assert.deepEqual(await run(late, 'casil.get'), policy)
})

test('the experimental lane is the same on all nodes', async t => {
  const nats = await startNats(t)
  const [one, two] = [await startNode(t, nats, 'one'), await startNode(t, nats, 'two')]
  const [ada, bob] = [await enter(one), await enter(two)]
  const { substrate_id } = await run(ada, 'omega.register_substrate', { name: 'reservoir', kind: 'simulated' })
  await until('it is known', async () => (await run(bob, 'omega.list_substrates')).count === 1)
  const first = await run(bob, 'omega.emit_event', { substrate_id, signal: 'spike', payload: { n: 1 } })
  await until('the event is known', async () => (await run(ada, 'omega.list_events')).count === 1)
  assert.deepEqual((await run(ada, 'omega.list_events')).events, [first])
  const late = await enter(await startNode(t, nats, 'three'))
  assert.deepEqual((await run(late, 'omega.list_events')).events, [first])
  await run(late, 'omega.unregister_substrate', { substrate_id })
  for (const client of [ada, bob])
    await until('all is gone', async () => {
      const { substrate_count, event_count } = await run(client, 'omega.status')
      return substrate_count + event_count === 0
    })
})

test('while NATS is away nothing that is shared changes, and afterwards it can be changed again', async t => {
  const nats = await startNats(t)
  const ada = await enter(await startNode(t, nats, 'one'), { role: 'superadmin' })
  const { rule_id } = await run(ada, 'webhook.register', { url: 'http://127.0.0.1:1/' })
  const policy = await run(ada, 'casil.get')
  await nats.kill()
  const refused = await Promise.all([
    ada.command('op.webhook.register', { url: 'http://127.0.0.1:1/' }),
    ada.command('op.webhook.unregister', { rule_id }),
    ada.command('op.casil.reload', { enabled: true }),
    ada.command('op.omega.register_substrate', { name: 'a', kind: 'b' })
  ])
  assert.deepEqual(
    refused.map(({ error_code }) => error_code),
    refused.map(() => 'ENGINE_UNAVAILABLE')
  )
  assert.deepEqual(await webhooksOf(ada), [rule_id])
  assert.deepEqual(await run(ada, 'casil.get'), policy)
  assert.equal((await run(ada, 'omega.status')).substrate_count, 0)
  await nats.restart()
  await until('it can be changed', async () => {
    const { status } = await ada.command('op.casil.reload', { enabled: true })
    return status === 'success'
  })
})
