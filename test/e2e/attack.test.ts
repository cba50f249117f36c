import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { startServer, TestClient, type TestServer } from '../helper.ts'
import { portOf } from '../support/bounds.ts'
import { opcodes, rawFrame } from '../support/raw-frame.ts'
import { RawSocket, upgradeRequest } from '../support/raw-socket.ts'
import { startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

/** How many TCP connections the server holds, of whatever kind. */
function connectionCount(server: TestServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}

const garbage: readonly [what: string, bytes: string, status: number | undefined][] = [
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['words', 'hello server\r\n\r\n', 400],
  ['zeros', '\0'.repeat(1000), 400],
  ['a NUL in the path', 'GET /ws\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['lines without a carriage return', 'GET /ws HTTP/1.1\nHost: x\n\n', 400],
  [
    'two lengths of one body',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    400
  ],
  ['a path that cannot be decoded', 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
  ['CONNECT', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', undefined],
  ['a POST that wants to be a socket', upgradeRequest().toString().replace('GET', 'POST'), 404],
  ['a socket somewhere else', upgradeRequest({ path: '/health' }).toString(), 404],
  ['another version', upgradeRequest({ headers: { 'Sec-WebSocket-Version': '8' } }).toString(), 400],
  ['no key', upgradeRequest({ headers: { 'Sec-WebSocket-Key': '' } }).toString(), 400],
  ['a short key', upgradeRequest({ headers: { 'Sec-WebSocket-Key': 'c2hvcnQ=' } }).toString(), 400],
  ['another protocol', upgradeRequest({ headers: { Upgrade: 'h2c' } }).toString(), 400],
  ['two protocols', upgradeRequest({ headers: { Upgrade: 'websocket, h2c' } }).toString(), 400],
  ['a subprotocol twice', upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': 'a, a' } }).toString(), 400],
  ['an empty subprotocol', upgradeRequest({ headers: { 'Sec-WebSocket-Protocol': 'a,,b' } }).toString(), 400],
  ['a foreign origin', upgradeRequest({ headers: { Origin: 'https://evil.example' } }).toString(), 403],
  ['an origin that is none', upgradeRequest({ headers: { Origin: 'null' } }).toString(), 403],
  ['a field twice', upgradeRequest({ path: '/ws?room=a&room=b' }).toString(), 400],
  ['a room that is no name', upgradeRequest({ path: '/ws?room=__proto__' }).toString(), 400],
  ['a channel without a room', upgradeRequest({ path: '/ws?channel=bench' }).toString(), 400],
  ['a type that is no type', upgradeRequest({ path: '/ws?client_type=Human!' }).toString(), 400]
]

test('garbage instead of a handshake', { concurrency: true }, async t => {
  const server = await startServer(t)
  const cases = garbage.map(([what, bytes, status]) =>
    t.test(`${what} is ${status === undefined ? 'closed' : `answered with ${status}`}`, async t => {
      const raw = await RawSocket.dial(t, portOf(server))
      raw.write(Buffer.from(bytes, 'latin1'))
      if (status !== undefined) {
        const response = await raw.response()
        assert.equal(response.status, status)
        assert.deepEqual(Object.keys(JSON.parse(response.body)), ['error', 'code', 'details'])
      }
      await raw.closed
    })
  )
  await Promise.all(cases)
  await until('no connection is left', async () => (await connectionCount(server)) === 0)
  assert.equal(server.app.admission.count, 0)
})

test('whoever is refused, reads nothing and does not close is cut off all the same (0.3 s allowed)', async t => {
  const server = await startServer(t, { ARQONBUS_HANDSHAKE_TIMEOUT_MS: '300' })
  let connected = 0
  server.app.server.on('connection', () => connected++)
  const requests = ['', 'junk\r\n\r\n', 'GET /ws HTTP/1.1\r\n', upgradeRequest({ path: `/ws?${'q'.repeat(2100)}` })]
  for (const request of requests) {
    const raw = await RawSocket.dial(t, portOf(server))
    raw.tcp.pause()
    raw.write(request)
  }
  await until('all are connected', () => connected === requests.length)
  await until('no connection is left', async () => (await connectionCount(server)) === 0)
})

test('a handshake that is sent right behind a request gets no socket and is cut off (0.3 s allowed)', async t => {
  const server = await startServer(t, { ARQONBUS_HANDSHAKE_TIMEOUT_MS: '300' })
  const raw = await RawSocket.dial(t, portOf(server))
  raw.write(Buffer.concat([Buffer.from('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n'), upgradeRequest()]))
  assert.equal((await raw.response()).status, 200)
  await raw.closed
  assert.equal(server.app.admission.count, 0)
})

test('a handshake on a connection that has been used for requests is let in', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.dial(t, portOf(server))
  raw.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n')
  await raw.response()
  raw.write(upgradeRequest())
  await until('the client is there', () => server.app.bus.hub.size === 1)
})

test('a thousand connects that come to nothing leave nothing behind, and clients notice nothing', async t => {
  const server = await startServer(t, { ARQONBUS_HANDSHAKES_PER_SECOND: '100000' })
  const client = await server.connect()
  await client.join('lab:bench')
  const openings = [Buffer.from('junk\r\n\r\n'), upgradeRequest(), upgradeRequest().subarray(0, 50), Buffer.alloc(0)]
  for (let round = 0; round < 10; round++) {
    const raws = await Promise.all(Array.from({ length: 100 }, () => RawSocket.dial(t, portOf(server))))
    await Promise.all(raws.map((raw, index) => raw.write(openings[index % openings.length] as Buffer)))
    for (const raw of raws) raw.tcp.resetAndDestroy()
    await client.settle()
  }
  await until('only the client is left', async () => (await connectionCount(server)) === 1)
  assert.equal(server.app.bus.hub.size, 1)
})

test('a server without free file descriptors lives, and takes connections again when there are some', async t => {
  const server = await startServerProcess(t)
  const client = await TestClient.open(`${server.wsUrl}/ws`)
  t.after(() => client.socket.terminate())
  const { status } = spawnSync('prlimit', ['--pid', String(server.pid), '--nofile=100:100'])
  assert.equal(status, 0, 'prlimit of util-linux is needed')
  const raws = await Promise.all(Array.from({ length: 300 }, () => RawSocket.dial(t, server.port)))
  await until('some are turned away', () => raws.some(raw => raw.isClosed))
  await client.settle()
  for (const raw of raws) raw.tcp.destroy()
  await until('it answers', () =>
    fetch(`${server.httpUrl}/health`).then(
      ({ ok }) => ok,
      () => false
    )
  )
  const late = await TestClient.open(`${server.wsUrl}/ws`)
  late.socket.terminate()
})

/** Text of about 1 MiB, made of a beginning, many parts and an end. */
function huge(begin: string, part: string, end: string): string {
  return begin + part.repeat(Math.floor((1_048_576 - begin.length - end.length) / part.length)) + end
}

const heavy: Readonly<Record<string, string>> = {
  'a list of targets that are numbers': huge('{"type":"message","to":[1', ',1', ']}'),
  'a payload of numbers': huge('{"type":"message","payload":{"a":[1', ',1', ']}}'),
  'a payload of objects': huge('{"type":"message","payload":{"a":[1', ',{}', ']}}'),
  'metadata that is a list': huge('{"type":"message","metadata":[1', ',1', ']}'),
  'one key again and again': huge('{"type":"message","payload":{"a":1', ',"a":1', '}}'),
  'lists within lists': huge('{"type":"message","payload":{"a":', '[', ''),
  'nothing but quotes': huge('', '"', ''),
  'nothing but backslashes': huge('"', '\\', ''),
  'a number of a million digits': huge('{"type":"message","payload":{"a":', '9', '}}'),
  'numbers without end': huge('{"type":"message","payload":{"a":[1', ',1e999', ']}}'),
  'a room of a million characters': huge('{"type":"message","room":"', 'a', '"}'),
  'a time of a million digits': huge('{"type":"ping","timestamp":"2026-01-01T00:00:00.', '0', 'Z"}'),
  'an unknown type of a million characters': huge('{"type":"', 'a', '"}')
}

for (const [what, text] of Object.entries(heavy)) {
  test(`${what} is refused in one short answer`, async t => {
    const server = await startServer(t)
    const raw = await RawSocket.open(t, portOf(server))
    raw.write(rawFrame({ payload: text }))
    await raw.settle()
    const errors = raw.frames.filter(frame => frame.type === 'error')
    assert.deepEqual(
      errors.map(frame => frame.error_code),
      ['VALIDATION_ERROR']
    )
    assert.ok(JSON.stringify(errors[0]).length < 4096)
  })
}

const wrong: readonly unknown[] = [
  null,
  1,
  'text',
  [],
  [{ type: 'ping' }],
  {},
  { type: 1 },
  { type: '__proto__' },
  { type: 'constructor' },
  { type: 'message_response' },
  { type: 'message', room: 'constructor' },
  { type: 'message', room: 'a', channel: 'prototype' },
  { type: 'message', room: 'a:b:c' },
  { type: 'message', room: '../a' },
  { type: 'message', room: 'a', channel: '' },
  { type: 'message', room: '*' },
  { type: 'message', channel: 'bench' },
  { type: 'message', room: 'a', payload: [] },
  { type: 'message', room: 'a', payload: 'text' },
  { type: 'message', room: 'a', metadata: { sequence: 0 } },
  { type: 'message', room: 'a', ack: 'yes' },
  { type: 'message', room: 'a', version: '2.0' },
  { type: 'message', room: 'a', id: 'arq_' },
  { type: 'message', room: 'a', id: 'other' },
  { type: 'private', payload: {} },
  { type: 'private', to: [], payload: {} },
  { type: 'private', to: [{}], payload: {} },
  { type: 'private', payload: { target: { $ne: 1 } } },
  { type: 'telemetry', payload: { eventType: 'x' } },
  { type: 'command' },
  { type: 'command', command: 1 },
  { type: 'command', command: 'ping', args: [] }
]

test('every frame of a wrong shape is refused by name, and the connection goes on', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_VIOLATIONS_PER_MINUTE: '1000' })
  const raw = await RawSocket.open(t, portOf(server))
  for (const [index, frame] of wrong.entries()) {
    raw.send({ payload: JSON.stringify(frame) })
    await raw.settle()
    const errors = raw.frames.filter(({ type }) => type === 'error')
    assert.equal(errors.length, index + 1, JSON.stringify(frame))
    assert.equal(errors.at(-1)?.error_code, 'VALIDATION_ERROR')
    assert.ok(errors.at(-1)?.payload.errors.length > 0)
  }
})

test('keys that would reach a prototype are refused wherever they stand', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  const places = [
    '{"type":"ping",X}',
    '{"type":"message","room":"a","payload":{X}}',
    '{"type":"command","command":"ping","args":{"a":[{X}]}}'
  ]
  for (const place of places) {
    for (const key of ['"__proto__":{"role":"admin"}', '"\\u005f\\u005fproto\\u005f\\u005f":{"role":"admin"}']) {
      raw.write(rawFrame({ payload: place.replace('X', key) }))
    }
  }
  await raw.settle()
  const codes = raw.frames.slice(1, -1).map(frame => frame.error_code)
  assert.deepEqual(codes, Array(6).fill('VALIDATION_ERROR'))
  assert.equal(({} as Record<string, unknown>).role, undefined)
})

test('a storm of joins and leaves ends with the members that are left, and nobody else', async t => {
  const server = await startServer(t, { ARQONBUS_COMMAND_BURST: '100000' })
  const watcher = await server.connect()
  const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()))
  await watcher.join('lab:c0', { presence: true })
  for (const [index, client] of clients.entries()) {
    for (let round = 0; round < 100; round++) {
      const args = { room: 'lab', channel: `c${(index + round) % 5}`, ...(round % 3 ? {} : { presence: true }) }
      client.send({ type: 'command', command: round % 2 ? 'leave_channel' : 'join_channel', args })
    }
  }
  await Promise.all(clients.map(client => client.settle()))
  for (const client of clients.slice(10)) client.socket.terminate()
  await until('half of them are gone', () => server.app.bus.hub.size === 11)
  const whereabouts = await Promise.all(
    clients.slice(0, 10).map(async client => (await client.command('whoami')).payload.data.channels as string[])
  )
  const { channels } = (await watcher.command('list_channels', { room: 'lab' })).payload.data
  for (const { channel_id, member_count } of channels) {
    const expected = whereabouts.flat().filter(id => id === channel_id).length + (channel_id === 'lab:c0' ? 1 : 0)
    assert.equal(member_count, expected, channel_id)
  }
})

test('a flood of pongs that nobody asked for is closed with 1008', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(Buffer.concat(Array(200).fill(rawFrame({ opcode: opcodes.pong }))))
  assert.equal((await raw.closed).code, 1008)
})
