import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { createPatientClock } from '../support/clock.ts'
import { type NatsServer, startNats } from '../support/nats-server.ts'
import { timed } from '../support/timed.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'

interface Cluster {
  readonly nats: NatsServer
  readonly one: TestServer
  readonly two: TestServer
}

/** Two nodes on one NATS server, which know each other. */
async function startCluster(t: TestContext, env: Record<string, string> = {}, clock?: Clock): Promise<Cluster> {
  const nats = await startNats(t)
  const settings = { ARQONBUS_BROKER: 'nats', ARQONBUS_NATS_URL: nats.url, ...env }
  const [one, two] = [await startServer(t, settings, clock), await startServer(t, settings, clock)]
  const know = ({ app }: TestServer): boolean => app.broker.engine?.().peers === 1
  await until('the nodes know each other', () => know(one) && know(two))
  return { nats, one, two }
}

function publish(client: TestClient, fields: object = {}): Promise<ServerFrame> {
  return client.ask({ type: 'message', room: CHANNEL, payload: {}, ack: true, ...fields })
}

/** What a client has received in the channel, by the number that the publisher gave it. */
function numbersOf(client: TestClient): number[] {
  return client.received().map(frame => frame.payload.n)
}

function sequencesOf(client: TestClient): number[] {
  return client.received().map(frame => frame.sequence)
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function assertGrowing(sequences: readonly number[]): void {
  for (const [index, sequence] of sequences.entries()) {
    if (index > 0) assert.ok(sequence > (sequences[index - 1] ?? 0), `${sequences[index - 1]} before ${sequence}`)
  }
}

test('a member of one node gets what is published on another, in order, with the position that was acknowledged', async t => {
  const { one, two } = await startCluster(t)
  const [member, publisher] = [await one.connect(), await two.connect()]
  await member.join(CHANNEL)
  const answers = range(50).map(n => publish(publisher, { id: `arq_n-${n}`, payload: { n } }))
  const acks = await Promise.all(answers)
  await until('all are there', () => member.received().length === 50)
  assert.deepEqual(numbersOf(member), range(50))
  assertGrowing(sequencesOf(member))
  const positions = new Map(acks.map(({ id, sequence, epoch }) => [id, [sequence, epoch]]))
  for (const { id, sequence, epoch, sender } of member.received()) {
    assert.deepEqual(positions.get(id), [sequence, epoch])
    assert.equal(sender, publisher.id)
  }
})

test('a message sent again to another node is a duplicate and delivered once', async t => {
  const { one, two } = await startCluster(t)
  const [member, publisher] = [await one.connect(), await two.connect()]
  await member.join(CHANNEL)
  const first = await publish(publisher, { id: 'arq_same', payload: { n: 0 } })
  const again = await publish(publisher, { id: 'arq_same', payload: { n: 0 } })
  assert.deepEqual([again.sequence, again.duplicate], [first.sequence, true])
  await publish(publisher, { payload: { n: 1 } })
  await until('the second is there', () => member.received().length >= 2)
  assert.deepEqual(numbersOf(member), [0, 1])
})

test('all nodes tell the same history', async t => {
  const { one, two } = await startCluster(t)
  const [left, right] = [await one.connect(), await two.connect()]
  for (const n of range(20)) await publish(n % 2 ? left : right, { payload: { n } })
  const histories = []
  for (const client of [left, right]) {
    const { payload } = await client.command('history', { room: 'lab', channel: 'bench' })
    histories.push(payload.data.history)
  }
  assert.deepEqual(histories[0], histories[1])
  assert.deepEqual(
    histories[0].map((entry: ServerFrame) => entry.payload.n),
    range(20)
  )
})

test('a private message reaches a client of another node, and whoever is nowhere is named', async t => {
  const { one, two } = await startCluster(t, {}, createPatientClock())
  const [sender, near, far] = [await one.connect(), await one.connect(), await two.connect()]
  const to = [near.id, far.id, 'arq_client_nobody']
  const ack = await sender.ask({ type: 'private', to, payload: { n: 7 } })
  assert.deepEqual(ack.payload.missing, ['arq_client_nobody'])
  for (const client of [near, far]) assert.equal((await client.next(frame => frame.type === 'private')).payload.n, 7)
  const refusal = await sender.ask({ type: 'private', to: ['arq_client_nobody'], payload: {} })
  assert.equal(refusal.error_code, 'TARGET_NOT_FOUND')
})

test('a notice of presence reaches members of another node who asked for them', async t => {
  const { one, two } = await startCluster(t)
  const [watcher, comer] = [await one.connect(), await two.connect()]
  await watcher.join(CHANNEL, { presence: true })
  await comer.join(CHANNEL)
  const notice = await watcher.next(frame => frame.type === 'system' && frame.payload.event === 'client_joined')
  assert.equal(notice.payload.client_id, comer.id)
})

test('a client that comes back to another node gets exactly what it missed', async t => {
  const { one, two } = await startCluster(t)
  const [member, publisher] = [await one.connect(), await two.connect()]
  await member.join(CHANNEL)
  for (const n of range(5)) await publish(publisher, { payload: { n } })
  await until('it has seen five', () => member.received().length === 5)
  const { sequence, epoch } = member.received()[4] as ServerFrame
  member.socket.terminate()
  for (const n of range(40)) await publish(publisher, { payload: { n: n + 5 } })
  const back = await two.connect()
  const { data } = (await back.join(CHANNEL, { since: sequence, epoch })).payload
  assert.equal(data.recovered, true)
  await publish(publisher, { payload: { n: 45 } })
  await until('it has all', () => back.received().length === 41)
  assert.deepEqual(numbersOf(back), range(46).slice(5))
})

test('members that join while both nodes publish see everything after their position once', async t => {
  const { one, two } = await startCluster(t)
  const publishers = [await one.connect(), await two.connect()]
  let isWanted = true
  let n = 0
  const publishing = publishers.map(async publisher => {
    // However long the joins take, history holds all.
    while (isWanted && n < 450) {
      await Promise.all(range(5).map(() => publish(publisher, { payload: { n: n++ } })))
      await pause(1)
    }
  })
  const joined: { readonly client: TestClient; readonly from: number }[] = []
  for (const turn of range(30)) {
    const client = await (turn % 2 ? one : two).connect()
    const earlier = joined[turn - 3]
    const since = earlier === undefined ? {} : positionOf(earlier.client)
    const { data } = (await client.join(CHANNEL, since)).payload
    if (since.since !== undefined) assert.equal(data.recovered, true)
    joined.push({ client, from: since.since ?? data.sequence })
  }
  isWanted = false
  await Promise.all(publishing)
  const last = await publish(publishers[0] as TestClient, { payload: { n: -1 } })
  const reader = await one.connect()
  await reader.join(CHANNEL, { since: 0, epoch: last.epoch })
  for (const { client } of [...joined, { client: reader }])
    await until('the last is there', () => sequencesOf(client).at(-1) === last.sequence)
  const { payload } = await reader.command('history', { room: 'lab', channel: 'bench', limit: 500 })
  const all: number[] = payload.data.history.map((entry: ServerFrame) => entry.sequence)
  for (const { client, from } of joined) {
    const sequences = sequencesOf(client)
    assertGrowing(sequences)
    const expected = all.filter(sequence => sequence > from)
    assert.deepEqual(sequences.slice(-expected.length), expected)
  }
})

/** Where a client stands: its latest message. */
function positionOf(client: TestClient): { since?: number; epoch?: string } {
  const latest = client.received().at(-1)
  return latest === undefined ? {} : { since: latest.sequence, epoch: latest.epoch }
}

test('while NATS is gone publishes are refused within 5 s, sockets stay open, and all goes on when it is back', async t => {
  const { nats, one, two } = await startCluster(t)
  const [member, publisher] = [await one.connect(), await two.connect()]
  await member.join(CHANNEL)
  const acknowledged: number[] = []
  let isWanted = true
  let refusals = 0
  const publishing = (async () => {
    for (let n = 0; isWanted; n++) {
      let answer: ServerFrame = {}
      const tookMs = await timed(async () => {
        answer = await publish(publisher, { id: `arq_k-${n}`, payload: { n } })
      })
      assert.ok(tookMs < 5_000)
      if (answer.type === 'message_response') acknowledged.push(n)
      else {
        assert.deepEqual([answer.error_code, answer.retry], ['ENGINE_UNAVAILABLE', true])
        refusals++
        await pause(20)
      }
    }
  })()
  for (const turn of range(3)) {
    const before = acknowledged.length
    await until('it publishes', () => acknowledged.length > before + 30)
    await nats.kill()
    const refused = refusals
    await until('it is refused', () => refusals > refused)
    await until('it is not ready', async () => (await fetch(`${one.httpUrl}/ready`)).status === 503)
    assert.equal((await fetch(`${one.httpUrl}/health`)).status, 200)
    await nats.restart()
    await until(`it is ready again, time ${turn}`, async () => (await fetch(`${two.httpUrl}/ready`)).ok)
  }
  const before = acknowledged.length
  await until('it publishes', () => acknowledged.length > before + 30)
  isWanted = false
  await publishing
  await until('the last has come', () => numbersOf(member).includes(acknowledged.at(-1) ?? -1))
  assert.deepEqual([member.socket.readyState, publisher.socket.readyState], [1, 1])
  assertGrowing(sequencesOf(member))
  const received = numbersOf(member)
  assert.equal(new Set(received).size, received.length)
  for (const n of acknowledged) assert.ok(received.includes(n), `${n} was acknowledged and did not come`)
  const key = 'default/lab:bench'
  const { publications } = await one.app.broker.read(key, { limit: 1_000, keep: 'newest' })
  const stored = publications.map(({ message }) => JSON.parse(message.payload).n)
  for (const n of acknowledged.slice(-300)) assert.ok(stored.includes(n), `${n} was acknowledged and is not stored`)
})

test('while NATS stands still publishes are refused within 5 s and readiness ends', async t => {
  const { nats, one } = await startCluster(t)
  const publisher = await one.connect()
  await publish(publisher)
  nats.pause()
  const tookMs = await timed(async () => {
    const answer = await publisher.ask({ type: 'message', room: CHANNEL, payload: {}, id: 'arq_still' })
    assert.equal(answer.error_code, 'ENGINE_UNAVAILABLE')
  })
  assert.ok(tookMs < 6_000)
  assert.equal((await fetch(`${one.httpUrl}/ready`)).status, 503)
  nats.resume()
  await until('it is ready again', async () => (await fetch(`${one.httpUrl}/ready`)).ok)
  assert.equal((await publish(publisher)).type, 'message_response')
})

test('a message to a room reaches members of any of its channels on all nodes', async t => {
  const { one, two } = await startCluster(t)
  const [near, far, publisher] = [await one.connect(), await two.connect(), await one.connect()]
  await near.join('lab:one')
  await far.join('lab:two')
  const ack = await publisher.ask({ type: 'message', room: 'lab', payload: { n: 1 } })
  for (const member of [near, far]) {
    const { sequence, channel } = await member.next(frame => frame.payload.n === 1)
    assert.deepEqual([sequence, channel], [ack.sequence, undefined])
  }
})

test('a tenant sees nothing of a channel of the same name of another tenant, whatever the node', async t => {
  const { one, two } = await startCluster(t, {
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET
  })
  const connect = (server: TestServer, tenant: string): Promise<TestClient> => {
    const token = signToken(validClaims(Date.now(), { sub: 'ann', tenant_id: tenant }))
    return server.connect('/ws', { headers: { authorization: `Bearer ${token}` } })
  }
  const [mine, theirs, publisher] = [
    await connect(one, 'acme'),
    await connect(two, 'other'),
    await connect(two, 'acme')
  ]
  await mine.join(CHANNEL)
  await theirs.join(CHANNEL)
  await publish(publisher, { id: 'arq_same', payload: { n: 1 } })
  await until('it is there', () => mine.received().length === 1)
  assert.notEqual((await publish(theirs, { id: 'arq_same', payload: { n: 2 } })).duplicate, true)
  const { payload } = await theirs.command('history', { room: 'lab', channel: 'bench' })
  assert.deepEqual(
    payload.data.history.map((entry: ServerFrame) => entry.payload.n),
    [2]
  )
  assert.deepEqual([numbersOf(mine), numbersOf(theirs)], [[1], []])
})
