import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createKeySet, type KeySet } from '../../../src/auth/jwks.ts'
import { FakeClock } from '../../support/clock.ts'
import { type KeyServer, startKeyServer } from '../../support/key-server.ts'
import { makeKeyPair } from '../../support/tokens.ts'

const one = makeKeyPair('ES256', 'one')
const two = makeKeyPair('ES256', 'two')
const unknown = { code: 'AUTH_INVALID', faults: ['its key is unknown'] }
const unreachable = { code: 'OVERLOADED', message: 'Token keys cannot be fetched' }

interface Scene {
  readonly server: KeyServer
  readonly clock: FakeClock
  readonly keys: KeySet
  /** What the key set reported. */
  readonly failures: unknown[]
}

async function setUp(t: TestContext, ...published: readonly object[]): Promise<Scene> {
  const server = await startKeyServer(t, ...published)
  const clock = new FakeClock()
  const failures: unknown[] = []
  const keys = createKeySet({ url: server.url, algorithm: 'ES256', clock, report: error => failures.push(error) })
  t.after(() => keys.close())
  return { server, clock, keys, failures }
}

test('a key is found by its id, and the set is fetched once', async t => {
  const { server, clock, keys, failures } = await setUp(t, one.jwk, two.jwk)
  assert.equal(server.requests(), 0)
  assert.equal(await keys.find('one'), one.pem)
  assert.equal(await keys.find('two'), two.pem)
  assert.equal(server.requests(), 1)
  assert.equal(clock.pending, 0)
  assert.deepEqual(failures, [])
})

test('those who ask at the same time share one fetch', async t => {
  const { server, keys } = await setUp(t, one.jwk, two.jwk)
  assert.deepEqual(await Promise.all([keys.find('one'), keys.find('two'), keys.find('one')]), [
    one.pem,
    two.pem,
    one.pem
  ])
  assert.equal(server.requests(), 1)
})

test('without an id the only key is found', async t => {
  const { keys } = await setUp(t, one.jwk)
  assert.equal(await keys.find(undefined), one.pem)
})

test('without an id nothing is found among several keys', async t => {
  const { keys } = await setUp(t, one.jwk, two.jwk)
  await assert.rejects(keys.find(undefined), unknown)
})

test('names of the prototype are no ids', async t => {
  const { keys } = await setUp(t, one.jwk)
  for (const id of ['__proto__', 'constructor', '']) await assert.rejects(keys.find(id), unknown)
})

test('a key published later is found when it is first asked for', async t => {
  const { server, keys } = await setUp(t, one.jwk)
  await keys.find('one')
  server.publish(one.jwk, two.jwk)
  assert.equal(await keys.find('two'), two.pem)
  assert.equal(server.requests(), 2)
})

test('unknown ids cause one refresh in 30 s', async t => {
  const { server, clock, keys } = await setUp(t, one.jwk)
  await keys.find('one')
  for (const id of ['a', 'b', 'c']) await assert.rejects(keys.find(id), unknown)
  assert.equal(server.requests(), 2)
  clock.advance(29_999)
  await assert.rejects(keys.find('d'), unknown)
  assert.equal(server.requests(), 2)
  clock.advance(1)
  await assert.rejects(keys.find('e'), unknown)
  assert.equal(server.requests(), 3)
})

test('a withdrawn key is forgotten at the next refresh', async t => {
  const { server, keys } = await setUp(t, one.jwk)
  await keys.find('one')
  server.publish(two.jwk)
  assert.equal(await keys.find('two'), two.pem)
  await assert.rejects(keys.find('one'), unknown)
})

test('a set of 10 min is fetched anew while its keys go on being used', async t => {
  const { server, clock, keys } = await setUp(t, one.jwk)
  await keys.find('one')
  server.publish(two.jwk)
  clock.advance(599_999)
  await keys.find('one')
  assert.equal(server.requests(), 1)
  clock.advance(1)
  assert.equal(await keys.find('one'), one.pem)
  assert.equal(await keys.find('two'), two.pem)
  assert.equal(server.requests(), 2)
  await assert.rejects(keys.find('one'), unknown)
})

test('keys stay good while the issuer is down', async t => {
  const { server, clock, keys, failures } = await setUp(t, one.jwk)
  await keys.find('one')
  await server.stop()
  clock.advance(3_600_000)
  assert.equal(await keys.find('one'), one.pem)
  await assert.rejects(keys.find('two'), { ...unreachable, retryAfterMs: 30_000 })
  assert.equal(await keys.find('one'), one.pem)
  assert.equal(failures.length, 1)
})

test('an issuer that is down at first is asked again after a second', async t => {
  const { server, clock, keys, failures } = await setUp(t)
  server.answer(response => response.writeHead(503).end())
  await assert.rejects(keys.find('one'), { ...unreachable, retryAfterMs: 1000 })
  await assert.rejects(keys.find('one'), unreachable)
  assert.equal(server.requests(), 1)
  assert.equal(failures.length, 1)
  server.publish(one.jwk)
  clock.advance(1000)
  assert.equal(await keys.find('one'), one.pem)
})

test('an issuer that nobody listens for is OVERLOADED', async t => {
  const { server, keys } = await setUp(t, one.jwk)
  await server.stop()
  await assert.rejects(keys.find('one'), unreachable)
})

test('an issuer that does not answer is given up after 5 s', async t => {
  const { server, clock, keys } = await setUp(t)
  server.answer(() => undefined)
  const found = keys.find('one')
  await server.nextRequest()
  clock.advance(5000)
  await assert.rejects(found, unreachable)
  assert.equal(clock.pending, 0)
})

test('an issuer that stops in the middle is given up after 5 s', async t => {
  const { server, clock, keys } = await setUp(t)
  server.answer(response => response.write('{"keys":['))
  const found = keys.find('one')
  await server.nextRequest()
  clock.advance(5000)
  await assert.rejects(found, unreachable)
})

const badAnswers: readonly [title: string, body: string][] = [
  ['HTML', '<!doctype html><title>Not here</title>'],
  ['an empty answer', ''],
  ['a JSON list', '[]'],
  ['an object without keys', '{}'],
  ['keys that are not a list', '{"keys":{"one":1}}'],
  ['half a document', '{"keys":[']
]

for (const [title, body] of badAnswers) {
  test(`${title} is no key set`, async t => {
    const { server, keys, failures } = await setUp(t)
    server.answer(response => response.end(body))
    await assert.rejects(keys.find('one'), unreachable)
    assert.equal(failures.length, 1)
  })
}

test('a bad answer does not replace good keys', async t => {
  const { server, keys } = await setUp(t, one.jwk)
  await keys.find('one')
  server.answer(response => response.end('[]'))
  await assert.rejects(keys.find('two'), unreachable)
  assert.equal(await keys.find('one'), one.pem)
})

test('an answer of 256 KiB is read, one byte more is refused', async t => {
  for (const [bytes, expected] of [
    [262_144, true],
    [262_145, false]
  ] as const) {
    const { server, keys } = await setUp(t)
    const body = JSON.stringify({ keys: [one.jwk] })
    server.answer(response => response.end(body.padEnd(bytes)))
    const found = keys.find('one')
    if (expected) assert.equal(await found, one.pem)
    else await assert.rejects(found, unreachable)
  }
})

test('an endless answer is cut off', async t => {
  const { server, keys } = await setUp(t)
  server.answer(response => {
    const chunk = ' '.repeat(65_536)
    const pump = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', pump).on('error', () => undefined)
    pump()
  })
  await assert.rejects(keys.find('one'), unreachable)
})

test('a redirect is not followed', async t => {
  const target = await startKeyServer(t, one.jwk)
  const { server, keys } = await setUp(t)
  server.answer(response => response.writeHead(302, { location: target.url }).end())
  await assert.rejects(keys.find('one'), unreachable)
  assert.equal(target.requests(), 0)
})

test('closing ends a fetch under way, and no other begins', async t => {
  const { server, clock, keys } = await setUp(t)
  server.answer(() => undefined)
  const found = keys.find('one')
  await server.nextRequest()
  keys.close()
  await assert.rejects(found, unreachable)
  assert.equal(clock.pending, 0)
  clock.advance(60_000)
  await assert.rejects(keys.find('one'), unreachable)
  assert.equal(server.requests(), 1)
})
