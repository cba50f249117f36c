import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { BusClientError, type ConnectOptions, connect as connectForGood } from '../../../src/client/index.ts'
import type { SocketEvent } from '../../../src/client/socket.ts'
import { freePort, messageText, startPeer, welcomeFrame } from './peer.ts'

/** Connects once: these tests are about the first connection. */
function connect(url: string, options: ConnectOptions = {}) {
  return connectForGood(url, { ...options, reconnect: false })
}

/** A real socket with no more surface than a browser's. */
class BrowserSocket {
  readonly #socket: WebSocket

  constructor(url: string, protocols: string[] = []) {
    this.#socket = new WebSocket(url, protocols)
  }

  get readyState(): number {
    return this.#socket.readyState
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  close(code?: number): void {
    this.#socket.close(code)
  }

  addEventListener(type: 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void {
    this.#socket.addEventListener(type, listener)
  }
}

test('resolves after the welcome and knows what it said', async t => {
  const peer = await startPeer(t)
  const bus = await connect(peer.wsUrl)
  assert.equal(bus.clientId, 'arq_client_1')
  assert.deepEqual(bus.welcome, welcomeFrame.payload)
})

test('presents who connects in the query and keeps what the query held', async t => {
  const urls: (string | undefined)[] = []
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      urls.push(request.url)
      socket.send(JSON.stringify(welcomeFrame))
    }
  })
  await connect(`${peer.wsUrl}/ws?own=1`, {
    clientType: 'ai-agent',
    screenName: 'Ada L.',
    avatar: 'a.png',
    personality: 'calm',
    room: 'science',
    channel: 'general'
  })
  const url = new URL(urls[0]!, 'ws://host')
  assert.equal(url.pathname, '/ws')
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    own: '1',
    client_type: 'ai-agent',
    screen_name: 'Ada L.',
    avatar: 'a.png',
    personality: 'calm',
    room: 'science',
    channel: 'general'
  })
})

test('presents the token and other headers through the ws package', async t => {
  const headers: object[] = []
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      headers.push(request.headers)
      socket.send(JSON.stringify(welcomeFrame))
    }
  })
  await connect(peer.wsUrl, { token: 'a.b.c', headers: { 'x-trace': '7' }, WebSocket })
  const { authorization, 'x-trace': trace, 'sec-websocket-protocol': protocols } = headers[0] as Record<string, string>
  assert.deepEqual([authorization, trace, protocols], ['Bearer a.b.c', '7', undefined])
})

test('presents the token as a subprotocol through a socket without headers', async t => {
  const headers: object[] = []
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      headers.push(request.headers)
      socket.send(JSON.stringify(welcomeFrame))
    }
  })
  const bus = await connect(peer.wsUrl, { token: 'a.b.c', WebSocket: BrowserSocket })
  const { authorization, 'sec-websocket-protocol': protocols } = headers[0] as Record<string, string>
  assert.deepEqual([authorization, protocols], [undefined, 'arqonbus.v1,bearer.a.b.c'])
  await bus.close()
})

test('refuses headers for a socket that cannot send any', async () => {
  await assert.rejects(connect('ws://127.0.0.1:1', { headers: { a: 'b' }, WebSocket: BrowserSocket }), {
    code: 'VALIDATION_ERROR',
    message: 'cannot open ws://127.0.0.1:1: headers need the WebSocket of the ws package'
  })
})

test('refuses a token that cannot be sent, without repeating it', async () => {
  const token = 'two words'
  await assert.rejects(connect('ws://127.0.0.1:1', { token, WebSocket: BrowserSocket }), error => {
    assert(error instanceof BusClientError)
    assert.equal(error.code, 'VALIDATION_ERROR')
    assert(!error.message.includes(token))
    return true
  })
})

for (const [url, message] of [
  ['bus', 'the URL of the bus is not a URL'],
  ['http://127.0.0.1', 'the URL of the bus begins with ws: or wss:, not http:']
] as const) {
  test(`refuses the URL ${url}`, async () => {
    await assert.rejects(connect(url), { name: 'BusClientError', code: 'VALIDATION_ERROR', message })
  })
}

test('tells the status, code and details of a refused handshake', async t => {
  const peer = await startPeer(t, {
    refuses: true,
    onRequest: (_request, response) => {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end('{"error":"Unauthorized","code":"AUTH_REQUIRED","details":"Missing bearer token"}')
    }
  })
  await assert.rejects(connect(`${peer.wsUrl}/ws?token=secret`, { WebSocket }), {
    name: 'BusClientError',
    code: 'AUTH_REQUIRED',
    message: `${peer.wsUrl}/ws answered 401: Missing bearer token`,
    status: 401,
    retry: false
  })
})

test('tells when to try again after a refused handshake', async t => {
  const peer = await startPeer(t, {
    refuses: true,
    onRequest: (_request, response) => response.writeHead(503, { 'retry-after': '3' }).end('busy')
  })
  await assert.rejects(connect(peer.wsUrl, { WebSocket }), {
    code: 'REFUSED',
    message: `${peer.wsUrl} answered 503`,
    status: 503,
    retry: true,
    retryAfterMs: 3000
  })
})

test('tells of a refused handshake what a socket without answers knows', async t => {
  const peer = await startPeer(t, { refuses: true, onRequest: (_request, response) => response.writeHead(401).end() })
  await assert.rejects(connect(peer.wsUrl, { WebSocket: BrowserSocket }), { code: 'UNREACHABLE', status: undefined })
})

test('tells the close code of a connection that ends before the welcome', async t => {
  const peer = await startPeer(t, { onConnection: socket => socket.close(4429) })
  await assert.rejects(connect(peer.wsUrl), {
    code: 'CLOSED',
    message: `${peer.wsUrl}: no welcome; the connection was closed with 4429 (sustained abuse of a rate limit): back off, then retry`,
    closeCode: 4429,
    verdict: 'retry',
    retry: true
  })
})

test('tells that nothing listens', async () => {
  const port = await freePort()
  await assert.rejects(connect(`ws://127.0.0.1:${port}`, { WebSocket }), {
    code: 'UNREACHABLE',
    message: `cannot connect to ws://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    retry: true
  })
})

for (const first of [
  'not json',
  '[]',
  '{"type":"message","payload":{"text":"hello"}}',
  '{"event_type":"telemetry_connected"}'
]) {
  test(`takes ${first} for no welcome and hangs up`, async t => {
    const peer = await startPeer(t, { onConnection: socket => socket.send(first) })
    await assert.rejects(connect(peer.wsUrl), {
      code: 'PROTOCOL',
      message: `${peer.wsUrl} does not welcome as ArqonBus does`
    })
  })
}

test('gives up when no welcome comes', async t => {
  const peer = await startPeer(t, { onConnection: () => {} })
  await assert.rejects(connect(peer.wsUrl, { timeoutMs: 50 }), {
    code: 'TIMEOUT',
    message: `no welcome from ${peer.wsUrl} within 50 ms`,
    retry: true
  })
})

test('gives up when the handshake is not answered', async t => {
  const peer = await startPeer(t, { refuses: true, onRequest: () => {} })
  await assert.rejects(connect(peer.wsUrl, { timeoutMs: 50 }), { code: 'TIMEOUT' })
})

test('loses nothing that arrives together with the welcome', async t => {
  const peer = await startPeer(t, {
    onConnection: (socket, request) => {
      request.socket.cork()
      socket.send(JSON.stringify(welcomeFrame))
      for (let sequence = 1; sequence <= 20; sequence++) socket.send(messageText(sequence))
      socket.close(4410)
      request.socket.uncork()
    }
  })
  const bus = await connect(peer.wsUrl)
  const sequences: (number | undefined)[] = []
  bus.on('message', message => sequences.push(message.sequence))
  const closure = await new Promise(resolve => bus.on('close', resolve))
  assert.deepEqual(
    sequences,
    Array.from({ length: 20 }, (_, index) => index + 1)
  )
  assert.deepEqual(closure, { code: 4410, reason: '', verdict: 'new token', retryAfterMs: undefined })
})
