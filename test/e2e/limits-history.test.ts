import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServerFrame, startServer, type TestClient } from '../helper.ts'
import { type Bound, checkBounds } from '../support/bounds.ts'
import { until } from '../support/until.ts'

/** Publishes to `lab:bench`. */
function publish(client: TestClient, fields: object = {}): Promise<ServerFrame> {
  return client.ask({ type: 'message', room: 'lab', channel: 'bench', ack: true, ...fields })
}

/** Publishes so many messages and asks whether somebody who has seen the first can recover. */
const recovery: Bound['attempt'] = async (server, size) => {
  const client = await server.connect()
  const first = await publish(client)
  for (let index = 0; index < size; index++) await publish(client)
  const { data } = (await client.join('lab:bench', { since: first.sequence, epoch: first.epoch })).payload
  return data.recovered ? 'ok' : 'recovered: false'
}

/** Publishes so many messages to so many channels as told and asks whether the first is still in history. */
function histories(channelOf: (index: number) => string, bytes: number): Bound['attempt'] {
  return async (server, size) => {
    const client = await server.connect()
    for (let index = 0; index < size; index++) {
      await publish(client, { channel: channelOf(index), id: `arq_h${index}`, payload: { t: 'x'.repeat(bytes) } })
    }
    const { data } = (await client.command('history', { room: 'lab', channel: channelOf(0), limit: 500 })).payload
    return data.history[0]?.id === 'arq_h0' ? 'ok' : 'forgotten'
  }
}

/** What a stored message counts for beside its filling, rounded up: the rest of its frame, and a constant. */
const OVERHEAD = 650

const bounds: readonly Bound[] = [
  {
    limit: 'messages of a history',
    bound: 500,
    over: 'forgotten',
    attempt: histories(() => 'bench', 1)
  },
  {
    limit: 'bytes of a channel’s history (lowered)',
    bound: 4,
    over: 'forgotten',
    env: { ARQONBUS_MAX_HISTORY_BYTES_PER_CHANNEL: String(4 * (OVERHEAD + 1000)) },
    attempt: histories(() => 'bench', 1000)
  },
  {
    limit: 'bytes of all histories (lowered)',
    bound: 4,
    over: 'forgotten',
    env: { ARQONBUS_MAX_HISTORY_TOTAL_BYTES: String(4 * (OVERHEAD + 1000)) },
    attempt: histories(index => `c${index}`, 1000)
  },
  {
    limit: 'messages missed, as far as history reaches (lowered)',
    bound: 4,
    over: 'recovered: false',
    env: { ARQONBUS_MAX_HISTORY_SIZE: '4' },
    attempt: recovery
  },
  {
    limit: 'messages that a join brings back (lowered)',
    bound: 4,
    over: 'recovered: false',
    env: { ARQONBUS_MAX_RECOVERY: '4' },
    attempt: recovery
  },
  {
    limit: 'ids that are remembered (lowered)',
    bound: 4,
    over: 'delivered again',
    env: { ARQONBUS_DUPLICATE_WINDOW_IDS: '4' },
    attempt: async (server, size) => {
      const client = await server.connect()
      for (let index = 0; index < size; index++) await publish(client, { id: `arq_d${index}` })
      return (await publish(client, { id: 'arq_d0' })).duplicate ? 'ok' : 'delivered again'
    }
  },
  {
    limit: 'ids that are remembered of all channels (lowered)',
    bound: 4,
    over: 'delivered again',
    env: { ARQONBUS_DUPLICATE_WINDOW_TOTAL_IDS: '4' },
    attempt: async (server, size) => {
      const client = await server.connect()
      for (let index = 0; index < size; index++) await publish(client, { id: 'arq_d', channel: `c${index}` })
      return (await publish(client, { id: 'arq_d', channel: 'c0' })).duplicate ? 'ok' : 'delivered again'
    }
  }
]

test('history is bounded', { concurrency: 4 }, t => checkBounds(t, bounds))

test('a message that is too old is forgotten (lowered to 0.2 s)', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_HISTORY_AGE_MS: '200' })
  const client = await server.connect()
  await publish(client)
  await until('the history is empty', async () => {
    const { data } = (await client.command('history', { room: 'lab', channel: 'bench' })).payload
    return data.total_messages === 0
  })
})

test('an id that is too old is new (lowered to 0.2 s)', async t => {
  const server = await startServer(t, { ARQONBUS_DUPLICATE_WINDOW_MS: '200' })
  const client = await server.connect()
  const first = await publish(client, { id: 'arq_same' })
  await until('the id is new', async () => {
    const { sequence, duplicate } = await publish(client, { id: 'arq_same' })
    assert.equal(sequence === first.sequence, duplicate === true)
    return duplicate === undefined
  })
})
