import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Clock, createSystemClock } from '../../src/clock.ts'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { Cable } from '../support/cable.ts'
import { createPatientClock } from '../support/clock.ts'
import { startNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'
const at = { room: 'lab', channel: 'bench' }

/** Commands are not bounded: it is asked again and again what has come about. */
const settings = {
  ARQONBUS_ANONYMOUS_ROLE: 'admin',
  ARQONBUS_BROKER: 'nats',
  ARQONBUS_COMMAND_BURST: '100000',
  ARQONBUS_HEAVY_COMMAND_BURST: '100000'
}

interface Pair {
  readonly one: TestServer
  readonly two: TestServer
  /** What the second node is connected to NATS with. */
  readonly cable: Cable
}

/** Two nodes on one NATS server, which know each other, and unless told wait for answers for as long as those take. Everybody is an admin. */
async function startPair(t: TestContext, clock: Clock = createPatientClock()): Promise<Pair> {
  const nats = await startNats(t)
  const cable = await Cable.lay(t, nats.port)
  const start = (url: string, node: string): Promise<TestServer> =>
    startServer(t, { ...settings, ARQONBUS_NATS_URL: url, ARQONBUS_NODE_NAME: node }, clock)
  const [one, two] = [await start(nats.url, 'one'), await start(cable.url, 'two')]
  await until('the nodes know each other', () => [one, two].every(({ app }) => app.broker.peerCount === 1))
  return { one, two, cable }
}

async function infoOf(client: TestClient): Promise<ServerFrame> {
  return (await client.command('channel_info', at)).payload.data
}

async function read(
  { httpUrl }: TestServer,
  path: string,
  method = 'GET'
): Promise<{ status: number; body: ServerFrame }> {
  const response = await fetch(`${httpUrl}${path}`, { method })
  return { status: response.status, body: (await response.json()) as ServerFrame }
}

test('members of both nodes are seen from both, in commands and over HTTP', async t => {
  const { one, two } = await startPair(t)
  const [ada, bob] = [await one.connect('/ws?screen_name=Ada'), await two.connect()]
  assert.equal((await ada.join(CHANNEL)).payload.data.participant_count, 1)
  assert.equal((await bob.join(CHANNEL)).payload.data.participant_count, 2)
  const members = [ada.id, bob.id].sort()
  for (const [client, server] of [
    [ada, one],
    [bob, two]
  ] as const) {
    const { participants, member_count } = await infoOf(client)
    assert.deepEqual([participants.toSorted(), member_count], [members, 2])
    const listed = (await client.command('list_channels', { room: 'lab' })).payload.data.channels
    assert.equal(listed[0].participant_count, 2)
    const { body: channel } = await read(server, '/v1/rooms/lab/channels/bench')
    assert.deepEqual(channel.participants.toSorted(), members)
    const { body: rooms } = await read(server, '/v1/rooms')
    assert.equal(rooms.rooms.find(({ room }: ServerFrame) => room === 'lab').participant_count, 2)
    assert.equal((await client.command('status')).payload.data.clients, 2)
    const { body: status } = await read(server, '/status')
    assert.deepEqual([status.connections.active, status.cluster], [1, { nodes: 2, clients: 2 }])
  }
})

test('notices on all nodes count all members, and one of joining comes before that of leaving', async t => {
  const { one, two } = await startPair(t)
  const [near, far, comer] = [await one.connect(), await two.connect(), await two.connect()]
  for (const watcher of [near, far]) await watcher.join(CHANNEL, { presence: true })
  for (let turn = 0; turn < 5; turn++) {
    await comer.join(CHANNEL, { presence: true })
    await comer.command('leave_channel', at)
  }
  const noticesOf = ({ frames }: TestClient): unknown[] =>
    frames
      .filter(({ type, payload }) => type === 'system' && payload.client_id === comer.id)
      .map(({ payload }) => [payload.event, payload.participant_count])
  for (const watcher of [near, far]) {
    await until('all are told', () => noticesOf(watcher).length === 10)
    assert.deepEqual(
      noticesOf(watcher),
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? ['client_joined', 3] : ['client_left', 2]))
    )
  }
  assert.deepEqual(noticesOf(comer), [])
})

test('a channel is not deleted while a member is on another node', async t => {
  const { one, two } = await startPair(t)
  const [admin, member] = [await one.connect(), await two.connect()]
  await admin.command('create_channel', at)
  await member.join(CHANNEL)
  assert.equal((await admin.command('delete_channel', at)).error_code, 'CHANNEL_NOT_EMPTY')
  assert.equal((await read(one, '/v1/rooms/lab/channels/bench', 'DELETE')).body.code, 'CHANNEL_NOT_EMPTY')
  await member.command('leave_channel', at)
  assert.equal((await admin.command('delete_channel', at)).status, 'success')
})

test('operators of one node page through the clients of all, see each and disconnect each', async t => {
  const { one, two } = await startPair(t)
  const clients: TestClient[] = []
  for (let n = 0; n < 7; n++) clients.push(await (n % 3 ? two : one).connect())
  for (const server of [one, two]) {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const { body }: { body: ServerFrame } = await read(
        server,
        `/v1/clients?limit=2${cursor ? `&cursor=${cursor}` : ''}`
      )
      seen.push(...body.clients.map(({ client_id }: ServerFrame) => client_id))
      cursor = body.next_cursor
    } while (cursor !== undefined)
    assert.deepEqual(seen, clients.map(({ id }) => id).sort())
  }
  for (const client of clients) {
    const path = `/v1/clients/${client.id}`
    assert.equal((await read(one, path)).body.client_id, client.id)
    assert.equal((await read(one, path, 'DELETE')).status, 200)
    assert.equal((await client.closed).code, 4403)
    for (const method of ['GET', 'DELETE']) assert.equal((await read(one, path, method)).status, 404)
  }
})

test('a dashboard is told what agents on another node do', async t => {
  const { one, two } = await startPair(t)
  const dashboard = await two.connect('/ws?client_type=dashboard')
  await dashboard.join('integriguard:dashboard-events')
  const agent = await one.connect('/ws?client_type=ai-agent')
  await agent.command('ping')
  const { payload } = await dashboard.next(({ type }) => type === 'telemetry')
  assert.deepEqual([payload.eventType, payload.payload.client_id], ['agent_activity', agent.id])
})

test('an announcement reaches the clients of all nodes, and is refused while its node has lost NATS', async t => {
  const { one, two, cable } = await startPair(t)
  const [ada, bob] = [await one.connect(), await two.connect()]
  const announce = (text: string): Promise<ServerFrame> =>
    ada.ask({ type: 'system', room: '*', payload: { text }, metadata: { echo: true } })
  const words = ({ frames }: TestClient): string[] =>
    frames.filter(({ type, payload }) => type === 'system' && payload.text).map(({ payload }) => payload.text)
  assert.equal((await announce('noon')).type, 'message_response')
  for (const client of [ada, bob]) await until('it is told', () => words(client).length === 1)
  // Each of these takes two bytes in a frame, and four in a message between nodes.
  const tooLong = await announce('"'.repeat(400_000))
  assert.equal(tooLong.error_code, 'LIMIT_EXCEEDED')
  cable.cut()
  const post = async (): Promise<{ status: number; body: ServerFrame }> => {
    const body = JSON.stringify({ payload: { text: 'cut off' } })
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${two.httpUrl}/v1/announce`, { method: 'POST', headers, body })
    return { status: response.status, body: (await response.json()) as ServerFrame }
  }
  await until('it is refused', async () => (await post()).status === 503)
  await bob.settle()
  const before = words(bob).length
  assert.equal((await post()).body.code, 'ENGINE_UNAVAILABLE')
  await bob.command('ping')
  assert.equal(words(bob).length, before)
  assert.deepEqual(words(ada), ['noon'])
})

test('members of a node that does not answer, and of one that has ended, are members no more', async t => {
  const { one, two, cable } = await startPair(t, createSystemClock())
  const [ada, bob] = [await one.connect(), await two.connect()]
  for (const client of [ada, bob]) await client.join(CHANNEL)
  cable.cut()
  await until('bob is gone', async () => (await infoOf(ada)).member_count === 1)
  cable.mend()
  await until('bob is back', async () => (await infoOf(ada)).member_count === 2)
  await two.app.close()
  assert.deepEqual((await infoOf(ada)).participants, [ada.id])
  await until('the node is known no more', () => one.app.broker.peerCount === 0)
  assert.deepEqual((await read(one, '/status')).body.cluster, { nodes: 1, clients: 1 })
})
