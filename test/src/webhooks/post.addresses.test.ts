import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type TestContext, test } from 'node:test'
import { createSystemClock } from '../../../src/clock.ts'
import { createAddressGuard } from '../../../src/webhooks/guard.ts'
import { createPoster, type Poster } from '../../../src/webhooks/post.ts'
import {
  brokenUrls,
  disguisedUrls,
  forbiddenAnswers,
  forbiddenHosts,
  foreignUrls,
  loopbackHosts,
  loopbackHosts6
} from '../../fixtures/forbidden-addresses.ts'
import { type Listener, listen } from '../../support/listener.ts'
import { NameService } from '../../support/name-service.ts'

const AMPLE_MS = 60_000
const hasIpv6 = Object.values(networkInterfaces()).some(list => list?.some(({ address }) => address === '::1'))
const hosts = [...loopbackHosts, ...loopbackHosts6, ...forbiddenHosts]
const urls = [
  ...hosts.flatMap(host => [`http://${host}:PORT/`, `https://${host}:PORT/`]),
  ...brokenUrls,
  ...disguisedUrls,
  ...foreignUrls
]

test(`none of ${urls.length} spellings of forbidden addresses reaches a listener on loopback`, async t => {
  const { canaries, port } = await startCanaries(t)
  const names = new NameService({})
  const poster = startPoster(t, [], names)
  for (const url of urls) {
    const result = await post(poster, url.replace('PORT', String(port)))
    const { durationMs, ...rest } = result
    assert.deepEqual(rest, { status: undefined, outcome: 'network', retryAfterMs: undefined }, url)
  }
  assert.deepEqual(
    canaries.map(({ accepted }) => accepted),
    canaries.map(() => 0)
  )
  assert.deepEqual(names.asked, [])
})

test('the same spellings of this machine do reach it when its addresses are allowed', async t => {
  const { canaries, port } = await startCanaries(t)
  const names = new NameService({ localhost: () => ['127.0.0.1'] })
  const poster = startPoster(t, ['127.0.0.0/8', '::1', '0.0.0.0', '::'], names)
  const reaching = loopbackHosts.filter(host => !host.includes('127.255.255.254'))
  for (const host of [...reaching, ...(hasIpv6 ? loopbackHosts6.slice(0, 4) : [])]) {
    assert.equal((await post(poster, `http://${host}:${port}/`)).outcome, 'ok', host)
  }
  assert.ok(canaries.every(({ accepted }) => accepted > 0))
})

test('a forbidden host reaches nothing even when the URL is not looked at first', async t => {
  const { canaries, port } = await startCanaries(t)
  const guard = createAddressGuard([])
  const poster = createPoster({
    guard: { findUrlFaults: () => [], isAllowed: guard.isAllowed },
    clock: createSystemClock(),
    connectTimeoutMs: AMPLE_MS,
    maxResponseBytes: 4096,
    lookup: new NameService({ localhost: () => ['127.0.0.1'] }).lookup
  })
  t.after(() => poster.close())
  for (const host of [...loopbackHosts, ...loopbackHosts6]) {
    assert.equal((await post(poster, `http://${host}:${port}/`)).outcome, 'network', host)
  }
  assert.deepEqual(
    canaries.map(({ accepted }) => accepted),
    canaries.map(() => 0)
  )
})

for (const answer of forbiddenAnswers) {
  test(`a name that stands for ${JSON.stringify(answer)} is not connected to`, async t => {
    const { canaries, port } = await startCanaries(t)
    const poster = startPoster(t, [], new NameService({ 'hook.test': () => answer }))
    for (const scheme of ['http', 'https']) {
      assert.equal((await post(poster, `${scheme}://hook.test:${port}/`)).outcome, 'network')
    }
    assert.deepEqual(
      canaries.map(({ accepted }) => accepted),
      canaries.map(() => 0)
    )
  })
}

test('a name is asked for once for a connection, which goes to the address that was checked', async t => {
  const { canaries, port } = await startCanaries(t)
  // 127.0.0.1 stands for the public address, as only loopback can be reached here; the second answer is forbidden.
  const names = new NameService({ 'hook.test': asked => (asked === 1 ? ['127.0.0.1'] : ['127.0.0.2']) })
  const poster = startPoster(t, ['127.0.0.1'], names)
  assert.equal((await post(poster, `http://hook.test:${port}/`)).outcome, 'ok')
  assert.deepEqual(names.asked, ['hook.test'])
  assert.equal(canaries[0]?.accepted, 1)
})

test('a name that turns from an allowed address to a forbidden one is refused for the next connection', async t => {
  const { canaries, port } = await startCanaries(t, 'close')
  const hidden = await listen(t, createNetServer(), port, '127.0.0.2')
  const names = new NameService({ 'hook.test': asked => (asked === 1 ? ['127.0.0.1'] : ['127.0.0.2']) })
  const poster = startPoster(t, ['127.0.0.1'], names)
  assert.equal((await post(poster, `http://hook.test:${port}/`)).outcome, 'ok')
  assert.equal((await post(poster, `http://hook.test:${port}/`)).outcome, 'network')
  assert.equal(canaries[0]?.accepted, 1)
  assert.equal(hidden.accepted, 0)
})

test('a redirect is reported and not followed, to a forbidden address or to any other', async t => {
  const { canaries, port } = await startCanaries(t)
  for (const status of [300, 301, 302, 303, 304, 307, 308]) {
    for (const location of [`http://127.0.0.1:${port}/`, '/elsewhere']) {
      let requests = 0
      const sink = await listen(
        t,
        createServer((_request, response) => {
          requests += 1
          response.writeHead(status, { location }).end()
        })
      )
      const poster = startPoster(t, ['127.0.0.1'], new NameService({}))
      const result = await post(poster, `http://127.0.0.1:${sink.port}/`)
      assert.deepEqual([result.outcome, result.status, requests], ['redirect', status, 1])
    }
  }
  assert.deepEqual(
    canaries.map(({ accepted }) => accepted),
    canaries.map(() => 0)
  )
})

/** Listeners on one port of every loopback address there is. They answer 200. */
async function startCanaries(
  t: TestContext,
  connection = 'keep-alive'
): Promise<{ canaries: Listener[]; port: number }> {
  for (;;) {
    const answering = () => createServer((_request, response) => response.writeHead(200, { connection }).end())
    const first = await listen(t, answering())
    if (!hasIpv6) return { canaries: [first], port: first.port }
    try {
      return { canaries: [first, await listen(t, answering(), first.port, '::1')], port: first.port }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

function startPoster(t: TestContext, allowedCidrs: readonly string[], names: NameService): Poster {
  const poster = createPoster({
    guard: createAddressGuard(allowedCidrs),
    clock: createSystemClock(),
    connectTimeoutMs: AMPLE_MS,
    maxResponseBytes: 4096,
    lookup: names.lookup
  })
  t.after(() => poster.close())
  return poster
}

function post(poster: Poster, url: string): ReturnType<Poster['post']> {
  return poster.post({ url, headers: { 'content-type': 'application/json' }, body: '{}', timeoutMs: AMPLE_MS })
}
