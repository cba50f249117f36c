import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { type NatsServer, startNats } from '../support/nats-server.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

/** One node, with an operator who is connected to it. */
interface Node {
  readonly server: TestServer
  readonly operator: TestClient
}

const token = signToken(validClaims(Date.now(), { role: 'admin' }))

/** Commands are not bounded: it is asked again and again what has come about. */
async function startNode(t: TestContext, nats: NatsServer, name: string): Promise<Node> {
  const server = await startServer(t, {
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: nats.url,
    ARQONBUS_NODE_NAME: name,
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
    ARQONBUS_COMMAND_BURST: '100000',
    ARQONBUS_HEAVY_COMMAND_BURST: '100000'
  })
  return { server, operator: await server.connect(`/ws?token=${token}`) }
}

interface Cluster {
  readonly nats: NatsServer
  readonly one: Node
  readonly two: Node
}

async function startCluster(t: TestContext): Promise<Cluster> {
  const nats = await startNats(t)
  return { nats, one: await startNode(t, nats, 'one'), two: await startNode(t, nats, 'two') }
}

async function run({ operator }: Node, name: string, args: object): Promise<ServerFrame> {
  const answer = await operator.command(name, args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data
}

async function codeOf({ operator }: Node, name: string, args: object): Promise<string> {
  return (await operator.command(name, args)).error_code
}

/** Status and body of a request to the other door. */
async function ask(
  { server }: Node,
  method: string,
  path: string,
  body?: object
): Promise<readonly [number, ServerFrame]> {
  const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) }
  const response = await fetch(`${server.httpUrl}/v1${path}`, {
    method,
    headers,
    body: body ? JSON.stringify(body) : null
  })
  return [response.status, (await response.json()) as ServerFrame]
}

/** The channels of a room with their descriptions, as a node lists them. */
async function list(node: Node, room = 'lab'): Promise<string[]> {
  const { channels } = await run(node, 'list_channels', { room })
  return channels.map(({ channel_id, description }: ServerFrame) => `${channel_id} ${description}`.trim())
}

/** Waits until a node knows these channels, and has it list them. */
async function lists({ server, operator }: Node, expected: readonly string[]): Promise<void> {
  const know = (): string[] =>
    server.app.rooms.list('default', 'lab').map(({ name, description }) => `lab:${name} ${description}`.trim())
  await until(`${expected} are known`, () => JSON.stringify(know()) === JSON.stringify(expected))
  assert.deepEqual(await list({ server, operator }), expected)
}

function noticesOf({ operator }: Node): string[] {
  const events = operator.frames.filter(({ type }) => type === 'system').map(({ payload }) => payload)
  return events.filter(({ event }) => /^channel_/.test(event)).map(({ event, channel }) => `${event} ${channel}`)
}

test('a channel that is created, described and deleted on one node is so on the other, and is told once', async t => {
  const { one, two } = await startCluster(t)
  for (const node of [one, two]) await run(node, 'join_channel', { channel_id: 'lab:watched', presence: true })
  const told: string[] = []
  const isTold = async (notice: string): Promise<void> => {
    told.push(notice)
    for (const node of [one, two]) {
      await until(`${notice} is told`, () => noticesOf(node).length >= told.length)
      assert.deepEqual(noticesOf(node), told)
    }
  }
  await run(one, 'create_channel', { channel_id: 'lab:made', description: 'First' })
  const startMs = performance.now()
  await lists(two, ['lab:made First', 'lab:watched'])
  t.diagnostic(`listed by the other node after ${(performance.now() - startMs).toFixed(1)} ms`)
  const [status, shown] = await ask(two, 'GET', '/rooms/lab/channels/made')
  assert.deepEqual([status, shown.description], [200, 'First'])
  await isTold('channel_created made')
  await ask(two, 'PATCH', '/rooms/lab/channels/made', { description: 'Second' })
  await lists(one, ['lab:made Second', 'lab:watched'])
  await isTold('channel_updated made')
  await run(two, 'delete_channel', { channel_id: 'lab:made' })
  await lists(one, ['lab:watched'])
  await isTold('channel_deleted made')
  assert.equal(await codeOf(one, 'delete_channel', { channel_id: 'lab:made' }), 'CHANNEL_NOT_FOUND')
  await run(one, 'create_channel', { channel_id: 'lab:made' })
  await isTold('channel_created made')
})

test('a channel exists for all nodes at both doors', async t => {
  const { one, two } = await startCluster(t)
  await run(one, 'create_channel', { channel_id: 'lab:made' })
  assert.equal(await codeOf(two, 'create_channel', { channel_id: 'lab:made' }), 'CHANNEL_EXISTS')
  const [status, body] = await ask(two, 'POST', '/rooms/lab/channels', { channel: 'made' })
  assert.deepEqual([status, body.code], [409, 'CHANNEL_EXISTS'])
})

test('of two nodes that create a channel at the same time exactly one does', async t => {
  const { one, two } = await startCluster(t)
  for (let n = 0; n < 20; n++) {
    const channel_id = `lab:c${n}`
    const answers = await Promise.all([one, two].map(node => node.operator.command('create_channel', { channel_id })))
    assert.deepEqual(answers.map(({ status, error_code }) => error_code ?? status).sort(), [
      'CHANNEL_EXISTS',
      'success'
    ])
  }
  await until('both know all', () =>
    [one, two].every(({ server }) => server.app.rooms.list('default', 'lab').length === 20)
  )
})

test('a channel that is made by use is soon on the other node', async t => {
  const { one, two } = await startCluster(t)
  await run(one, 'join_channel', { channel_id: 'lab:joined' })
  await two.operator.ask({ type: 'message', room: 'lab:posted', payload: {}, ack: true })
  for (const node of [one, two]) await lists(node, ['lab:joined', 'lab:posted'])
  assert.equal(await codeOf(one, 'create_channel', { channel_id: 'lab:posted' }), 'CHANNEL_EXISTS')
})

test('a node that is started anew has the channels when it is ready', async t => {
  const { nats, one, two } = await startCluster(t)
  for (let n = 0; n < 30; n++) await run(one, 'create_channel', { channel_id: `lab:c${n}`, description: String(n) })
  await run(one, 'join_channel', { channel_id: 'hall:used' })
  await until('it is shared', () => two.server.app.rooms.list('default', 'hall').length === 1)
  await one.server.app.close()
  await two.server.app.close()
  const next = await startNode(t, nats, 'next')
  assert.deepEqual((await list(next)).sort(), Array.from({ length: 30 }, (_, n) => `lab:c${n} ${n}`).sort())
  assert.deepEqual(await list(next, 'hall'), ['hall:used'])
})

test('while NATS is gone no channel is created, described or deleted', async t => {
  const { nats, one, two } = await startCluster(t)
  await run(one, 'create_channel', { channel_id: 'lab:made', description: 'First' })
  await lists(two, ['lab:made First'])
  await nats.kill()
  assert.equal(await codeOf(one, 'create_channel', { channel_id: 'lab:other' }), 'ENGINE_UNAVAILABLE')
  assert.equal(await codeOf(one, 'delete_channel', { channel_id: 'lab:made' }), 'ENGINE_UNAVAILABLE')
  const [status, body] = await ask(two, 'PATCH', '/rooms/lab/channels/made', { description: 'Second' })
  assert.deepEqual([status, body.code], [503, 'ENGINE_UNAVAILABLE'])
  for (const node of [one, two]) assert.deepEqual(await list(node), ['lab:made First'])
  await nats.restart()
  const isBack = ({ server }: Node): Promise<boolean> =>
    server.app.broker.probe().then(
      () => true,
      () => false
    )
  await until('both are back', async () => (await isBack(one)) && (await isBack(two)))
  await until(
    'it is created',
    async () => (await codeOf(one, 'create_channel', { channel_id: 'lab:other' })) !== 'ENGINE_UNAVAILABLE'
  )
  await lists(two, ['lab:made First', 'lab:other'])
})
