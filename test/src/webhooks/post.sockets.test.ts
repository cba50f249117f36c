import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { test } from 'node:test'
import { createSystemClock } from '../../../src/clock.ts'
import type { Poster, PostResult } from '../../../src/webhooks/post.ts'
import { FakeClock } from '../../support/clock.ts'
import { type Listener, listen } from '../../support/listener.ts'
import { startPoster } from '../../support/poster.ts'
import { until } from '../../support/until.ts'

const AMPLE_MS = 20_000

// The connection of an answer is free a turn of the event loop after it, so two take turns when posts follow at once.
test('a connection is kept for the next request to its origin', async t => {
  const sink = await listen(t, answer('thanks'))
  const poster = startPoster(t)
  for (let count = 0; count < 10; count += 1) assert.equal((await post(poster, sink)).outcome, 'ok')
  assert.ok(sink.accepted <= 2, `${sink.accepted} connections`)
})

test('the rest of an answer is waited for up to the bytes that may be read, and broken off after one more', async t => {
  const sending = (bytes: number) =>
    createNetServer(socket => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n${'x'.repeat(bytes)}`))
  const poster = startPoster(t, { maxResponseBytes: 1000 })
  const within = await listen(t, sending(1000))
  const beyond = await listen(t, sending(1001))
  assert.equal((await post(poster, within, '127.0.0.1', { timeoutMs: 150 })).outcome, 'timeout')
  assert.equal((await post(poster, beyond)).outcome, 'ok')
  for (const sink of [within, beyond]) sink.resume()
  await until('the connections are gone', () => within.open + beyond.open === 0)
})

test('nothing need be read of an answer', async t => {
  const poster = startPoster(t, { maxResponseBytes: 0 })
  assert.equal((await post(poster, await listen(t, answer('')))).outcome, 'ok')
  assert.equal((await post(poster, await listen(t, answer('x')))).outcome, 'ok')
})

test('the 64th connection is kept, the 65th is closed after its answer', async t => {
  const poster = startPoster(t)
  const hanging = await listen(t, createNetServer())
  const kept: (string | undefined)[] = []
  const sink = await listen(
    t,
    createServer((request, response) => {
      kept.push(request.headers.connection)
      request.resume().on('end', () => response.end())
    })
  )
  const other = await listen(t, answer(''))
  const waiting = Array.from({ length: 63 }, () => post(poster, hanging))
  await until('63 connections are open', () => hanging.open === 63)
  await post(poster, sink)
  assert.equal(sink.open, 1)
  await post(poster, other)
  await until('the 65th connection is gone', () => other.open === 0)
  assert.deepEqual([sink.open, kept], [1, ['keep-alive']])
  await poster.close()
  for (const result of await Promise.all(waiting)) assert.equal(result.outcome, 'network')
})

test('an idle connection is closed after 4 seconds even when the server would keep it for an hour', async t => {
  const sink = await listen(t, answer(''))
  const poster = startPoster(t)
  const clock = createSystemClock()
  await post(poster, sink)
  const startMs = clock.monotonic()
  assert.equal(sink.open, 1)
  await until('the connection is gone', () => sink.open === 0)
  assert.ok(clock.monotonic() - startMs > 2000)
})

test('closing breaks off what connects and what waits, and leaves no socket', async t => {
  const poster = startPoster(t, {
    lookup: (name, _options, callback) => {
      if (name === 'sink.test') callback(null, '127.0.0.1', 4)
    }
  })
  const idle = await listen(t, answer(''))
  const hanging = await listen(
    t,
    createNetServer(socket => socket.resume())
  )
  await post(poster, idle)
  const waiting = [post(poster, hanging, 'sink.test'), post(poster, hanging), post(poster, hanging, 'unknown.test')]
  await until('the posts are under way', () => hanging.open === 2)
  await poster.close()
  for (const result of await Promise.all(waiting)) assert.equal(result.outcome, 'network')
  await until('all connections are gone', () => idle.open + hanging.open === 0)
})

test('a post after the end is network, and closing twice is harmless', async t => {
  const sink = await listen(t, answer(''))
  const poster = startPoster(t)
  await Promise.all([poster.close(), poster.close()])
  await poster.close()
  assert.equal((await post(poster, sink)).outcome, 'network')
  assert.equal(sink.accepted, 0)
})

test('a request that ran out of time before it was connected is never sent', async t => {
  const names: (() => void)[] = []
  const paths: (string | undefined)[] = []
  const sink = await listen(
    t,
    createServer((request, response) => {
      paths.push(request.url)
      response.end()
    })
  )
  const poster = startPoster(t, {
    lookup: (_name, _options, callback) => names.push(() => callback(null, '127.0.0.1', 4))
  })
  assert.equal((await post(poster, sink, 'slow.test', { path: '/late', timeoutMs: 50 })).outcome, 'timeout')
  const next = post(poster, sink, 'slow.test', { path: '/next' })
  names[0]?.()
  assert.equal((await next).outcome, 'ok')
  assert.deepEqual(paths, ['/next'])
})

test('a connection that is not there in time is timeout, while the attempt had more time', async t => {
  const clock = new FakeClock()
  const silent = await listen(t, createNetServer())
  const asked: string[] = []
  const poster = startPoster(t, { clock, connectTimeoutMs: 50, lookup: name => asked.push(name) })
  const nameless = post(poster, silent, 'slow.test')
  await until('the name is asked for', () => asked.length === 1)
  clock.advance(50)
  assert.equal((await nameless).outcome, 'timeout')
  const secure = poster.post({
    url: `https://127.0.0.1:${silent.port}/`,
    headers: {},
    body: '',
    timeoutMs: AMPLE_MS
  })
  await until('the handshake is waited for', () => silent.accepted === 1)
  clock.advance(50)
  assert.equal((await secure).outcome, 'timeout')
  silent.resume()
  await until('the connection is gone', () => silent.open === 0)
})

test('the time to connect does not bound the answer', async t => {
  const clock = new FakeClock()
  const sink = await listen(
    t,
    createServer((request, response) => {
      clock.advance(300)
      request.resume().on('end', () => response.end())
    })
  )
  assert.equal((await post(startPoster(t, { clock, connectTimeoutMs: 100 }), sink)).outcome, 'ok')
})

test('posts at once to many origins all arrive', async t => {
  const sinks = await Promise.all(Array.from({ length: 20 }, () => listen(t, answer('thanks'))))
  const poster = startPoster(t)
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(sinks.flatMap(sink => [1, 2, 3, 4].map(() => post(poster, sink))))
    assert.deepEqual([...new Set(results.map(({ outcome }) => outcome))], ['ok'])
  }
  await poster.close()
  await until('all connections are gone', () => sinks.every(({ open }) => open === 0))
})

/** A server that leaves it to the poster to close a connection: what is sent on one that the other side is closing is lost. */
function answer(body: string) {
  const respond: RequestListener = (request, response) => {
    request.resume().on('end', () => response.end(body))
  }
  return createServer({ keepAliveTimeout: 3_600_000 }, respond)
}

function post(
  poster: Poster,
  { port }: Listener,
  host = '127.0.0.1',
  { path = '/', timeoutMs = AMPLE_MS }: { readonly path?: string; readonly timeoutMs?: number } = {}
): Promise<PostResult> {
  return poster.post({ url: `http://${host}:${port}${path}`, headers: {}, body: '{}', timeoutMs })
}
