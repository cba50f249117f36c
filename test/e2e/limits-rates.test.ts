import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { portOf } from '../support/bounds.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { until } from '../support/until.ts'

/** Sends so many numbered messages at once. */
function sendMany(client: TestClient, count: number, fields: object = {}): void {
  for (let number = 1; number <= count; number++) {
    const payload = { number }
    client.send({ type: 'message', id: `arq_n${number}`, room: 'lab', channel: 'bench', payload, ack: true, ...fields })
  }
}

function numbersOf(frames: readonly ServerFrame[]): number[] {
  return frames
    .filter(frame => frame.type === 'message' && 'number' in frame.payload)
    .map(frame => frame.payload.number)
}

function oneTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

test('a burst of 2000 messages is taken at once, in order and without a refusal', async t => {
  const server = await startServer(t)
  const [reader, writer] = [await server.connect(), await server.connect()]
  await reader.join('lab:bench')
  sendMany(writer, 2000)
  await writer.next(frame => frame.id === 'arq_n2000')
  await reader.settle()
  assert.deepEqual(numbersOf(reader.frames), oneTo(2000))
  assert.deepEqual(
    writer.frames.filter(frame => frame.type === 'message_response').map(frame => frame.sequence),
    oneTo(2000)
  )
})

test('more than the burst is held back for a while, in order and without a loss (lowered to 100, 100 a second)', async t => {
  const server = await startServer(t, { ARQONBUS_PUBLISH_BURST: '100', ARQONBUS_PUBLISH_PER_SECOND: '100' })
  const [reader, writer] = [await server.connect(), await server.connect()]
  await reader.join('lab:bench')
  const startMs = performance.now()
  sendMany(writer, 200)
  await writer.next(frame => frame.id === 'arq_n200')
  assert.ok(performance.now() - startMs >= 900, 'the second hundred comes at the rate')
  await reader.settle()
  assert.deepEqual(numbersOf(reader.frames), oneTo(200))
  assert.equal(writer.frames.filter(frame => frame.error_code !== undefined).length, 0)
})

test('one connection that is held back does not hold back another', async t => {
  const server = await startServer(t, { ARQONBUS_PUBLISH_BURST: '10', ARQONBUS_PUBLISH_PER_SECOND: '1' })
  const [flooder, other] = [await server.connect(), await server.connect()]
  sendMany(flooder, 1000)
  await flooder.next(frame => frame.id === 'arq_n10')
  await other.settle()
  assert.equal(
    flooder.frames.some(frame => frame.id === 'arq_n1000'),
    false
  )
})

test('sustained abuse is answered with RATE_LIMITED and then closed with 4429 (lowered to 0.3 s)', async t => {
  const slow = { ARQONBUS_PUBLISH_BURST: '20', ARQONBUS_PUBLISH_PER_SECOND: '20', ARQONBUS_RATE_ABUSE_MS: '300' }
  const server = await startServer(t, slow)
  const [reader, writer] = [await server.connect(), await server.connect()]
  await reader.join('lab:bench')
  sendMany(writer, 5000)
  const refusal = await writer.next(frame => frame.type === 'error')
  assert.deepEqual([refusal.error_code, refusal.retry, refusal.retry_after_ms], ['RATE_LIMITED', true, 1000])
  assert.equal((await writer.closed).code, 4429)

  await reader.settle()
  const answers = writer.frames.slice(1).map(frame => frame.request_id ?? frame.id)
  assert.deepEqual(
    answers,
    oneTo(answers.length).map(number => `arq_n${number}`)
  )
  // One, unless the machine stood still for a second: that counts as a rest, after which it is warned anew.
  const refused = writer.frames.filter(frame => frame.type === 'error').map(frame => Number(frame.request_id.slice(5)))
  assert.deepEqual(
    numbersOf(reader.frames),
    oneTo(answers.length).filter(number => !refused.includes(number))
  )
})

for (const [kind, name, env] of [
  ['commands', 'ping', ['ARQONBUS_COMMAND_BURST', 'ARQONBUS_COMMANDS_PER_SECOND']],
  ['heavy commands', 'list_channels', ['ARQONBUS_HEAVY_COMMAND_BURST', 'ARQONBUS_HEAVY_COMMANDS_PER_SECOND']],
  ['heavy commands', 'history', ['ARQONBUS_HEAVY_COMMAND_BURST', 'ARQONBUS_HEAVY_COMMANDS_PER_SECOND']],
  ['heavy commands', 'status', ['ARQONBUS_HEAVY_COMMAND_BURST', 'ARQONBUS_HEAVY_COMMANDS_PER_SECOND']]
] as const) {
  test(`${kind} such as ${name} stop at the burst and what comes back meanwhile (lowered to 20, 1 a second)`, async t => {
    const server = await startServer(t, { [env[0]]: '20', [env[1]]: '1' })
    const client = await server.connect()
    const args = name === 'history' ? { room: 'science' } : {}
    const startMs = performance.now()
    let accepted = 0
    let answer = await client.command(name, args)
    for (; answer.status === 'success'; accepted++) answer = await client.command(name, args)
    const seconds = (performance.now() - startMs) / 1000
    assert.ok(accepted >= 20 && accepted <= 20 + Math.ceil(seconds), `${accepted} accepted`)
    assert.deepEqual([answer.error_code, answer.retry], ['RATE_LIMITED', true])
    assert.ok(answer.retry_after_ms > 0 && answer.retry_after_ms <= 1000)
  })
}

/** A member that does not read from now on. */
async function stoppedReader(t: TestContext, server: TestServer, ...channels: string[]) {
  const raw = await RawSocket.open(t, portOf(server), { isMute: true })
  for (const channel_id of channels) raw.json({ type: 'command', command: 'join_channel', args: { channel_id } })
  await raw.settle()
  raw.tcp.pause()
  return raw
}

/** Nobody is closed because of the time that it takes. */
const patient = { ARQONBUS_MAX_OUTBOUND_AGE_MS: '600000', ARQONBUS_PONG_TIMEOUT_MS: '600000' }

/** Publishes messages of 64 kB one after the other until something is the case. */
async function publishUntil(writer: TestClient, channel: string, isSo: () => boolean): Promise<number> {
  let count = 0
  for (; !isSo(); count++) {
    const payload = { number: count, filling: 'x'.repeat(65_536) }
    await writer.ask({ type: 'message', room: channel, payload, ack: true })
  }
  return count
}

test('a reader with too much waiting is closed with 4428 and costs nobody a message (lowered to 256 KiB)', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_OUTBOUND_BYTES: '262144', ...patient })
  const [reader, writer] = [await server.connect(), await server.connect()]
  await reader.join('lab:bench')
  const stopped = await stoppedReader(t, server, 'lab:bench')
  const { bus } = server.app
  const count = await publishUntil(writer, 'lab:bench', () => bus.roster.slowConsumerCount === 1)
  await reader.settle()
  assert.deepEqual(numbersOf(reader.frames), [0, ...oneTo(count - 1)])
  await until('nothing waits any more', () => bus.roster.outboundBytes === 0)
  stopped.tcp.resume()
  assert.ok([4428, 1006].includes((await stopped.closed).code))
})

test('a reader whose oldest byte waits too long is closed with 4428 (lowered to 0.3 s)', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_OUTBOUND_AGE_MS: '300' })
  const writer = await server.connect()
  await stoppedReader(t, server, 'lab:bench')
  const { bus } = server.app
  await publishUntil(writer, 'lab:bench', () => bus.roster.outboundBytes > 0)
  await until('it is closed', () => bus.roster.slowConsumerCount === 1)
  await until('nothing waits any more', () => bus.roster.outboundBytes === 0)
})

test('when all queues together are too long the longest is closed (lowered to 1 MiB)', async t => {
  const env = { ARQONBUS_MAX_OUTBOUND_TOTAL_BYTES: '1048576', ARQONBUS_MAX_OUTBOUND_BYTES: '67108864' }
  const server = await startServer(t, { ...env, ...patient })
  const [writer, watcher] = [await server.connect(), await server.connect()]
  const longest = await stoppedReader(t, server, 'lab:much', 'lab:some')
  const shorter = await stoppedReader(t, server, 'lab:some')
  const { bus } = server.app
  await publishUntil(writer, 'lab:some', () => bus.roster.outboundBytes > 0)
  await publishUntil(writer, 'lab:much', () => bus.roster.slowConsumerCount === 1)
  const { participants } = (await watcher.command('channel_info', { channel_id: 'lab:some' })).payload.data
  assert.deepEqual(participants, [shorter.id])
  assert.equal(bus.hub.find('default', longest.id), undefined)
})
