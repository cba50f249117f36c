import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import type { BusClient } from '../../src/client/index.ts'
import { enter, Workload } from '../faults/workload.ts'
import { Balancer } from '../support/balancer.ts'
import { Cable } from '../support/cable.ts'
import { startNats } from '../support/nats-server.ts'
import { freePorts } from '../support/ports.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

/** Connections that one address may have on a node. */
const PER_ADDRESS = 20
const settings = {
  ARQONBUS_BROKER: 'nats',
  ARQONBUS_ENABLE_AUTH: 'true',
  ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
  ARQONBUS_MAX_CONNECTIONS_PER_IP: String(PER_ADDRESS),
  ARQONBUS_MAX_HISTORY_SIZE: '20000',
  ARQONBUS_MAX_RECOVERY: '20000',
  ARQONBUS_TRUST_PROXY: '127.0.0.1',
  // Processes that are killed leave no coverage.
  NODE_V8_COVERAGE: ''
}

/** A node that is started again has the address that it had. */
interface Node {
  process: ServerProcess
  start(): Promise<void>
}

interface Deployment {
  readonly balancer: Balancer
  readonly one: Node
  readonly two: Node
  /** What the first node is connected to NATS with. */
  readonly cable: Cable
}

/** Two nodes on one NATS server behind a balancer. */
async function deploy(t: TestContext): Promise<Deployment> {
  const nats = await startNats(t)
  const cable = await Cable.lay(t, nats.port)
  const ports = (await freePorts(2)) as [number, number]
  const urls = [cable.url, nats.url]
  const nodes = await Promise.all(
    ports.map(async (port, index): Promise<Node> => {
      const place = { ARQONBUS_SERVER_PORT: String(port), ARQONBUS_NATS_URL: urls[index] ?? '' }
      const launch = (): Promise<ServerProcess> => startServerProcess(t, { env: { ...settings, ...place } })
      const node = {
        process: await launch(),
        async start() {
          node.process = await launch()
        }
      }
      return node
    })
  )
  const [one, two] = nodes as [Node, Node]
  const balancer = await Balancer.start(t, ports)
  await until('the nodes know each other', async () => (await statusOf(one)).cluster.nodes === 2)
  return { balancer, one, two, cable }
}

interface Status {
  readonly connections: { readonly active: number }
  readonly cluster: { readonly nodes: number }
}

async function statusOf(node: Node): Promise<Status> {
  return (await (await fetch(`${node.process.httpUrl}/status`)).json()) as Status
}

async function countClients({ one, two }: Deployment): Promise<number[]> {
  return Promise.all([one, two].map(async node => (await statusOf(node)).connections.active))
}

/** Clients that know one address. They end with the test. */
async function enterAll(t: TestContext, deployment: Deployment, count: number): Promise<BusClient[]> {
  const clients: BusClient[] = []
  for (let n = 0; n < count; n++) clients.push(await enter(deployment.balancer.wsUrl, `user-${n}`))
  t.after(() => Promise.all(clients.map(client => client.close())))
  return clients
}

/** Does something, and waits until the balancer has said so of the first node once more. */
async function says({ balancer }: Deployment, word: 'UP' | 'DOWN', act: () => void | Promise<void>): Promise<void> {
  const count = (): number => balancer.log.filter(line => line.includes(`arqonbus-1 is ${word}`)).length
  const before = count()
  await act()
  await until(`the balancer says that the first node is ${word}`, () => count() > before)
}

/** The status of the answer to a handshake from an address of this machine. */
async function shakeHands(t: TestContext, { balancer }: Deployment, from: string, claimed: string): Promise<number> {
  const token = signToken(validClaims(Date.now(), { sub: `user-${from}-${claimed}` }))
  const headers = { Authorization: `Bearer ${token}`, 'X-Forwarded-For': claimed }
  const socket = new WebSocket(`${balancer.wsUrl}/ws`, { localAddress: from, headers })
  t.after(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(101)).once('error', reject)
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode))
  })
}

async function checkSharing(t: TestContext, deployment: Deployment): Promise<void> {
  const clients = await enterAll(t, deployment, 4)
  assert.deepEqual(await countClients(deployment), [2, 2])
  const numbers = clients.map((_, n) => n)
  const got = clients.map((): unknown[] => [])
  for (const [n, client] of clients.entries()) {
    const channel = client.channel('lab:bench')
    await channel.join()
    channel.on('message', ({ payload }) => got[n]?.push(payload.n))
  }
  for (const [n, client] of clients.entries()) await client.publish('lab:bench', { n })
  for (const [n, client] of clients.entries()) {
    const others = numbers.filter(other => other !== n)
    await until('all are there', () => got[n]?.length === others.length)
    assert.deepEqual(got[n], others)
    const { history } = await client.channel('lab:bench').history()
    assert.deepEqual(
      history.map(({ payload }) => payload.n),
      numbers
    )
    let members: string[] = []
    // A node that is busy for 250 ms is left out of the list.
    await until('all members are listed', async () => {
      members = (await client.channel('lab:bench').presence()).map(({ client_id }) => client_id)
      return members.length >= clients.length
    })
    assert.deepEqual(members.sort(), clients.map(({ clientId }) => clientId).sort())
  }

  for (const [to, client] of clients.entries()) client.serve(({ from }) => ({ from, to }))
  for (const [from, client] of clients.entries())
    for (const [to, { clientId }] of clients.entries())
      if (to !== from) assert.deepEqual(await client.request(clientId, { from }), { from, to })

  for (const client of clients) await client.store.increment('turns', { by: 1 })
  for (const client of clients) assert.equal((await client.store.get('turns')).value, clients.length)
}

async function checkAddresses(t: TestContext, deployment: Deployment): Promise<void> {
  const statuses: number[] = []
  while (statuses.length <= 2 * PER_ADDRESS && !statuses.includes(429))
    statuses.push(await shakeHands(t, deployment, '127.0.0.2', `203.0.113.${statuses.length}`))
  assert.equal(statuses.pop(), 429)
  assert.ok(statuses.every(status => status === 101))
  assert.equal(await shakeHands(t, deployment, '127.0.0.3', '127.0.0.2'), 101)
}

async function checkReadiness(t: TestContext, deployment: Deployment): Promise<void> {
  const { cable } = deployment
  await until('all others are gone', async () => (await countClients(deployment)).every(count => count === 0))
  const clients = await enterAll(t, deployment, 2)
  assert.deepEqual(await countClients(deployment), [1, 1])
  const states: string[] = []
  for (const client of clients) client.on('state', ({ state }) => states.push(state))
  await says(deployment, 'DOWN', () => cable.cut())
  await enterAll(t, deployment, 3)
  assert.deepEqual(await countClients(deployment), [1, 4])
  await says(deployment, 'UP', () => cable.mend())
  for (const client of clients) await client.publish('lab:bench', {})
  assert.deepEqual(states, [], 'their sockets stayed open')
}

async function checkLosses(t: TestContext, deployment: Deployment): Promise<void> {
  const { balancer, one, two } = deployment
  const workload = await Workload.start({ wsUrl: balancer.wsUrl, channel: 'lab:losses', members: 4, perSecond: 200 })
  t.after(() => workload.close())
  const flow = async (): Promise<void> => {
    const enough = workload.acked + 200
    await until('200 more are acknowledged', () => workload.acked >= enough)
  }
  await flow()
  await says(deployment, 'DOWN', async () => {
    one.process.kill('SIGKILL')
    await one.process.ended
    await workload.goesOn()
    await flow()
  })
  assert.ok(workload.reconnects > 0, 'some clients were on the node that died')
  await says(deployment, 'UP', () => one.start())
  two.process.kill('SIGTERM')
  assert.equal((await two.process.ended).code, 0)
  await workload.goesOn()
  await flow()
  const { acked, refused, gapMs, faults } = await workload.stop()
  const { reconnects } = workload
  t.diagnostic(
    `${acked} acknowledged, ${refused} refused, ${reconnects} reconnects, ${Math.round(gapMs)} ms without one`
  )
  assert.deepEqual(faults.slice(0, 10), [])
}

test('two nodes behind a balancer that ties nobody to a node', async t => {
  const deployment = await deploy(t)
  for (const [title, check] of [
    ['clients do not notice on which node they are', checkSharing],
    ['a node that has lost NATS gets no new clients and keeps those that it has', checkReadiness],
    ['a client has the address from which it comes, and not the one that it claims', checkAddresses],
    ['nothing is lost when one node is killed, comes back, and the other one drains', checkLosses]
  ] as const)
    await t.test(title, t => check(t, deployment))
})
