import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { type RawData, WebSocket } from 'ws'
import { BusError } from '../../src/errors.ts'
import { identityOf } from '../support/bus.ts'
import { until } from '../support/until.ts'
import { defaultConfig } from './bare.ts'
import { enter, openDoor, refusalOf } from './door.ts'

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
