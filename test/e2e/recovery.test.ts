import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type ServerFrame, startServer, TestClient, type TestServer } from '../helper.ts'
import { startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'

function publish(client: TestClient, fields: object = {}): Promise<ServerFrame> {
  return client.ask({ type: 'message', room: CHANNEL, payload: {}, ack: true, ...fields })
}

/** Publishes without a rest until it is stopped; tells the last sequence then. */
function publishSteadily(client: TestClient): () => Promise<number> {
  let isWanted = true
  let last = 0
  const done = (async () => {
    while (isWanted) {
      last = (await publish(client)).sequence
      await pause(1)
    }
  })()
  return async () => {
    isWanted = false
    await done
    return last
  }
}

/** The sequences of the channel that a connection has received, in order. */
function sequencesOf(client: TestClient): number[] {
  return client.frames.filter(frame => frame.type === 'message' && frame.room === 'lab').map(frame => frame.sequence)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** A member that comes and goes and remembers where it was. */
class Wanderer {
  readonly seen: number[] = []
  readonly answers: ServerFrame[] = []
  readonly #server: TestServer
  #epoch = ''

  constructor(server: TestServer) {
    this.#server = server
  }

  /** Comes back, and goes away without a word once it has seen so many more. */
  async visit(count: number): Promise<void> {
    const client = await this.#come()
    await until('enough has come', () => sequencesOf(client).length >= count)
    client.socket.terminate()
    await client.closed
    this.seen.push(...sequencesOf(client))
  }

  /** Comes back for good; tells everything it has seen when it is told the last sequence. */
  async stay(): Promise<(last: number) => Promise<number[]>> {
    const client = await this.#come()
    return async last => {
      await until('the last has come', () => sequencesOf(client).at(-1) === last)
      return [...this.seen, ...sequencesOf(client)]
    }
  }

  async #come(): Promise<TestClient> {
    const client = await this.#server.connect()
    const position = this.#epoch === '' ? {} : { since: this.seen.at(-1), epoch: this.#epoch }
    const { data } = (await client.join(CHANNEL, position)).payload
    this.answers.push(data)
    this.#epoch = data.epoch
    return client
  }
}

test('members that reconnect under a steady publisher see every message once', { concurrency: true }, async t => {
  const server = await startServer(t, { ARQONBUS_MAX_HISTORY_SIZE: '5000' })
  const stop = publishSteadily(await server.connect())
  const wanderers = Array.from({ length: 5 }, () => new Wanderer(server))
  const endings = wanderers.map(async (wanderer, index) => {
    for (let visit = 0; visit < 8; visit++) await wanderer.visit(1 + 3 * index)
    return wanderer.stay()
  })
  const readers = await Promise.all(endings)
  const last = await stop()
  for (const [index, read] of readers.entries()) {
    const seen = await read(last)
    assert.deepEqual(seen, range(seen[0] ?? 0, last))
    assert.ok(wanderers[index]?.answers.slice(1).every(answer => answer.recovered === true))
  }
})

/** A channel with messages 1 to `count`, and a client that is not a member. */
async function filled(t: TestContext, count: number, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  const client = await server.connect()
  let epoch = ''
  for (let number = 1; number <= count; number++) epoch = (await publish(client)).epoch
  return { server, client, epoch, reader: await server.connect() }
}

test('what was missed comes after the answer and before anything live', async t => {
  const { client, reader, epoch } = await filled(t, 5)
  reader.send({
    type: 'command',
    id: 'arq_join',
    command: 'join_channel',
    args: { channel_id: CHANNEL, since: 2, epoch }
  })
  const answer = await reader.next(frame => frame.request_id === 'arq_join')
  await publish(client)
  await reader.settle()
  assert.deepEqual([answer.payload.data.recovered, answer.payload.data.sequence], [true, 5])
  assert.deepEqual(sequencesOf(reader), [3, 4, 5, 6])
  assert.equal(reader.frames.indexOf(answer) < reader.frames.findIndex(frame => frame.sequence === 3), true)
})

test('a member that missed nothing recovers nothing', async t => {
  const { reader, epoch } = await filled(t, 3)
  const { data } = (await reader.join(CHANNEL, { since: 3, epoch })).payload
  await reader.settle()
  assert.equal(data.recovered, true)
  assert.deepEqual(sequencesOf(reader), [])
})

test('a member that has seen nothing recovers from 0', async t => {
  const { reader, epoch } = await filled(t, 3)
  await reader.join(CHANNEL, { since: 0, epoch })
  await reader.settle()
  assert.deepEqual(sequencesOf(reader), [1, 2, 3])
})

test('own messages are left out of what is recovered, unless they asked for an echo', async t => {
  const { client, epoch } = await filled(t, 3)
  await publish(client, { metadata: { echo: true } })
  await client.join(CHANNEL, { since: 0, epoch })
  await client.settle()
  assert.deepEqual(sequencesOf(client), [4])
})

for (const [what, position] of [
  ['history has rolled over (lowered to 3)', { since: 1 }],
  ['the epoch is another', { since: 4, epoch: 'another' }],
  ['the sequence lies in the future', { since: 6 }]
] as const) {
  test(`nothing is recovered when ${what}, and the member is live all the same`, async t => {
    const { client, reader, epoch } = await filled(t, 5, { ARQONBUS_MAX_HISTORY_SIZE: '3' })
    const { data } = (await reader.join(CHANNEL, { epoch, ...position })).payload
    assert.deepEqual([data.recovered, data.sequence, data.epoch], [false, 5, epoch])
    await publish(client)
    await reader.settle()
    assert.deepEqual(sequencesOf(reader), [6])
  })
}

test('nothing is recovered of a channel that was deleted and made anew', async t => {
  const { client, reader, epoch } = await filled(t, 3, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  await client.command('delete_channel', { channel_id: CHANNEL })
  await publish(client)
  const { data } = (await reader.join(CHANNEL, { since: 0, epoch })).payload
  assert.deepEqual([data.recovered, data.sequence], [false, 1])
  assert.notEqual(data.epoch, epoch)
})

test('a position that is half or no position is refused', async t => {
  const { reader, epoch } = await filled(t, 1)
  for (const args of [{ since: 1 }, { epoch }, { since: -1, epoch }, { since: 1.5, epoch }, { since: 'x', epoch }]) {
    assert.equal(
      (await reader.command('join_channel', { channel_id: CHANNEL, ...args })).error_code,
      'VALIDATION_ERROR'
    )
  }
  assert.equal((await reader.command('join_channel', { channel_id: CHANNEL, since: '0', epoch })).status, 'success')
})

test('a member that joins again with an old position is told once more what came after it', async t => {
  const { client, reader, epoch } = await filled(t, 2)
  await reader.join(CHANNEL, { since: 1, epoch })
  await publish(client)
  await reader.join(CHANNEL, { since: 2, epoch })
  await publish(client)
  await reader.settle()
  assert.deepEqual(sequencesOf(reader), [2, 3, 3, 4])
})

test('another process is another epoch', async t => {
  const positions: { sequence: number; epoch: string }[] = []
  for (let run = 0; run < 2; run++) {
    const server = await startServerProcess(t)
    const client = await TestClient.open(`${server.wsUrl}/ws`)
    if (run === 1) {
      const { epoch } = positions[0]!
      const { data } = (await client.join(CHANNEL, { since: 0, epoch })).payload
      assert.equal(data.recovered, false)
    }
    positions.push((await publish(client)) as { sequence: number; epoch: string })
    server.kill('SIGKILL')
    await server.ended
  }
  assert.equal(positions[0]?.sequence, positions[1]?.sequence)
  assert.notEqual(positions[0]?.epoch, positions[1]?.epoch)
})
