import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createNetServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { PostRequest, PostResult } from '../../../src/webhooks/post.ts'
import { readCertificate } from '../../support/certificate.ts'
import { type Listener, listen } from '../../support/listener.ts'
import { startPoster } from '../../support/poster.ts'
import { until } from '../../support/until.ts'

const HEAD = 'HTTP/1.1 200 OK\r\n'
const AMPLE_MS = 20_000
const SHORT_MS = 150

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

test('a request arrives as it was given, with host and length added', async t => {
  const received: Received[] = []
  const sink = await listen(
    t,
    createServer(async (request, response) => {
      const { method, url, headers } = request
      received.push({ method, url, headers, body: await text(request) })
      response.end('thanks')
    })
  )
  const headers = { 'Content-Type': 'application/json', 'webhook-id': 'msg_1', 'X-Team': 'red' }
  const url = `http://127.0.0.1:${sink.port}/a%20b/../hook?x=1&y=é#part`
  const result = await startPoster(t).post({ url, headers, body: '{"ä":"€"}', timeoutMs: AMPLE_MS })
  assert.deepEqual({ ...result, durationMs: 0 }, { status: 200, outcome: 'ok', durationMs: 0, retryAfterMs: undefined })
  assert.ok(result.durationMs >= 0 && result.durationMs < AMPLE_MS)
  assert.deepEqual(received, [
    {
      method: 'POST',
      url: '/hook?x=1&y=%C3%A9',
      headers: {
        host: `127.0.0.1:${sink.port}`,
        connection: 'keep-alive',
        'content-type': 'application/json',
        'webhook-id': 'msg_1',
        'x-team': 'red',
        'content-length': '12'
      },
      body: '{"ä":"€"}'
    }
  ])
})

const statuses: readonly (readonly [status: number, outcome: PostResult['outcome']])[] = [
  [200, 'ok'],
  [202, 'ok'],
  [204, 'ok'],
  [299, 'ok'],
  [300, 'redirect'],
  [301, 'redirect'],
  [399, 'redirect'],
  [400, 'refused'],
  [404, 'refused'],
  [408, 'refused'],
  [410, 'refused'],
  [429, 'refused'],
  [499, 'refused'],
  [500, 'refused'],
  [503, 'refused'],
  [599, 'refused']
]

for (const [status, outcome] of statuses) {
  test(`the status ${status} is ${outcome}`, async t => {
    const result = await postTo(
      t,
      await listen(
        t,
        answer(response => response.writeHead(status).end())
      )
    )
    assert.deepEqual([result.status, result.outcome], [status, outcome])
  })
}

test('Retry-After is read as seconds and as a date against the clock', async t => {
  const dueAt = new Date(Date.now() + 1_800_000).toUTCString()
  const inSeconds = await listen(
    t,
    answer(response => response.writeHead(429, { 'retry-after': '7' }).end())
  )
  const asDate = await listen(
    t,
    answer(response => response.writeHead(503, { 'retry-after': dueAt }).end())
  )
  assert.equal((await postTo(t, inSeconds)).retryAfterMs, 7000)
  const { retryAfterMs } = await postTo(t, asDate)
  assert.ok(retryAfterMs !== undefined && retryAfterMs > 1_000_000 && retryAfterMs <= 1_800_000)
})

/** What a server does with a connection, and how an attempt ends that has ample time. */
const broken: readonly (readonly [what: string, behave: (socket: Socket) => void, outcome: PostResult['outcome']])[] = [
  ['resets the connection', socket => socket.once('data', () => socket.resetAndDestroy()), 'network'],
  ['resets the connection at once', socket => socket.resetAndDestroy(), 'network'],
  ['closes without an answer', socket => socket.once('data', () => socket.end()), 'network'],
  ['speaks garbage', socket => socket.end('\u0000\u0001 not HTTP at all\r\n\r\n'), 'network'],
  ['speaks another protocol', socket => socket.end('220 mail.example.com ESMTP\r\n'), 'network'],
  ['breaks off in the head', socket => socket.once('data', () => socket.end(`${HEAD}content-le`)), 'network'],
  ['breaks off in the body', socket => reply(socket, `${HEAD}content-length: 9\r\n\r\nhalf`), 'network'],
  ['names two lengths', socket => reply(socket, `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab`), 'network'],
  ['sends a broken chunk', socket => reply(socket, `${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n`), 'network'],
  ['upgrades', socket => reply(socket, 'HTTP/1.1 101 Upgrade\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'), 'network'],
  ['sends an endless head', socket => flood(socket, `${HEAD}x: `, 'x'.repeat(1024)), 'network'],
  ['sends an endless body', socket => flood(socket, `${HEAD}\r\n`, 'x'.repeat(1024)), 'ok'],
  ['sends endless chunks', socket => flood(socket, `${HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\nx\r\n'), 'ok'],
  [
    'refuses and hangs in the body',
    socket => socket.write('HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\nhalf'),
    'refused'
  ],
  ['hints before it answers', socket => reply(socket, `HTTP/1.1 103 Hint\r\nlink: </a>\r\n\r\n${HEAD}\r\n`), 'ok'],
  ['ends the body by closing', socket => reply(socket, `${HEAD}\r\nthanks`), 'ok']
]

for (const [what, behave, outcome] of broken) {
  test(`a server that ${what} ends the attempt as ${outcome}, with no socket left`, async t => {
    const sink = await listen(t, createNetServer(behave))
    const result = await postTo(t, sink)
    assert.equal(result.outcome, outcome)
    assert.equal(result.status === undefined, outcome === 'network')
    sink.resume()
    await until('the connection is gone', () => sink.open === 0)
  })
}

/** Servers that would keep an attempt for ever. */
const hanging: readonly (readonly [what: string, behave: (socket: Socket) => void])[] = [
  ['never answers', socket => socket.resume()],
  ['never reads', socket => socket.pause()],
  ['hangs in the head', socket => socket.write(`${HEAD}x: y`)],
  ['hangs in the body', socket => socket.write(`${HEAD}content-length: 9\r\n\r\nhalf`)],
  ['drips the head', socket => drip(socket, `${HEAD}x-long: ${'x'.repeat(10_000)}`)],
  ['drips the body', socket => drip(socket, 'x'.repeat(10_000), `${HEAD}content-length: 10000\r\n\r\n`)],
  ['hints for ever', socket => flood(socket, '', 'HTTP/1.1 103 Hint\r\nlink: </a>\r\n\r\n')]
]

for (const [what, behave] of hanging) {
  test(`a server that ${what} ends the attempt in time, with no socket left`, async t => {
    const sink = await listen(t, createNetServer(behave))
    const result = await postTo(t, sink, { timeoutMs: SHORT_MS, body: 'x'.repeat(8_388_608) })
    assert.deepEqual([result.status, result.outcome, result.retryAfterMs], [undefined, 'timeout', undefined])
    assert.ok(result.durationMs >= SHORT_MS - 1, `${result.durationMs} ms`)
    sink.resume()
    await until('the connection is gone', () => sink.open === 0)
  })
}

test('a server that hangs does not delay a post to another origin or to its own', async t => {
  const poster = startPoster(t)
  let requests = 0
  const sink = await listen(
    t,
    answer(response => {
      requests += 1
      if (requests > 1) response.end()
    })
  )
  const slow = poster.post(requestTo(sink, { timeoutMs: AMPLE_MS }))
  await until('the first request is there', () => requests === 1)
  assert.equal((await poster.post(requestTo(sink))).outcome, 'ok')
  await poster.close()
  assert.equal((await slow).outcome, 'network')
})

test('a closed port is reported in the words for a forbidden address', async t => {
  const server = createNetServer()
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise(resolve => server.close(resolve))
  const poster = startPoster(t)
  const closed = await poster.post(requestTo({ port }))
  const forbidden = await poster.post({ ...requestTo({ port }), url: `http://10.0.0.1:${port}/` })
  assert.deepEqual({ ...closed, durationMs: 0 }, { ...forbidden, durationMs: 0 })
  assert.equal(closed.outcome, 'network')
})

test('a server with a certificate that nobody vouches for is not spoken to', async t => {
  let requests = 0
  const sink = await listen(
    t,
    createTlsServer(readCertificate(), () => {
      requests += 1
    })
  )
  for (const host of ['127.0.0.1', 'localhost']) {
    const result = await postTo(t, sink, { url: `https://${host}:${sink.port}/` })
    assert.deepEqual([result.status, result.outcome], [undefined, 'network'])
  }
  assert.equal(sink.accepted, 2)
  assert.equal(requests, 0)
})

test('HTTP on a TLS port and TLS on an HTTP port end as network', async t => {
  const secure = await listen(t, createTlsServer(readCertificate()))
  const plain = await listen(
    t,
    answer(response => response.end())
  )
  assert.equal((await postTo(t, secure)).outcome, 'network')
  assert.equal((await postTo(t, plain, { url: `https://127.0.0.1:${plain.port}/` })).outcome, 'network')
})

const unfit: readonly (readonly [what: string, request: Partial<PostRequest>])[] = [
  ['a line break in a header', { headers: { 'x-a': 'a\r\nb: c' } }],
  ['a name that is no token', { headers: { 'x a': 'b' } }],
  ['a character beyond Latin 1', { headers: { 'x-a': '€' } }],
  ['a length that is wrong', { headers: { 'content-length': '1' } }],
  ['an expectation', { headers: { expect: '100-continue' } }],
  ['a transfer coding', { headers: { 'transfer-encoding': 'chunked' } }],
  ['no URL', { url: 'hook' }],
  ['a URL of another scheme', { url: 'ftp://127.0.0.1/' }]
]

for (const [what, request] of unfit) {
  test(`a request with ${what} ends as network and does not throw`, async t => {
    const sink = await listen(
      t,
      answer(response => response.end())
    )
    assert.equal((await postTo(t, sink, request)).outcome, 'network')
  })
}

async function postTo(t: TestContext, sink: Listener, request: Partial<PostRequest> = {}): Promise<PostResult> {
  return startPoster(t).post(requestTo(sink, request))
}

function requestTo({ port }: { readonly port: number }, request: Partial<PostRequest> = {}): PostRequest {
  const headers = { 'content-type': 'application/json' }
  return { url: `http://127.0.0.1:${port}/hook`, headers, body: '{}', timeoutMs: AMPLE_MS, ...request }
}

function answer(respond: (response: Parameters<RequestListener>[1]) => void) {
  return createServer((request, response) => {
    request.resume().on('end', () => respond(response))
  })
}

function reply(socket: Socket, whole: string): void {
  socket.once('data', () => socket.end(whole))
}

function flood(socket: Socket, start: string, again: string): void {
  const block = again.repeat(64)
  const pour = () => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', pour)
  socket.once('data', () => {
    socket.write(start)
    pour()
  })
}

function drip(socket: Socket, content: string, start = ''): void {
  let sent = 0
  socket.write(start)
  const timer = setInterval(() => {
    socket.write(content.charAt(sent))
    sent += 1
  }, 10)
  socket.once('close', () => clearInterval(timer))
}
