import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ServerFrame } from '../helper.ts'
import { rawFrame } from '../support/raw-frame.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

/** Lets through everything that is not a fault of the server, so that a fault stands alone. */
const generous = {
  ARQONBUS_MAX_VIOLATIONS_PER_MINUTE: '100000',
  ARQONBUS_COMMAND_BURST: '100000',
  ARQONBUS_HEAVY_COMMAND_BURST: '100000',
  ARQONBUS_ANONYMOUS_ROLE: 'admin'
}

const commands = [
  'ping',
  'status',
  'help',
  'whoami',
  'create_channel',
  'delete_channel',
  'join_channel',
  'leave_channel',
  'list_channels',
  'channel_info',
  'history',
  'op.history.get',
  'op.history.replay',
  'refresh',
  'nothing'
]
const types = ['message', 'event', 'private', 'system', 'telemetry', 'command', 'response', 'error', 'ping', 'pong']

/** Values of every kind, with a liking for those that mean something somewhere. */
const value = fc.oneof(
  fc.constantFrom<unknown>('lab', 'lab:bench', 'bench', '*', 'pm', 'arq_1', 'true', '10', '2026-01-01T00:00:00Z', ''),
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e21, 2 ** 53, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 80 })
)
const args = fc.dictionary(
  fc.constantFrom(
    'room',
    'channel',
    'name',
    'channel_id',
    'limit',
    'since',
    'until',
    'epoch',
    'from_ts',
    'to_ts',
    'token',
    'x'
  ),
  value,
  { maxKeys: 5 }
)
const frame = fc.record(
  {
    type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom<unknown>(...types) }, { weight: 1, arbitrary: value }),
    command: fc.constantFrom<unknown>(...commands),
    args,
    payload: fc.oneof(args, value),
    metadata: fc.oneof(fc.record({ echo: value, sequence: value }, { requiredKeys: [] }), value),
    room: value,
    channel: value,
    to: value,
    ack: value,
    timestamp: value,
    version: fc.constantFrom<unknown>('1.0', '2.0', 1)
  },
  { requiredKeys: ['type'] }
)

function faultsIn(server: ServerProcess): string[] {
  return server.log.filter(line => /"level":"(error|fatal)"/.test(line))
}

test('no frame, whatever it says, is answered with an error of the server’s own, and none goes without its answer', async t => {
  const server = await startServerProcess(t, { env: generous })
  const raw = await RawSocket.open(t, server.port)
  let count = 0
  await fc.assert(
    fc.asyncProperty(frame, async fields => {
      const id = `arq_f${count++}`
      const seen = raw.frames.length
      raw.json({ ...fields, id })
      await raw.settle()
      const answers = raw.frames.slice(seen, -1)
      const codes = answers.map(answer => answer.error_code)
      assert.ok(!codes.includes('INTERNAL_ERROR') && !codes.includes('EXECUTION_ERROR'), JSON.stringify(answers))
      const about = answers.filter(answer => isAbout(answer, id)).length
      if (isAnswered(fields)) assert.equal(about, 1, JSON.stringify(fields))
      else assert.ok(about <= 1)
    }),
    { numRuns: 400 }
  )
  assert.deepEqual(faultsIn(server), [])
})

/** Whether somebody who sends this gets exactly one answer, good or bad. */
function isAnswered({ type, ack }: { readonly type: unknown; readonly ack?: unknown }): boolean {
  if (['response', 'error', 'pong', 'telemetry'].includes(type as string)) return false
  return type === 'ping' || type === 'command' || ack !== false
}

function isAbout(answer: ServerFrame, id: string): boolean {
  return answer.request_id === id || (answer.type === 'message_response' && answer.id === id)
}

test('no bytes, whatever they are, disturb the server or stay connected against its will', async t => {
  const server = await startServerProcess(t, { env: generous })
  const text = JSON.stringify({ type: 'message', room: 'lab:bench', payload: { text: 'hello' } })
  const sound = rawFrame({ payload: text })
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, byte]) => {
      const broken = Uint8Array.from(sound)
      broken[at] = byte
      return broken
    })
  )
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 3 }), async parts => {
      const raw = await RawSocket.open(t, server.port)
      for (const part of parts) await raw.write(Buffer.from(part))
      raw.tcp.end()
      await raw.closed
    }),
    { numRuns: 200 }
  )
  await until('nobody is left', async () => (await server.metric('arqonbus_active_connections')) === 0)
  assert.deepEqual(faultsIn(server), [])
})
