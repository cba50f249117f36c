import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { rawSocketOf, socketTransport, type Transport, type TransportListener } from '../../../src/bus/transport.ts'
import { type Frame, frameOf } from '../../../src/protocol/frame.ts'
import { until } from '../../support/until.ts'

/** A transport over a real socket, with both ends of it. */
interface Stage {
  readonly transport: Transport
  /** The server's end, which the transport is over. */
  readonly socket: WebSocket
  readonly client: WebSocket
  /** What the client got. */
  readonly got: string[]
  /** What the listener was told, one word each. */
  readonly told: string[]
}

async function setStage(t: TestContext, options: { readonly perMessageDeflate?: boolean } = {}): Promise<Stage> {
  const { perMessageDeflate = false } = options
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: perMessageDeflate && { threshold: 0 }
  })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate })
  const got: string[] = []
  client.on('message', (data: RawData) => got.push(data.toString()))
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [[WebSocket], unknown]
  const transport = socketTransport(socket)
  const told: string[] = []
  const listener: TransportListener = {
    text: message => told.push(`text ${message}`),
    binary: () => told.push('binary'),
    control: isPing => told.push(isPing ? 'ping' : 'pong'),
    drained: () => told.push('drained'),
    failed: () => told.push('failed'),
    closed: code => told.push(`closed ${code}`)
  }
  transport.listen(listener)
  t.after(() => {
    client.terminate()
    socket.terminate()
    server.close()
  })
  return { transport, socket, client, got, told }
}

/** The undocumented member under which `ws` keeps the socket. */
function insideOf(socket: WebSocket): Socket {
  return (socket as unknown as { readonly _socket: Socket })._socket
}

function write(transport: Transport, frames: readonly Frame[]): number {
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
  transport.write(frames, bytes)
  return bytes
}

/** Counts the calls that hand bytes to the socket, and makes the way through `ws` impossible. */
function watchWrites({ socket }: Stage): { count: number } {
  const raw = rawSocketOf(socket)
  assert.ok(raw, 'the pinned ws keeps its socket elsewhere')
  const writes = { count: 0 }
  const original = raw.write
  raw.write = ((...args: Parameters<Socket['write']>) => {
    writes.count++
    return original.apply(raw, args)
  }) as Socket['write']
  socket.send = () => assert.fail('a frame went through ws')
  return writes
}

test('the raw socket of the pinned ws is found on an open, plain connection', async t => {
  const { socket } = await setStage(t)
  assert.equal(rawSocketOf(socket), insideOf(socket))
  assert.equal(typeof (socket as unknown as { _sender: { _bufferedBytes: unknown } })._sender._bufferedBytes, 'number')
})

test('several frames are one write to the raw socket, and the peer gets each as a message', async t => {
  const stage = await setStage(t)
  const writes = watchWrites(stage)
  const before = insideOf(stage.socket).bytesWritten
  const bytes = write(stage.transport, ['{"n":1}', '{"n":2}', `{"text":"${'é€😀'.repeat(100)}"}`].map(frameOf))
  assert.equal(writes.count, 1)
  assert.equal(insideOf(stage.socket).bytesWritten - before, bytes)
  await until('three messages came', () => stage.got.length === 3)
  assert.deepEqual(stage.got, ['{"n":1}', '{"n":2}', `{"text":"${'é€😀'.repeat(100)}"}`])
})

test('a single frame is written as it is, without a copy', async t => {
  const stage = await setStage(t)
  const raw = rawSocketOf(stage.socket) as Socket
  const frame = frameOf('{}')
  let written: unknown
  const original = raw.write
  raw.write = ((...args: Parameters<Socket['write']>) => {
    written = args[0]
    return original.apply(raw, args)
  }) as Socket['write']
  write(stage.transport, [frame])
  assert.equal(written, frame)
  await until('it came', () => stage.got.length === 1)
})

test('frames of more than 64 KiB together are written without a copy, and reach the peer whole and in order', async t => {
  const stage = await setStage(t)
  const writes = watchWrites(stage)
  const texts = [100, 70_000, 125, 126, 65_535, 65_536].map((size, n) => `${n}`.repeat(size))
  write(stage.transport, texts.map(frameOf))
  assert.equal(writes.count, texts.length)
  assert.equal(insideOf(stage.socket).writableCorked, 0)
  await until('all came', () => stage.got.length === texts.length)
  assert.deepEqual(stage.got, texts)
})

test('where compression was negotiated frames go through ws, and arrive in order between others', async t => {
  const stage = await setStage(t, { perMessageDeflate: true })
  assert.match(stage.client.extensions, /permessage-deflate/)
  assert.equal(rawSocketOf(stage.socket), undefined)
  const texts = Array.from({ length: 50 }, (_, n) => `{"n":${n},"text":"${'x'.repeat(n * 1000)}"}`)
  for (let n = 0; n < 50; n += 5) {
    write(stage.transport, texts.slice(n, n + 5).map(frameOf))
    stage.transport.ping()
  }
  await until('all came', () => stage.got.length === texts.length)
  assert.deepEqual(stage.got, texts)
})

test('a connection that is closing has no raw socket, and what is written to it is dropped', async t => {
  const stage = await setStage(t)
  stage.transport.close(1000, 'done')
  assert.equal(rawSocketOf(stage.socket), undefined)
  write(stage.transport, [frameOf('{"late":true}')])
  const [code, reason] = await once(stage.client, 'close')
  assert.deepEqual([code, `${reason}`], [1000, 'done'])
  assert.deepEqual(stage.got, [])
  await until('the end was told', () => stage.told.includes('closed 1000'))
})

test('texts, binaries, pings and pongs are told apart and in order', async t => {
  const { client, told, transport } = await setStage(t)
  client.send('{"text":"é€😀"}')
  client.send(Buffer.from('{}'))
  client.ping()
  await until('three came', () => told.length === 3)
  transport.ping()
  await until('the pong came', () => told.length === 4)
  assert.deepEqual(told, ['text {"text":"é€😀"}', 'binary', 'ping', 'pong'])
})

test('while paused nothing is read, and after resume everything comes in order', async t => {
  const { client, told, transport, socket } = await setStage(t)
  transport.pause()
  assert.equal(socket.isPaused, true)
  for (let n = 0; n < 10; n++) await new Promise(resolve => client.send(`${n}`, resolve))
  const other = await setStage(t)
  other.client.ping()
  await until('another connection was heard', () => other.told.length === 1)
  assert.equal(told.length, 0)
  transport.resume()
  await until('all came', () => told.length === 10)
  assert.deepEqual(
    told,
    Array.from({ length: 10 }, (_, n) => `text ${n}`)
  )
})

test('bytes that the peer does not take are counted until it does, which is told', async t => {
  const { client, told, transport, got } = await setStage(t)
  client.pause()
  const frame = frameOf('x'.repeat(100_000))
  let written = 0
  while (transport.bufferedBytes < 1_000_000) {
    write(transport, [frame])
    written++
  }
  assert.equal(told.includes('drained'), false)
  client.resume()
  await until('everything came', () => got.length === written)
  await until('it was told', () => told.includes('drained'))
  assert.equal(transport.bufferedBytes, 0)
})

test('a peer that breaks RFC 6455 is sent 1002, told as failed, and then as closed', async t => {
  const { client, told } = await setStage(t)
  insideOf(client).write(Buffer.of(0xf1, 0x80, 0, 0, 0, 0))
  const [code] = await once(client, 'close')
  assert.equal(code, 1002)
  await until('the end was told', () => told.length === 2)
  assert.deepEqual(told, ['failed', 'closed 1006'])
})

test('terminate cuts the connection without a handshake', async t => {
  const { client, told, transport } = await setStage(t)
  transport.terminate()
  const [code] = await once(client, 'close')
  assert.equal(code, 1006)
  await until('the end was told', () => told.length === 1)
  assert.deepEqual(told, ['closed 1006'])
})

test('a peer that vanishes is told as closed with 1006', async t => {
  const { client, told } = await setStage(t)
  client.terminate()
  await until('the end was told', () => told.length === 1)
  assert.deepEqual(told, ['closed 1006'])
})
