import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect } from '../../src/client/index.ts'
import { type ServerFrame, startServer, type TestClient } from '../helper.ts'

const WINDOW = { from_ts: '2026-01-01T00:00:00Z', to_ts: '2100-01-01T00:00:00Z' }

async function start(t: TestContext, env: Record<string, string> = {}) {
  const server = await startServer(t, env)
  return { server, client: await server.connect() }
}

function publish(client: TestClient, room: string, payload: object, metadata: object = {}): Promise<ServerFrame> {
  return client.ask({ type: 'message', room, payload, metadata, ack: true })
}

/** The numbers in payloads, whether the entries are summaries or hold whole envelopes. */
function numbersOf(entries: readonly ServerFrame[]): number[] {
  return entries.map(entry => (entry.payload ?? entry.envelope.payload).number)
}

test('history through the client lists what was published, oldest first, with its positions', async t => {
  const { server } = await start(t)
  const client = await connect(`${server.wsUrl}/ws`)
  t.after(() => client.close())
  for (let number = 1; number <= 3; number++) await client.publish('lab:bench', { number })
  const history = await client.history('lab:bench', { limit: 2 })
  assert.deepEqual([history.count, history.total_messages, history.limit], [2, 3, 2])
  assert.deepEqual(
    history.history.map(entry => [entry.payload.number, entry.sequence]),
    [
      [2, 2],
      [3, 3]
    ]
  )
  assert.equal(history.history[0]?.sender, client.clientId)
})

test('history since a sequence or a moment lists only what is newer', async t => {
  const { client } = await start(t)
  const first = await publish(client, 'lab:bench', { number: 1 })
  await publish(client, 'lab:bench', { number: 2 })
  const place = { room: 'lab', channel: 'bench' }
  for (const since of [first.sequence, String(first.sequence)]) {
    assert.deepEqual(numbersOf((await client.command('history', { ...place, since })).payload.data.history), [2])
  }
  const past = await client.command('history', { ...place, since: '2026-01-01T00:00:00Z' })
  const future = await client.command('history', { ...place, since: '2100-01-01T00:00:00+02:00' })
  assert.deepEqual([past.payload.data.count, future.payload.data.count], [2, 0])
  assert.equal((await client.command('history', { ...place, since: 'yesterday' })).error_code, 'VALIDATION_ERROR')
})

test('the history of a room holds all its channels in the order of time', async t => {
  const { client } = await start(t)
  for (const [index, room] of ['lab:one', 'lab:two', 'lab', 'lab:one', 'other:one'].entries()) {
    await publish(client, room, { number: index })
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  const { data } = (await client.command('history', { room: 'lab' })).payload
  assert.deepEqual(numbersOf(data.history), [0, 1, 2, 3])
  assert.deepEqual(data.history[2].channel, undefined)
  assert.deepEqual(data.messages, data.history)
})

test('the history of what never was is empty and brings nothing about', async t => {
  const { client } = await start(t)
  const { data } = (await client.command('history', { room: 'nowhere', channel: 'never' })).payload
  assert.deepEqual([data.count, data.total_messages, data.history], [0, 0, []])
  const list = (await client.command('list_channels')).payload.data
  assert.equal(
    list.channels.some((channel: { room: string }) => channel.room === 'nowhere'),
    false
  )
})

test('history.get lists envelopes as they were delivered, newest first', async t => {
  const { server, client } = await start(t)
  const reader = await server.connect()
  await reader.join('lab:bench')
  for (let number = 1; number <= 3; number++) await publish(client, 'lab:bench', { number }, { own: number })
  await reader.settle()
  for (const name of ['op.history.get', 'history.get']) {
    const { data } = (await client.command(name, { room: 'lab', channel: 'bench', limit: 2 })).payload
    assert.deepEqual(numbersOf(data.entries), [3, 2])
    assert.deepEqual(data.entries[0].envelope, reader.received().at(-1))
    assert.deepEqual(data.entries[0].storage_metadata, { backend: 'memory' })
  }
})

test('an admin reads the history of all rooms at once', async t => {
  const { client } = await start(t, { ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  await publish(client, 'lab:bench', { number: 1 })
  await publish(client, 'other:bench', { number: 2 })
  const { data } = (await client.command('op.history.get')).payload
  assert.deepEqual(numbersOf(data.entries).sort(), [1, 2])
})

test('a replay lists envelopes of a window, oldest first, and refuses one that goes backwards', async t => {
  const { client } = await start(t)
  const place = { room: 'lab', channel: 'bench' }
  for (const [number, sequence] of [
    [1, 5],
    [2, 7],
    [3, 6]
  ] as const) {
    await publish(client, 'lab:bench', { number }, { sequence })
  }
  const refused = await client.command('op.history.replay', { ...place, ...WINDOW })
  assert.equal(refused.error_code, 'VALIDATION_ERROR')
  assert.equal(refused.payload.message, 'Validation error: Sequence regression detected in replay window')
  const told = await client.command('history.replay', { ...place, ...WINDOW, strict_sequence: 'no' })
  assert.deepEqual(numbersOf(told.payload.data.entries), [1, 2, 3])
  const part = await client.command('history.replay', { ...place, ...WINDOW, limit: '2' })
  assert.deepEqual(numbersOf(part.payload.data.entries), [1, 2])
  assert.equal(typeof part.payload.data.latency_ms, 'number')
})

test('a replay compares the numbers of each sender in each channel by themselves', async t => {
  const { server, client } = await start(t)
  const other = await server.connect()
  await publish(client, 'lab:one', { number: 1 }, { sequence: 5 })
  await publish(client, 'lab:two', { number: 2 }, { sequence: 1 })
  await publish(other, 'lab:one', { number: 3 }, { sequence: 1 })
  const { status } = await client.command('op.history.replay', { room: 'lab', ...WINDOW })
  assert.equal(status, 'success')
})

test('a replay needs a window, and one that does not end before it starts', async t => {
  const { client } = await start(t)
  for (const args of [
    {},
    { from_ts: WINDOW.from_ts },
    { from_ts: WINDOW.to_ts, to_ts: WINDOW.from_ts },
    { from_ts: '2026-13-01T00:00:00Z', to_ts: WINDOW.to_ts }
  ]) {
    const { error_code } = await client.command('op.history.replay', { room: 'lab', ...args })
    assert.equal(error_code, 'VALIDATION_ERROR', JSON.stringify(args))
  }
})

test('a server that keeps no history still gives positions and finds repeated ids', async t => {
  const { client } = await start(t, { ARQONBUS_MAX_HISTORY_SIZE: '0' })
  const message = { type: 'message', id: 'arq_once', room: 'lab:bench', payload: {} }
  const first = await client.ask(message)
  const again = await client.ask(message)
  assert.deepEqual([first.sequence, again.sequence, again.duplicate], [1, 1, true])
  assert.equal((await client.command('history', { room: 'lab' })).payload.data.count, 0)
})

test('an answer about much history holds what fits, the newest of it, and the client stays', async t => {
  const client = await (await startServer(t)).connect()
  for (let channel = 0; channel < 20; channel++) {
    const payload = { channel, text: 'x'.repeat(300_000) }
    await client.ask({ type: 'message', room: `big:c${channel}`, payload, ack: true })
  }
  const { status, payload } = await client.command('history', { room: 'big', limit: 500 })
  assert.equal(status, 'success')
  assert.deepEqual(
    payload.data.history.map((entry: ServerFrame) => entry.payload.channel),
    [17, 18, 19]
  )
  assert.equal(payload.data.total_messages, 20)
  await client.settle()
})

test('more channels than fit into one answer come in pages, each once', async t => {
  const env = { ARQONBUS_PUBLISH_PER_SECOND: '100000', ARQONBUS_PUBLISH_BURST: '100000' }
  const client = await (await startServer(t, env)).connect()
  for (let room = 0; room < 3; room++) {
    for (let channel = 0; channel < 800; channel++)
      client.send({ type: 'message', room: `r${room}:c${channel}`, ack: false })
  }
  const seen = new Set<string>()
  let cursor: string | null = null
  let pages = 0
  do {
    const { payload } = await client.command('list_channels', cursor === null ? {} : { cursor })
    assert.ok(payload.data.channels.length <= 1000)
    assert.equal(payload.data.total_channels, 2_410)
    for (const { channel_id } of payload.data.channels) seen.add(channel_id)
    cursor = payload.data.next_cursor
    pages++
  } while (cursor !== null)
  assert.deepEqual([pages, seen.size], [3, 2_410])
})
