import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import errors from '../../plugins/errors.ts'
import { BusError, type BusErrorOptions, type ErrorCode, errorTable } from '../../src/errors.ts'
import { type BareApp, buildBare } from './bare.ts'

async function build(t: TestContext): Promise<BareApp> {
  const bare = buildBare(t, { config: { ids: { short: () => 'abcdef012345' } } })
  await bare.app.register(errors)
  return bare
}

/** The answer of a route that throws. */
async function answerTo(app: FastifyInstance, error: unknown) {
  app.get('/throws', async () => {
    throw error
  })
  return app.inject('/throws')
}

for (const code of Object.keys(errorTable) as ErrorCode[]) {
  test(`${code} is answered with its status and sentence`, async t => {
    const { app } = await build(t)
    const reply = await answerTo(app, new BusError(code))
    const { status, message } = errorTable[code]
    assert.equal(reply.statusCode, status)
    assert.deepEqual(reply.json(), { error: message, code, details: message })
    assert.match(`${reply.headers['content-type']}`, /^application\/json/)
    assert.equal(reply.headers['www-authenticate'], status === 401 ? 'Bearer realm="arqonbus"' : undefined)
    assert.equal(reply.headers['retry-after'], undefined)
  })
}

const details: [BusErrorOptions, string][] = [
  [{ message: 'A more exact sentence' }, 'A more exact sentence'],
  [{ faults: ['a: one', 'b: two'] }, 'a: one; b: two'],
  [{ message: 'not this', faults: ['but this'] }, 'but this']
]
for (const [options, expected] of details) {
  test(`the details of ${JSON.stringify(options)} are "${expected}"`, async t => {
    const { app } = await build(t)
    const reply = await answerTo(app, new BusError('CONFLICT', options))
    assert.deepEqual(reply.json(), { error: 'Conflict', code: 'CONFLICT', details: expected })
  })
}

for (const [retryAfterMs, seconds] of [
  [0, '1'],
  [20, '1'],
  [1000, '1'],
  [1001, '2'],
  [5000, '5']
] as const) {
  test(`a retry after ${retryAfterMs} ms is "Retry-After: ${seconds}"`, async t => {
    const { app } = await build(t)
    const reply = await answerTo(app, new BusError('OVERLOADED', { retryAfterMs }))
    assert.equal(reply.headers['retry-after'], seconds)
  })
}

test('an error that nobody expected is answered with a reference, and its text stays in the log', async t => {
  const { app, log } = await build(t)
  const reply = await answerTo(app, new Error('the password is hunter2'))
  assert.equal(reply.statusCode, 500)
  assert.deepEqual(reply.json(), { error: 'Internal error', code: 'INTERNAL_ERROR', details: 'error abcdef012345' })
  const line = log.find(entry => entry.reference === 'abcdef012345')
  assert.match(JSON.stringify(line), /hunter2/)
})

test('what is thrown without being an error is answered as one that nobody expected', async t => {
  const { app } = await build(t)
  const reply = await answerTo(app, Object.assign(new Error('x'), { code: 'SOMETHING', statusCode: 418 }))
  assert.deepEqual([reply.statusCode, reply.json().code], [500, 'INTERNAL_ERROR'])
})

test('a body over the limit is PAYLOAD_TOO_LARGE, and one at the limit is not', async t => {
  const { app } = await build(t)
  app.post('/', { bodyLimit: 128 }, async () => 'ok')
  const send = (bytes: number) =>
    app.inject({ method: 'POST', url: '/', payload: 'x'.repeat(bytes), headers: { 'content-type': 'text/plain' } })
  assert.equal((await send(128)).statusCode, 200)
  const refused = await send(129)
  assert.deepEqual([refused.statusCode, refused.json().code], [413, 'PAYLOAD_TOO_LARGE'])
})

test('a media type that is not known is refused as such', async t => {
  const { app } = await build(t)
  app.post('/', async () => 'ok')
  const headers = { 'content-type': 'application/x-nonsense' }
  const reply = await app.inject({ method: 'POST', url: '/', payload: '{}', headers })
  assert.deepEqual([reply.statusCode, reply.json().code], [415, 'UNSUPPORTED_MEDIA_TYPE'])
})

for (const [what, headers, payload] of [
  ['a body that is not JSON', { 'content-type': 'application/json' }, '{"a":'],
  ['an empty body', { 'content-type': 'application/json' }, ''],
  ['a body that the schema refuses', { 'content-type': 'application/json' }, '{"n":"x"}']
] as const) {
  test(`${what} is a VALIDATION_ERROR that says why`, async t => {
    const { app } = await build(t)
    const body = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    app.post('/', { schema: { body } }, async () => 'ok')
    const reply = await app.inject({ method: 'POST', url: '/', payload, headers })
    assert.equal(reply.statusCode, 400)
    assert.equal(reply.json().code, 'VALIDATION_ERROR')
    assert.notEqual(reply.json().details, '')
  })
}

test('a media type that is not known is UNSUPPORTED_MEDIA_TYPE, and the answer does not repeat it', async t => {
  const { app } = await build(t)
  app.post('/', async () => 'ok')
  const headers = { 'content-type': `application/x-${'n'.repeat(1000)}` }
  const reply = await app.inject({ method: 'POST', url: '/', payload: '{}', headers })
  assert.deepEqual([reply.statusCode, reply.json().code], [415, 'UNSUPPORTED_MEDIA_TYPE'])
  assert.ok(reply.json().details.length < 100)
})

test('what has no route is NOT_FOUND, and the answer does not repeat the path', async t => {
  const { app } = await build(t)
  const reply = await app.inject({ method: 'POST', url: '/secret-path?token=x' })
  assert.equal(reply.statusCode, 404)
  assert.deepEqual(reply.json(), { error: 'Not found', code: 'NOT_FOUND', details: 'No route for POST here' })
})
