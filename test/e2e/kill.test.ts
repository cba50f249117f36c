import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { TestClient } from '../helper.ts'
import { startMemberProcess } from '../support/member-process.ts'
import { rawFrame } from '../support/raw-frame.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'
/** P6: a stopped reader is off within so long. */
const OFF_MS = 12_000
/** P11: a drain takes no longer. */
const DRAIN_MS = 25_000

async function enter(t: TestContext, server: ServerProcess): Promise<TestClient> {
  const client = await TestClient.open(`${server.wsUrl}/ws`)
  t.after(() => client.socket.terminate())
  return client
}

function sequencesOf(client: TestClient): number[] {
  return client.received().map(frame => frame.sequence)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

async function memberCount(client: TestClient): Promise<number> {
  return (await client.command('channel_info', { channel_id: CHANNEL })).payload.data.participant_count
}

/** Publishes at about the given rate until `isDone`; tells the last sequence. */
async function publishUntil(
  writer: TestClient,
  perSecond: number,
  bytes: number,
  isDone: () => boolean
): Promise<number> {
  const filling = 'x'.repeat(bytes)
  let last = 0
  const startMs = performance.now()
  for (let count = 1; !isDone(); count++) {
    last = (await writer.ask({ type: 'message', room: CHANNEL, payload: { filling }, ack: true })).sequence
    const aheadMs = (count / perSecond) * 1000 - (performance.now() - startMs)
    if (aheadMs > 1) await pause(aheadMs)
  }
  return last
}

test('a member that is stopped', { concurrency: true }, async t => {
  const paces: [what: string, perSecond: number, bytes: number][] = [
    ['under a flood that fills every buffer', 2000, 60_000],
    ['under 20 messages a second', 20, 100]
  ]
  const cases = paces.map(([what, perSecond, bytes]) =>
    t.test(`is off within 12 s ${what}, and the others miss nothing`, async t => {
      const server = await startServerProcess(t)
      const [writer, reader, watcher] = [await enter(t, server), await enter(t, server), await enter(t, server)]
      const stopped = await startMemberProcess(t, { url: `${server.wsUrl}/ws`, channel: CHANNEL })
      await reader.join(CHANNEL)
      assert.equal(await memberCount(watcher), 2)

      stopped.stop()
      const stoppedMs = performance.now()
      let offMs: number | undefined
      const published = publishUntil(writer, perSecond, bytes, () => offMs !== undefined)
      while ((await memberCount(watcher)) === 2) await pause(150)
      offMs = performance.now() - stoppedMs
      const last = await published
      t.diagnostic(`off after ${Math.round(offMs)} ms`)
      assert.ok(offMs <= OFF_MS, `off after ${offMs} ms`)

      await reader.settle()
      assert.deepEqual(sequencesOf(reader), range(1, last))
      assert.equal(await server.metric('arqonbus_slow_consumers_total'), 1)
      await until('its memory is free', async () => (await server.metric('arqonbus_outbound_bytes')) === 0)
      await until('its connection is gone', async () => (await server.metric('arqonbus_active_connections')) === 3)
    })
  )
  await Promise.all(cases)
})

/** A client that publishes as fast as it is acknowledged, some at a time; it keeps the sequences that were. */
class Publisher {
  readonly acknowledged: number[] = []
  readonly client: TestClient
  #count = 0

  constructor(client: TestClient) {
    this.client = client
    client.socket.on('message', data => {
      const frame = JSON.parse(data.toString())
      if (frame.type !== 'message_response') return
      this.acknowledged.push(frame.sequence)
      this.publish()
    })
  }

  publish(): void {
    if (this.client.socket.readyState !== this.client.socket.OPEN) return
    const payload = { number: this.#count++ }
    this.client.send({ type: 'message', room: CHANNEL, payload, ack: true })
  }
}

test('a server that is told to end under load', { concurrency: true }, async t => {
  const cases = [false, true].map(hasStopped =>
    t.test(`loses nothing it acknowledged${hasStopped ? ', also with a client that is stopped' : ''}`, async t => {
      const server = await startServerProcess(t)
      const members = await Promise.all(range(1, 5).map(() => enter(t, server)))
      for (const member of members) await member.join(CHANNEL)
      const publishers = await Promise.all(range(1, 20).map(async () => new Publisher(await enter(t, server))))
      const stopped = await startMemberProcess(t, { url: `${server.wsUrl}/ws`, channel: CHANNEL })
      if (hasStopped) stopped.stop()
      for (const publisher of publishers) for (let count = 0; count < 10; count++) publisher.publish()
      await until('there is load', () => (members[0] as TestClient).frames.length > 2000)

      const startMs = performance.now()
      server.kill('SIGTERM')
      assert.deepEqual(await server.ended, { code: 0, signal: null })
      const tookMs = performance.now() - startMs
      t.diagnostic(`ended after ${Math.round(tookMs)} ms`)
      assert.ok(tookMs <= DRAIN_MS, `ended after ${tookMs} ms`)

      const acknowledged = publishers.flatMap(publisher => publisher.acknowledged)
      assert.ok(acknowledged.length > 0)
      for (const client of [...members, ...publishers.map(publisher => publisher.client)]) {
        const { code, reason } = await client.closed
        assert.equal(code, 1012)
        const { retry_ms } = JSON.parse(reason)
        assert.ok(retry_ms >= 0 && retry_ms <= 5000)
      }
      for (const member of members) {
        const received = sequencesOf(member)
        assert.deepEqual(received, range(1, received.length))
        assert.ok(Math.max(...acknowledged) <= received.length)
      }
    })
  )
  await Promise.all(cases)
})

test('the end of a server', { concurrency: true }, async t => {
  await Promise.all([
    t.test('refuses sockets, is not ready, is healthy, and comes at once when it is told again', endsTwice),
    t.test('comes with 0 on SIGTERM without clients', t => endsAlone(t, 'SIGTERM')),
    t.test('comes with 0 on SIGINT without clients', t => endsAlone(t, 'SIGINT')),
    t.test('is not kept off by connections that never say a word', endsInSilence)
  ])
})

async function endsTwice(t: TestContext): Promise<void> {
  const server = await startServerProcess(t)
  const stopped = await startMemberProcess(t, { url: `${server.wsUrl}/ws`, channel: CHANNEL })
  stopped.stop()
  server.kill('SIGTERM')
  await until('it is not ready', async () => (await fetch(`${server.httpUrl}/ready`)).status === 503)
  assert.equal((await fetch(`${server.httpUrl}/health`)).status, 200)
  const raw = await RawSocket.upgrade(t, server.port)
  const { status, headers, body } = await raw.response()
  assert.deepEqual([status, JSON.parse(body).code, headers.has('retry-after')], [503, 'DRAINING', true])
  server.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 1, signal: null })
}

async function endsAlone(t: TestContext, signal: NodeJS.Signals): Promise<void> {
  const server = await startServerProcess(t)
  server.kill(signal)
  assert.deepEqual(await server.ended, { code: 0, signal: null })
}

async function endsInSilence(t: TestContext): Promise<void> {
  const server = await startServerProcess(t)
  const [silent, half, idle] = await Promise.all(range(1, 3).map(() => RawSocket.dial(t, server.port)))
  await half?.write('GET /ws HTTP/1.1\r\nHost: x\r\n')
  await idle?.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')
  await idle?.response()
  const refused = await RawSocket.upgrade(t, server.port, { path: `/ws?${'q'.repeat(2100)}` })
  await refused.response()
  server.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 0, signal: null })
  await Promise.all([silent, half, idle, refused].map(raw => raw?.closed))
}

test('clients that are killed in the middle of a message do no harm', async t => {
  // Large messages of four publishers: on a busy machine the reader may be far behind, which is not what is asked here.
  const server = await startServerProcess(t, { env: { ARQONBUS_MAX_OUTBOUND_BYTES: '268435456' } })
  const [reader, watcher] = [await enter(t, server), await enter(t, server)]
  await reader.join(CHANNEL)
  const publishers = await Promise.all(
    range(1, 4).map(() => startMemberProcess(t, { url: `${server.wsUrl}/ws`, channel: CHANNEL, publishBytes: 500_000 }))
  )
  await Promise.all(publishers.map(publisher => publisher.published()))
  await Promise.all(publishers.map(publisher => publisher.kill('SIGKILL')))
  const raw = await RawSocket.open(t, server.port)
  const frame = rawFrame({
    payload: JSON.stringify({ type: 'message', room: CHANNEL, payload: { t: 'x'.repeat(1000) } })
  })
  await raw.write(frame.subarray(0, frame.length - 1))
  raw.tcp.resetAndDestroy()

  await until('they are gone', async () => (await server.metric('arqonbus_active_connections')) === 2)
  assert.equal(await memberCount(watcher), 1)
  await reader.settle()
  const received = sequencesOf(reader)
  assert.deepEqual(received, range(1, received.length))
  assert.ok(received.length > 0)
  // That something took long says how busy the machine is.
  const complaints = server.log.filter(line => /"level":"(warn|error|fatal)"/.test(line) && !line.includes('"SLOW"'))
  assert.deepEqual(complaints, [])
})

test('a client that is killed while it holds many memberships leaves all of them', async t => {
  const server = await startServerProcess(t, { env: { ARQONBUS_COMMAND_BURST: '1000' } })
  const [watcher, member] = [await enter(t, server), await enter(t, server)]
  await watcher.join(CHANNEL)
  await member.join(CHANNEL)
  for (let index = 1; index < 512; index++) await member.join(`room-${index % 20}:c${index}`)
  member.socket.terminate()
  await until('it has left', async () => (await memberCount(watcher)) === 1)
  assert.equal(await server.metric('arqonbus_active_clients'), 1)
})

test('10,000 connections that come and go leave heap and handles where they were', async t => {
  const env = { ARQONBUS_HANDSHAKES_PER_SECOND: '1000000' }
  const server = await startServerProcess(t, { env, isProbed: true })
  // By then the histories of the ten channels are full: 500 messages each.
  await comeAndGo(t, server, 6_000)
  const before = await server.memory()
  await comeAndGo(t, server, 10_000)
  const after = await server.memory()
  t.diagnostic(`heap ${before.heapUsed} → ${after.heapUsed}, handles ${before.handles} → ${after.handles}`)
  assert.ok(after.heapUsed <= before.heapUsed * 1.1, `heap ${before.heapUsed} → ${after.heapUsed}`)
  assert.ok(after.external <= before.external * 1.1 + 1_048_576, `external ${before.external} → ${after.external}`)
  assert.ok(after.handles <= before.handles + 2, `handles ${before.handles} → ${after.handles}`)
})

const BATCH = 200

/** So many raw connections join a channel, publish and go, one in three each with a close frame, an end and a reset. */
async function comeAndGo(t: TestContext, server: ServerProcess, count: number): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    await Promise.all(range(1, BATCH).map(index => comeOnce(t, server, index)))
  }
  await until('all are gone', async () => (await server.metric('arqonbus_active_connections')) === 0)
}

async function comeOnce(t: TestContext, server: ServerProcess, index: number): Promise<void> {
  const raw = await RawSocket.open(t, server.port, { path: `/ws?room=lab&channel=c${index % 10}` })
  raw.json({ type: 'message', room: CHANNEL, payload: { index }, ack: false })
  if (index % 3 === 0) raw.send({ opcode: 8, payload: Buffer.from([0x03, 0xe8]) })
  else if (index % 3 === 1) raw.tcp.end()
  else raw.tcp.resetAndDestroy()
  if (!raw.isClosed) await once(raw.tcp, 'close')
}
