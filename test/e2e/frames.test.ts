import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer, type TestServer } from '../helper.ts'
import { closeFrame, type FrameShape, fragmentsOf, opcodes, rawFrame } from '../support/raw-frame.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { until } from '../support/until.ts'

const MEBIBYTE = 1_048_576

function portOf(server: TestServer): number {
  return Number(new URL(server.httpUrl).port)
}

/** A message to a channel that is exactly so many bytes long. */
function messageOf(bytes: number): string {
  const empty = JSON.stringify({
    type: 'message',
    id: 'arq_filled',
    room: 'science',
    channel: 'explore',
    payload: { t: '' }
  })
  return empty.replace('"t":""', `"t":"${'x'.repeat(bytes - empty.length)}"`)
}

/** Sends bytes over a fresh connection and returns the code that it was closed with. */
async function codeAfter(t: TestContext, server: TestServer, bytes: Buffer): Promise<number> {
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(bytes)
  return (await raw.closed).code
}

const broken: [what: string, code: number, shape: FrameShape][] = [
  ['the first reserved bit', 1002, { reserved: 4, payload: '{}' }],
  ['the second reserved bit', 1002, { reserved: 2, payload: '{}' }],
  ['the third reserved bit', 1002, { reserved: 1, payload: '{}' }],
  ['a reserved bit on a control frame', 1002, { reserved: 4, opcode: opcodes.ping }],
  ['a frame without a mask', 1002, { isMasked: false, payload: '{}' }],
  ['opcode 3', 1002, { opcode: 3 }],
  ['opcode 7', 1002, { opcode: 7 }],
  ['opcode 11', 1002, { opcode: 11 }],
  ['opcode 15', 1002, { opcode: 15 }],
  ['a continuation of nothing', 1002, { opcode: opcodes.continuation, payload: '{}' }],
  ['a fragmented ping', 1002, { opcode: opcodes.ping, isFinal: false }],
  ['a ping of 126 bytes', 1002, { opcode: opcodes.ping, payload: 'x'.repeat(126) }],
  ['a close frame of one byte', 1002, { opcode: opcodes.close, payload: 'x' }],
  ['a close frame with code 1005', 1002, { opcode: opcodes.close, payload: Buffer.from([0x03, 0xed]) }],
  ['a close frame with code 0', 1002, { opcode: opcodes.close, payload: Buffer.from([0, 0]) }],
  ['a close reason that is not UTF-8', 1007, { opcode: opcodes.close, payload: Buffer.from([0x03, 0xe8, 0xff]) }],
  ['a byte that is not UTF-8', 1007, { payload: Buffer.from([0x7b, 0xff, 0x7d]) }],
  ['a surrogate in UTF-8', 1007, { payload: Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]) }],
  ['an overlong NUL', 1007, { payload: Buffer.from([0x22, 0xc0, 0x80, 0x22]) }],
  ['a character cut off', 1007, { payload: Buffer.from([0x22, 0xe2, 0x82]) }],
  ['a claim of 2^53 bytes', 1009, { length: 2n ** 53n }],
  ['a claim of 2^63 bytes', 1009, { length: 2n ** 63n }],
  ['a claim of one byte over the bound', 1009, { length: MEBIBYTE + 1 }]
]

test('a frame that breaks RFC 6455', { concurrency: true }, async t => {
  const server = await startServer(t)
  const witness = await server.connect()
  const cases = broken.map(([what, code, shape]) =>
    t.test(`${what} is answered with ${code}`, async t => {
      assert.equal(await codeAfter(t, server, rawFrame(shape)), code)
    })
  )
  const inParts = [
    t.test('a text frame within a fragmented message is answered with 1002', async t => {
      const bytes = Buffer.concat([rawFrame({ isFinal: false, payload: '{' }), rawFrame({ payload: '{}' })])
      assert.equal(await codeAfter(t, server, bytes), 1002)
    }),
    t.test('UTF-8 that is broken across two fragments is answered with 1007', async t => {
      const parts = [
        rawFrame({ isFinal: false, payload: Buffer.from([0x22, 0xe2]) }),
        rawFrame({ opcode: opcodes.continuation, payload: Buffer.from([0x28, 0x22]) })
      ]
      assert.equal(await codeAfter(t, server, Buffer.concat(parts)), 1007)
    })
  ]
  await Promise.all([...cases, ...inParts])
  await witness.settle()
  assert.equal(witness.frames.filter(frame => frame.type === 'error').length, 0)
})

test('a character that is cut across two fragments arrives whole', async t => {
  const server = await startServer(t)
  const reader = await server.connect()
  await reader.join('science:explore')
  const raw = await RawSocket.open(t, portOf(server))
  const bytes = Buffer.from(JSON.stringify({ type: 'message', room: 'science:explore', payload: { text: '€🦊' } }))
  const cut = bytes.indexOf(0xe2) + 1
  raw.write(rawFrame({ isFinal: false, payload: bytes.subarray(0, cut) }))
  raw.write(rawFrame({ opcode: opcodes.continuation, payload: bytes.subarray(cut) }))
  assert.deepEqual((await reader.next(frame => frame.type === 'message')).payload, { text: '€🦊' })
})

test('a message of 1 MiB is carried and one of a byte more closes with 1009', async t => {
  const server = await startServer(t)
  const reader = await server.connect()
  await reader.join('science:explore')
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(rawFrame({ payload: messageOf(MEBIBYTE) }))
  const delivered = await reader.next(frame => frame.id === 'arq_filled')
  const overhead = messageOf(200).length - 200 + JSON.parse(messageOf(200)).payload.t.length
  assert.equal(delivered.payload.t.length, MEBIBYTE - 200 + overhead)
  assert.equal(await codeAfter(t, server, rawFrame({ payload: messageOf(MEBIBYTE + 1) })), 1009)
})

test('fragments that add up to more than 1 MiB close with 1009', async t => {
  const server = await startServer(t)
  assert.equal(await codeAfter(t, server, fragmentsOf(messageOf(MEBIBYTE + 1), 2)), 1009)
})

test('a message that is begun and not finished is closed with 4408, though pings are answered (0.4 s allowed)', async t => {
  const env = { ARQONBUS_MAX_MESSAGE_MS: '400', ARQONBUS_PING_INTERVAL_MS: '300' }
  const server = await startServer(t, env)
  for (const begun of [
    rawFrame({ isFinal: false, payload: messageOf(1280).slice(0, 640) }),
    rawFrame({ payload: messageOf(1280) }).subarray(0, 640)
  ]) {
    const raw = await RawSocket.open(t, portOf(server))
    raw.write(begun)
    assert.equal((await raw.closed).code, 4408)
  }
  const slow = await RawSocket.open(t, portOf(server))
  const bytes = fragmentsOf(messageOf(1280), 2)
  slow.write(bytes.subarray(0, 700))
  slow.write(bytes.subarray(700))
  assert.equal((await slow.next(frame => frame.type === 'message_response')).id, 'arq_filled')
})

test('128 fragments are one message and 129 close with 1008', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(fragmentsOf(messageOf(1280), 128))
  assert.equal((await raw.next(frame => frame.type === 'message_response')).id, 'arq_filled')
  assert.equal(await codeAfter(t, server, fragmentsOf(messageOf(1290), 129)), 1008)
})

test('empty fragments count as fragments', async t => {
  const server = await startServer(t)
  const parts = [rawFrame({ isFinal: false }), ...Array(128).fill(rawFrame({ opcode: 0, isFinal: false }))]
  assert.equal(await codeAfter(t, server, Buffer.concat(parts)), 1008)
})

test('a frame that comes byte by byte is one message', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  for (const byte of rawFrame({ payload: messageOf(200) })) await raw.write(Buffer.from([byte]))
  assert.equal((await raw.next(frame => frame.type === 'message_response')).id, 'arq_filled')
})

test('a frame in more pieces than may wait closes with 1008 (8 pieces allowed)', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_BUFFERED_CHUNKS: '8' })
  const raw = await RawSocket.open(t, portOf(server))
  await raw.write(rawFrame({ length: 100_000 }))
  while (!raw.isClosed) {
    await raw.write('x')
    await pause(1)
  }
  assert.equal((await raw.closed).code, 1008)
})

test('a flood of pings is closed with 1008 after 50 answers', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(Buffer.concat(Array(200).fill(rawFrame({ opcode: opcodes.ping, payload: 'x'.repeat(125) }))))
  assert.equal((await raw.closed).code, 1008)
})

test('50 control frames at once are fine', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(Buffer.concat(Array(50).fill(rawFrame({ opcode: opcodes.ping }))))
  await raw.settle()
  assert.equal(raw.isClosed, false)
})

test('a binary frame is answered with INFRA_PROTOCOL_ERROR and the connection stays open', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.send({ opcode: opcodes.binary, payload: Buffer.from([1, 2, 3]) })
  const answer = await raw.next(frame => frame.type === 'error')
  assert.deepEqual([answer.error_code, answer.retry, answer.sender], ['INFRA_PROTOCOL_ERROR', false, 'arqonbus'])
  await raw.settle()
})

test('20 protocol errors are answered and the 21st closes with 4400', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  for (let count = 0; count < 20; count++) raw.send(count % 2 ? { payload: 'junk' } : { opcode: opcodes.binary })
  await raw.settle()
  assert.equal(raw.frames.filter(frame => frame.type === 'error').length, 20)
  raw.send({ payload: 'junk' })
  assert.equal((await raw.closed).code, 4400)
  assert.equal(raw.frames.filter(frame => frame.type === 'error').length, 21)
})

test('what is sent together with the request for the upgrade is worked on in order', async t => {
  const server = await startServer(t)
  const frames = ['arq_a', 'arq_b', 'arq_c'].map(id => rawFrame({ payload: JSON.stringify({ type: 'ping', id }) }))
  const raw = await RawSocket.open(t, portOf(server), { followedBy: Buffer.concat(frames) })
  await raw.next(frame => frame.request_id === 'arq_c')
  assert.ok(raw.frames[0]?.payload.welcome)
  assert.deepEqual(
    raw.frames.slice(1).map(frame => frame.request_id),
    ['arq_a', 'arq_b', 'arq_c']
  )
})

test('half a frame sent together with the request is completed later', async t => {
  const server = await startServer(t)
  const frame = rawFrame({ payload: JSON.stringify({ type: 'ping', id: 'arq_cut' }) })
  const raw = await RawSocket.open(t, portOf(server), { followedBy: frame.subarray(0, 9) })
  raw.write(frame.subarray(9))
  await raw.next(answer => answer.request_id === 'arq_cut')
})

test('a message sent before the welcome is read reaches the initial address', async t => {
  const server = await startServer(t)
  const reader = await server.connect('/ws?room=lab&channel=early')
  await reader.settle()
  const message = rawFrame({ payload: JSON.stringify({ type: 'message', payload: { early: true } }) })
  await RawSocket.upgrade(t, portOf(server), { path: '/ws?room=lab&channel=early', followedBy: message })
  assert.deepEqual((await reader.next(frame => frame.type === 'message')).payload, { early: true })
})

test('a connection that ends its side without a close frame is gone at once', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.tcp.end()
  await raw.closed
  await until('the place is free', () => server.app.admission.count === 0)
  assert.equal(server.app.bus.hub.size, 0)
})

test('a connection that is reset in the middle of a frame is gone at once', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  await raw.write(rawFrame({ payload: messageOf(100_000) }).subarray(0, 50_000))
  raw.tcp.resetAndDestroy()
  await until('the place is free', () => server.app.admission.count === 0)
  assert.equal(server.app.bus.hub.size, 0)
})

test('what follows a close frame is not read', async t => {
  const server = await startServer(t)
  const raw = await RawSocket.open(t, portOf(server))
  raw.write(Buffer.concat([closeFrame(1000), rawFrame({ payload: messageOf(200) })]))
  await raw.closed
  assert.equal(server.app.bus.status().messages, 0)
})

test('a peer that is silent and half-open is closed with 4408 (ping after 0.1 s, pong within 0.2 s)', async t => {
  const server = await startServer(t, { ARQONBUS_PING_INTERVAL_MS: '100', ARQONBUS_PONG_TIMEOUT_MS: '200' })
  const raw = await RawSocket.open(t, portOf(server), { isMute: true })
  const { code } = await raw.closed
  assert.equal(code, 4408)
  assert.equal(raw.pingCount, 1)
})

test('compression is not negotiated', async t => {
  const server = await startServer(t)
  const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
  const raw = await RawSocket.open(t, portOf(server), { headers })
  assert.equal((await raw.response()).headers.has('sec-websocket-extensions'), false)
})
