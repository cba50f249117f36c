import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { type ClientOptions, type RawData, WebSocket } from 'ws'
import errors from '../../plugins/errors.ts'
import websocket from '../../plugins/websocket.ts'
import { Admission } from '../../src/bus/admission.ts'
import type { Config } from '../../src/config.ts'
import { BusError } from '../../src/errors.ts'
import { identityOf } from '../support/bus.ts'
import { FakeClock } from '../support/clock.ts'
import { until } from '../support/until.ts'
import { buildBare, defaultConfig } from './bare.ts'

interface Door {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  readonly admission: Admission
  /** What the bus would say. */
  readonly bus: { isDraining: boolean; isUnderPressure: boolean }
  readonly address: AddressInfo
  /** Starts to connect; the socket is cut when the test ends. */
  connect(protocols?: string[], options?: ClientOptions): WebSocket
}

/** An app with a socket route that echoes, and a route that is none. */
async function openDoor(
  t: TestContext,
  settings: Partial<Config> = {},
  authenticate: FastifyInstance['authenticate'] = async () => identityOf()
): Promise<Door> {
  const sockets = new Set<WebSocket>()
  t.after(() => {
    for (const socket of sockets) socket.terminate()
  })
  const clock = new FakeClock()
  const config: Config = { ...defaultConfig, ...settings }
  const admission = new Admission(clock, config)
  t.after(() => admission.close())
  const bus = { isDraining: false, isUnderPressure: false }
  const { app } = buildBare(t, {
    config: { config, clock, ids: { short: () => 'x' } },
    bus: { bus, admission },
    auth: { authenticate }
  })
  await app.register(errors).register(websocket)
  app.register(async instance => {
    instance.get('/health', async () => 'ok')
    instance.route({
      method: 'GET',
      url: '/ws',
      config: { isSocket: true },
      preValidation: async request => {
        if (request.ws) await instance.admit(request)
      },
      handler: async () => 'no socket',
      wsHandler: socket => void socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address() as AddressInfo
  return {
    app,
    clock,
    admission,
    bus,
    address,
    connect(protocols = [], options = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${address.port}/ws`, protocols, options)
      socket.on('error', () => {})
      sockets.add(socket)
      return socket
    }
  }
}

const good = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

interface Refusal {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: { readonly error: string; readonly code: string; readonly details: string }
}

/** The answer to an upgrade that is refused. */
async function refusalOf(door: Door, path = '/ws', headers: Record<string, string> = {}): Promise<Refusal> {
  const { address: host, port } = door.address
  const asked = request({ host, port, path, headers: { ...good, ...headers }, agent: false }).end()
  asked.on('upgrade', (_response, socket: Socket) => {
    socket.destroy()
    asked.emit('error', new Error('was let in'))
  })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }
}

/** Connects and is let in. */
async function enter(door: Door, protocols: string[] = [], options: ClientOptions = {}): Promise<WebSocket> {
  const socket = door.connect(protocols, options)
  await once(socket, 'open')
  return socket
}

test('a good upgrade on the socket route is let in, and messages go both ways', async t => {
  const door = await openDoor(t)
  const socket = await enter(door)
  socket.send('hello')
  const [data] = (await once(socket, 'message')) as [RawData]
  assert.equal(data.toString(), 'hello')
  assert.equal(door.admission.count, 1)
})

test('only the own subprotocol is echoed, never a token', async t => {
  const door = await openDoor(t)
  assert.equal((await enter(door, ['bearer.a.b.c', 'arqonbus.v1'])).protocol, 'arqonbus.v1')
})

test('compression is never negotiated, however much it is offered', async t => {
  const door = await openDoor(t)
  assert.equal((await enter(door, [], { perMessageDeflate: true })).extensions, '')
})

for (const path of ['/health', '/', '/nothing', '/ws/', '/ws/x']) {
  test(`an upgrade on ${path} is 404`, async t => {
    const { status, body } = await refusalOf(await openDoor(t), path)
    assert.equal(status, 404)
    assert.deepEqual(body, { error: 'Not found', code: 'NOT_FOUND', details: 'No socket here: use /ws' })
  })
}

test('an upgrade that is not as RFC 6455 has it is 400 and says why', async t => {
  const { status, body } = await refusalOf(await openDoor(t), '/ws', { 'sec-websocket-version': '8' })
  assert.equal(status, 400)
  assert.deepEqual([body.code, body.details], ['BAD_HANDSHAKE', 'Sec-WebSocket-Version must be 13'])
})

test('an upgrade from a page that is not allowed is 403', async t => {
  const door = await openDoor(t, { allowedOrigins: ['https://app.example.com'] })
  const { status, body } = await refusalOf(door, '/ws', { origin: 'https://evil.example' })
  assert.deepEqual([status, body.code], [403, 'ORIGIN_DENIED'])
  await enter(door, [], { origin: 'https://app.example.com' })
})

test('while the bus drains an upgrade is 503 DRAINING and says when to come back', async t => {
  const door = await openDoor(t, { drainRetryMs: 4500 })
  door.bus.isDraining = true
  const { status, body, headers } = await refusalOf(door)
  assert.deepEqual([status, body.code, headers['retry-after']], [503, 'DRAINING', '5'])
})

test('over pressure an upgrade is 503 OVERLOADED, and plain requests are answered', async t => {
  const door = await openDoor(t)
  door.bus.isUnderPressure = true
  const { status, body, headers } = await refusalOf(door)
  assert.deepEqual([status, body.code, headers['retry-after']], [503, 'OVERLOADED', '1'])
  assert.equal((await door.app.inject('/health')).statusCode, 200)
})

test('the handshakes of the process are bounded: 503 with Retry-After', async t => {
  const door = await openDoor(t, { handshakesPerSecond: 1 })
  await enter(door)
  const { status, body, headers } = await refusalOf(door)
  assert.deepEqual([status, body.code, headers['retry-after']], [503, 'OVERLOADED', '1'])
  door.clock.advance(1000)
  await enter(door)
})

test('a connection over the share of its address is 429 with Retry-After, and one that ends makes room', async t => {
  const door = await openDoor(t, { maxConnectionsPerIp: 1 })
  const first = await enter(door)
  const { status, body, headers } = await refusalOf(door)
  assert.deepEqual([status, body.code, headers['retry-after']], [429, 'RATE_LIMITED', '1'])
  assert.equal(body.details, 'Too many connections of this address')
  first.terminate()
  await until('its place is free', () => door.admission.count === 0)
  await enter(door)
})

test('a connection over the bound of the process is 503 with Retry-After', async t => {
  const door = await openDoor(t, { maxConnections: 1 })
  await enter(door)
  const { status, body, headers } = await refusalOf(door)
  assert.deepEqual([status, body.code, headers['retry-after']], [503, 'OVERLOADED', '1'])
  assert.equal(door.admission.count, 1)
})

for (const [code, details] of [
  ['AUTH_REQUIRED', 'Missing bearer token'],
  ['AUTH_INVALID', 'Invalid token']
] as const) {
  test(`who is refused with ${code} gets a 401 with WWW-Authenticate, and takes no place`, async t => {
    const door = await openDoor(t, {}, async () => {
      throw new BusError(code, { faults: [details] })
    })
    const { status, body, headers } = await refusalOf(door)
    assert.equal(status, 401)
    assert.deepEqual(body, { error: 'Unauthorized', code, details })
    assert.equal(headers['www-authenticate'], 'Bearer realm="arqonbus"')
    assert.equal(door.admission.count, 0)
  })
}

test('who it is is asked only of upgrades that are good otherwise', async t => {
  let asked = 0
  const door = await openDoor(t, {}, async () => {
    asked++
    return identityOf()
  })
  await refusalOf(door, '/health')
  await refusalOf(door, '/ws', { 'sec-websocket-key': 'x' })
  await refusalOf(door, '/ws', { origin: 'https://evil.example' })
  await door.app.inject('/ws')
  assert.equal(asked, 0)
  await enter(door)
  assert.equal(asked, 1)
})

test('an upgrade that is not finished in time is cut', async t => {
  let askedCount = 0
  const door = await openDoor(t, { handshakeTimeoutMs: 5000 }, () => {
    askedCount++
    return new Promise(() => {})
  })
  const socket = door.connect()
  const failed = once(socket, 'error')
  await until('it is asked who it is', () => askedCount === 1)
  door.clock.advance(4999)
  assert.equal(socket.readyState, WebSocket.CONNECTING)
  door.clock.advance(1)
  await failed
  assert.equal(door.admission.count, 0)
})

test('a client that is gone before it is known keeps no place', async t => {
  let letIn: (() => void) | undefined
  const door = await openDoor(t, {}, async () => {
    await new Promise<void>(resolve => {
      if (letIn === undefined) letIn = resolve
      else resolve()
    })
    return identityOf()
  })
  const gone = door.connect()
  await until('it is asked who it is', () => letIn !== undefined)
  gone.terminate()
  letIn?.()
  await enter(door)
  await until('only the second has a place', () => door.admission.count === 1)
})

test('a client that is cut before it is known keeps no place', async t => {
  let letIn: (() => void) | undefined
  const door = await openDoor(t, { maxConnections: 1 }, async () => {
    await new Promise<void>(resolve => {
      if (letIn === undefined) letIn = resolve
      else resolve()
    })
    return identityOf()
  })
  const upgraded = once(door.app.server, 'upgrade')
  door.connect()
  const [, peer] = (await upgraded) as [IncomingMessage, Socket]
  const cut = once(peer, 'close')
  await until('it is asked who it is', () => letIn !== undefined)
  door.clock.advance(defaultConfig.handshakeTimeoutMs)
  await cut
  letIn?.()
  await enter(door)
  assert.equal(door.admission.count, 1)
})

test('once a socket is open no deadline waits for it any more', async t => {
  const door = await openDoor(t)
  const before = door.clock.pending
  const socket = await enter(door)
  assert.equal(door.clock.pending, before)
  door.clock.advance(60_000)
  socket.send('still here')
  await once(socket, 'message')
})

for (const [what, send, code] of [
  ['a message at the bound', (socket: WebSocket) => socket.send('x'.repeat(1000)), undefined],
  ['a message over the bound', (socket: WebSocket) => socket.send('x'.repeat(1001)), 1009],
  ['as many fragments as may be', (socket: WebSocket) => fragment(socket, 4), undefined],
  ['one fragment more', (socket: WebSocket) => fragment(socket, 5), 1008]
] as const) {
  test(`${what} is ${code === undefined ? 'taken' : `closed with ${code}`}`, async t => {
    const door = await openDoor(t, { maxMessageBytes: 1000, maxFragments: 4 })
    const socket = await enter(door)
    send(socket)
    const [first] = await Promise.race([once(socket, 'message'), once(socket, 'close')])
    assert.equal(typeof first === 'number' ? first : undefined, code)
  })
}

function fragment(socket: WebSocket, count: number): void {
  for (let n = 1; n <= count; n++) socket.send('x', { fin: n === count })
}
