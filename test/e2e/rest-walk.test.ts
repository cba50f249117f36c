import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exampleOf } from '../../src/protocol/examples.ts'
import { plainSchema } from '../../src/protocol/plain-schema.ts'
import { oddBodies, oddQuery, pathPart, spoilt, valid } from '../support/arbitraries.ts'
import type { Operation, Schema } from '../support/openapi.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { bodySchemaOf, exampleRequest, furnish, pathOf, soundRequests, withSink } from '../support/walk.ts'
import { Walker } from '../support/walker.ts'

const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const adminToken = signToken(validClaims(Date.now(), { sub: 'root', role: 'admin' }))
const seed = 20_261_122

/** Everything but what would change how the rest of the walk is treated. */
function isHarmless({ operationId }: Operation): boolean {
  return operationId !== 'casilReload'
}

for (const [door, env, token] of [
  ['without authentication', {}, undefined],
  ['with the token of an admin', withTokens, adminToken]
] as const) {
  test(`sound requests ${door} are answered as the document says`, async t => {
    const walker = await Walker.start(t, env, token)
    const living = await furnish(t, walker)
    const operations = removalsLast(walker.document.operations.filter(isHarmless))
    for (const operation of operations) {
      const requests = fc.sample(soundRequests(operation, living), { seed, numRuns: 40 })
      for (const sent of requests) walker.judge(operation, await walker.ask(sent), JSON.stringify(sent).slice(0, 500))
    }
    await assertAlive(walker)
  })
}

test('every operation succeeds with its own example', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  const operations = removalsLast(walker.document.operations)
  const failed: string[] = []
  for (const operation of operations) {
    const sent = exampleRequest(operation, living)
    const got = await walker.ask(sent)
    walker.judge(operation, got, JSON.stringify(sent))
    if (got.status >= 300) failed.push(`${operation.operationId}: ${got.text}`)
  }
  assert.deepEqual(failed, [])
})

test('a body that is not as the document says is refused, and changes nothing', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  const before = await walker.state()
  for (const operation of walker.document.operations) {
    const schema = bodySchemaOf(operation)
    if (schema === undefined) continue
    const url = pathOf(operation, name => living[name] ?? 'unknown')
    for (const body of fc.sample(spoilt(schema), { seed, numRuns: 80 })) {
      if (walker.schemas.faultsOf(schema, body) === '') continue
      const got = await walker.send(operation.method, url, body)
      const what = JSON.stringify(body)?.slice(0, 300) ?? ''
      walker.judge(operation, got, what)
      assert.ok(got.status >= 400, `${operation.operationId} takes ${what}`)
    }
  }
  assert.equal(await walker.state(), before)
  await assertAlive(walker)
})

test('what is no JSON object within bounds is refused, and changes nothing', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  const before = await walker.state()
  for (const operation of walker.document.operations) {
    const { requestBody } = operation
    if (requestBody === undefined) continue
    const url = pathOf(operation, name => living[name] ?? 'unknown')
    for (const [type, body] of oddBodies) {
      if (body === '' && !requestBody.required) continue
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const got = await walker.ask({ method: operation.method, url, headers, body })
      const what = `${type?.slice(0, 40)} ${body.slice(0, 40)}`
      walker.judge(operation, got, what)
      assert.ok(got.status >= 400, `${operation.operationId} takes ${what}`)
    }
  }
  assert.equal(await walker.state(), before)
  await assertAlive(walker)
})

test('every command behind its one door is answered as the document says', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  const operation = walker.document.operations.find(({ operationId }) => operationId === 'runCommand') as Operation
  for (const { name, args } of walker.server.app.bus.commands.list()) {
    const schema = plainSchema(args) as Schema
    const bodies = [exampleOf(schema), ...fc.sample(fc.oneof(valid(schema), spoilt(schema)), { seed, numRuns: 20 })]
    for (const body of name === 'op.casil.reload' ? [] : bodies) {
      const got = await walker.send('POST', `/v1/commands/${name}`, withSink(body, living))
      walker.judge(operation, got, `${name} ${JSON.stringify(body)?.slice(0, 300)}`)
    }
  }
  await assertAlive(walker)
})

test('odd paths, queries and headers are answered as the document says', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  for (const operation of walker.document.operations) {
    const schema = bodySchemaOf(operation)
    const body = schema === undefined ? undefined : withSink(fc.sample(valid(schema), { seed, numRuns: 1 })[0], living)
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    for (const odd of names.length === 0 || !isHarmless(operation) ? [] : fc.sample(pathPart, { seed, numRuns: 50 })) {
      const at = names[odd.length % names.length]
      const url = pathOf(operation, name => (name === at ? odd : (living[name] ?? 'unknown')))
      await answerOdd(walker, operation, url, body)
    }
    const url = pathOf(operation, name => living[name] ?? 'unknown')
    for (const odd of operation.method === 'GET' ? fc.sample(oddQuery, { seed, numRuns: 40 }) : [])
      walker.judge(operation, await walker.send('GET', url + odd), odd.slice(0, 100))
    for (const headers of [{ 'idempotency-key': 'A'.repeat(300) }, { 'if-match': 'A' }, { 'if-none-match': '"1"' }])
      if (isHarmless(operation))
        walker.judge(operation, await walker.send(operation.method, url, body, headers), JSON.stringify(headers))
  }
  await assertAlive(walker)
})

/** A part of a path may make it another path: then that one, or none, is what answers. */
async function answerOdd(walker: Walker, operation: Operation, url: string, body: unknown): Promise<void> {
  const got = await walker.send(operation.method, url, body)
  const isElsewhere = /\/(\.{1,2}|%2e%2e)?(\/|$)|%2f/i.test(url.slice(1))
  if (!isElsewhere) walker.judge(operation, got, url.slice(0, 200))
  else assert.ok(got.status < 500, `${url}: ${got.status} ${got.text}`)
}

test('a method that a path does not have is refused, and changes nothing', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(t, walker)
  const before = await walker.state()
  const { operations } = walker.document
  for (const path of new Set(operations.map(operation => operation.path))) {
    const url = pathOf({ path }, name => living[name] ?? 'unknown')
    const own = operations.filter(operation => operation.path === path)
    const known = new Set(['OPTIONS', 'HEAD', ...own.map(({ method }) => method)])
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'PURGE', 'LINK']) {
      if (known.has(method)) continue
      const got = await walker.send(method, url, method === 'GET' ? undefined : {})
      assert.equal(got.status, 404, `${method} ${url}: ${got.status} ${got.text}`)
      walker.judgeRefusal(got, `${method} ${url}`)
    }
    for (const method of ['OPTIONS', 'HEAD']) {
      const { status } = await walker.ask({ method, url })
      assert.ok(status < 500, `${method} ${url}: ${status}`)
    }
  }
  assert.equal(await walker.state(), before)
})

test('a path that does not exist is NOT_FOUND', async t => {
  const walker = await Walker.start(t)
  for (const path of [
    '/v1',
    '/v1/',
    '/v1/nothing',
    '/v2/rooms',
    '/nothing',
    '/v1/rooms/lab',
    '/v1/rooms/',
    '//v1/rooms',
    '/V1/rooms'
  ]) {
    const got = await walker.send('GET', path)
    assert.equal(got.status, 404, `${path}: ${got.status} ${got.text}`)
    walker.judgeRefusal(got, path)
  }
})

for (const [who, headers, code, status] of [
  ['nobody', { authorization: '' }, 'AUTH_REQUIRED', 401],
  ['a token that is none', { authorization: 'Bearer A.B.C' }, 'AUTH_INVALID', 401],
  ['a token signed by another', bearer('somebody-elses-secret-0123456789-0123456789'), 'AUTH_INVALID', 401],
  ['a user', bearer(TEST_SECRET, { role: 'user' }), 'AUTHORIZATION_ERROR', 403]
] as const) {
  test(`with authentication on, ${who} is let in nowhere behind the door of operators`, async t => {
    const walker = await Walker.start(t, withTokens, adminToken)
    const before = await walker.state()
    for (const operation of walker.document.operations) {
      const schema = bodySchemaOf(operation)
      const body = schema === undefined ? undefined : fc.sample(valid(schema), { seed, numRuns: 1 })[0]
      const url = pathOf(operation, () => 'science')
      const got = await walker.send(operation.method, url, body, headers)
      walker.judge(operation, got, who)
      if (operation.path.startsWith('/v1/'))
        assert.deepEqual([got.status, JSON.parse(got.text).code], [status, code], url)
      else assert.equal(got.status, 200, url)
    }
    assert.equal(await walker.state(), before)
  })
}

function bearer(key: string, claims: Record<string, string> = { role: 'admin' }): Record<string, string> {
  return { authorization: `Bearer ${signToken(validClaims(Date.now(), { sub: 'eve', ...claims }), { key })}` }
}

/** What removes things comes after what needs them. */
function removalsLast(operations: readonly Operation[]): Operation[] {
  const isLast = ({ method }: Operation): number => (method === 'DELETE' ? 1 : 0)
  return [...operations].sort((a, b) => isLast(a) - isLast(b))
}

async function assertAlive(walker: Walker): Promise<void> {
  const { status } = await walker.send('GET', '/health')
  assert.equal(status, 200)
}
