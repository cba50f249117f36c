import { test } from 'node:test'
import type { ServerFrame, TestClient } from '../helper.ts'
import { type Bound, checkBounds } from '../support/bounds.ts'

function codeOf(answer: ServerFrame): string {
  return answer.error_code ?? 'ok'
}

/** Publishes to `lab:bench`. */
function publish(client: TestClient, fields: object = {}): Promise<ServerFrame> {
  return client.ask({ type: 'message', room: 'lab', channel: 'bench', ack: true, ...fields })
}

/** What became of one message. */
function sends(make: (size: number) => object): Bound['attempt'] {
  return async (server, size) => codeOf(await publish(await server.connect(), make(size)))
}

/** What became of the last of so many commands on one connection. */
function commands(make: (index: number) => [name: string, args?: object]): Bound['attempt'] {
  return async (server, size) => {
    const client = await server.connect()
    let code = 'ok'
    for (let index = 1; index <= size; index++) code = codeOf(await client.command(...make(index)))
    return code
  }
}

function nested(depth: number): object {
  return depth === 1 ? {} : { inner: nested(depth - 1) }
}

function keysOf(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 0]))
}

/** Rooms and channels that every tenant has from the start. */
const SEEDED_ROOMS = 3

const bounds: readonly Bound[] = [
  {
    limit: 'JSON depth',
    bound: 32,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ payload: nested(size - 1) }))
  },
  {
    limit: 'keys of an object',
    bound: 1000,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ payload: keysOf(size) }))
  },
  {
    limit: 'values of a message, itself, its six fields and a list included',
    bound: 10_000,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ payload: { list: Array(size - 8).fill(0) } }))
  },
  {
    limit: 'bytes of a key',
    bound: 256,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ payload: { ['k'.repeat(size)]: 1 } }))
  },
  {
    limit: 'bytes of a key beyond ASCII',
    bound: 256,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ payload: { ['é'.repeat(127) + 'k'.repeat(size - 254)]: 1 } }))
  },
  {
    limit: 'characters of a room',
    bound: 64,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ room: 'r'.repeat(size) }))
  },
  {
    limit: 'characters of a channel',
    bound: 64,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ channel: 'c'.repeat(size) }))
  },
  {
    limit: 'characters of an id',
    bound: 128,
    over: 'VALIDATION_ERROR',
    attempt: sends(size => ({ id: `arq_${'i'.repeat(size - 4)}` }))
  },
  {
    limit: 'targets of a private message',
    bound: 1000,
    over: 'VALIDATION_ERROR',
    attempt: async (server, size) => {
      const client = await server.connect()
      const to = [client.id, ...Array.from({ length: size - 1 }, (_, index) => `arq_client_${index}`)]
      return codeOf(await client.ask({ type: 'private', to, payload: {} }))
    }
  },
  {
    limit: 'entries of a history answer',
    bound: 500,
    over: 'VALIDATION_ERROR',
    attempt: async (server, limit) =>
      codeOf(await (await server.connect()).command('history', { room: 'science', limit }))
  },
  {
    limit: 'entries of a history.get answer',
    bound: 1000,
    over: 'VALIDATION_ERROR',
    attempt: async (server, limit) =>
      codeOf(await (await server.connect()).command('op.history.get', { room: 'science', limit }))
  },
  {
    limit: 'entries of a history.replay answer',
    bound: 5000,
    over: 'VALIDATION_ERROR',
    attempt: async (server, limit) => {
      const window = { from_ts: '2026-01-01T00:00:00Z', to_ts: '2027-01-01T00:00:00Z' }
      const client = await server.connect()
      return codeOf(await client.command('op.history.replay', { room: 'science', limit, ...window }))
    }
  },
  {
    limit: 'memberships of a connection',
    bound: 512,
    over: 'LIMIT_EXCEEDED',
    env: { ARQONBUS_COMMANDS_PER_SECOND: '100000', ARQONBUS_COMMAND_BURST: '100000' },
    attempt: commands(index => ['join_channel', { room: 'lab', channel: `c${index}` }])
  },
  {
    limit: 'rooms of a tenant (lowered)',
    bound: 4,
    over: 'LIMIT_EXCEEDED',
    env: { ARQONBUS_MAX_ROOMS_PER_TENANT: String(SEEDED_ROOMS + 4) },
    attempt: commands(index => ['join_channel', { room: `r${index}`, channel: 'c' }])
  },
  {
    limit: 'channels of a room (lowered)',
    bound: 4,
    over: 'LIMIT_EXCEEDED',
    env: { ARQONBUS_MAX_CHANNELS_PER_ROOM: '4' },
    attempt: commands(index => ['join_channel', { room: 'lab', channel: `c${index}` }])
  },
  {
    limit: 'channels of the process (lowered)',
    bound: 4,
    over: 'LIMIT_EXCEEDED',
    env: { ARQONBUS_MAX_CHANNELS: '4' },
    attempt: commands(index => ['join_channel', { room: `r${index}`, channel: 'c' }])
  },
  {
    limit: 'channels that publishing brings about (lowered)',
    bound: 4,
    over: 'LIMIT_EXCEEDED',
    env: { ARQONBUS_MAX_CHANNELS: '4' },
    attempt: async (server, size) => {
      const client = await server.connect()
      let code = 'ok'
      for (let index = 0; index < size; index++) code = codeOf(await publish(client, { channel: `c${index}` }))
      return code
    }
  }
]

test('messages and channels are bounded', { concurrency: 4 }, t => checkBounds(t, bounds))
