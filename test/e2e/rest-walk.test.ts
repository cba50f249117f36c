import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { oddBodies, oddQuery, pathPart, spoilt, valid } from '../support/arbitraries.ts'
import { exampleOf, type Operation, type Schema } from '../support/openapi.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { type Sent, Walker } from '../support/walker.ts'

const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const adminToken = signToken(validClaims(Date.now(), { sub: 'root', role: 'admin' }))
/** Nobody listens there, and no name has to be looked up. */
const SINK = 'http://127.0.0.1:9/hook'
const seed = 20_261_122

/** Makes one of everything, so that a walk finds something; what it is called stands in for parameters. */
async function furnish(walker: Walker): Promise<Record<string, string>> {
  const made = async (path: string, body: object): Promise<Record<string, string>> =>
    JSON.parse((await walker.send('POST', `/v1/${path}`, body)).text)
  await made('rooms/lab/channels', { channel: 'bench' })
  await made('rooms/lab/channels/bench/messages', { payload: { text: 'hello' } })
  const { rule_id = '' } = await made('webhooks', { url: SINK })
  const { job_id = '' } = await made('cron', { room: 'lab', channel: 'bench', payload: {}, delay_seconds: 80_000 })
  const { substrate_id = '' } = await made('omega/substrates', { name: 'reservoir', kind: 'simulated' })
  await walker.send('PUT', '/v1/store/lab/planner', { value: { state: 'idle' } })
  return {
    room: 'lab',
    channel: 'bench',
    rule_id,
    job_id,
    substrate_id,
    namespace: 'lab',
    key: 'planner',
    name: 'status'
  }
}

/** Puts parts into a path, in the form in which they stand there. */
function pathOf({ path }: Pick<Operation, 'path'>, partOf: (name: string) => string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => partOf(name))
}

/** Requests as the document says they are to be. */
function soundRequests(operation: Operation, living: Readonly<Record<string, string>>): Arbitrary<Sent> {
  const { method, parameters = [], requestBody } = operation
  const named = (where: string) => parameters.filter(parameter => parameter.in === where)
  const parts = fc.record(
    Object.fromEntries(
      named('path').map(parameter => {
        const own = fc.constant(living[parameter.name] ?? exampleOf(parameter))
        return [parameter.name, fc.oneof({ arbitrary: own, weight: 3 }, valid(parameter.schema))]
      })
    )
  )
  const query = fc.record(Object.fromEntries(named('query').map(({ name, schema }) => [name, valid(schema)])), {
    requiredKeys: []
  })
  const headers = fc.record(Object.fromEntries(named('header').map(({ name, schema }) => [name, valid(schema)])), {
    requiredKeys: []
  })
  const schema = requestBody?.content['application/json']?.schema
  const body = schema === undefined ? fc.constant(undefined) : valid(schema).map(withSink)
  return fc.tuple(parts, query, headers, body).map(([inPath, inQuery, inHead, value]) => {
    const path = pathOf(operation, name => encodeURIComponent(String(inPath[name])))
    const search = new URLSearchParams(
      Object.entries(inQuery).map(([name, one]): [string, string] => [name, String(one)])
    ).toString()
    return {
      method,
      url: search === '' ? path : `${path}?${search}`,
      headers: {
        ...(inHead as Record<string, string>),
        ...(value === undefined ? {} : { 'content-type': 'application/json' })
      },
      body: value === undefined ? undefined : JSON.stringify(value)
    }
  })
}

/** No walk leaves this machine. */
function withSink(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'url' in body ? { ...body, url: SINK } : body
}

function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema
}

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
    const living = await furnish(walker)
    const operations = walker.document.operations.filter(isHarmless)
    // What removes things comes last.
    operations.sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
    for (const operation of operations) {
      const requests = fc.sample(soundRequests(operation, living), { seed, numRuns: 8 })
      for (const sent of requests) walker.judge(operation, await walker.ask(sent), JSON.stringify(sent).slice(0, 500))
    }
    const succeeded = operations.filter(({ method, path }) =>
      [...walker.met.keys()].some(key => key.startsWith(`${method} ${path} 2`))
    )
    const failed = operations.filter(operation => !succeeded.includes(operation)).map(({ operationId }) => operationId)
    assert.deepEqual(failed.sort(), ['disconnectClient', 'getClient', 'sendPrivateMessage', 'webhookReplay'])
    await assertAlive(walker)
  })
}

test('a body that is not as the document says is refused, and changes nothing', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(walker)
  const before = await walker.state()
  for (const operation of walker.document.operations) {
    const schema = bodySchemaOf(operation)
    if (schema === undefined) continue
    const url = pathOf(operation, name => living[name] ?? 'unknown')
    for (const body of fc.sample(spoilt(schema), { seed, numRuns: 40 })) {
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
  const living = await furnish(walker)
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

test('odd paths, queries and headers are answered as the document says', async t => {
  const walker = await Walker.start(t)
  const living = await furnish(walker)
  for (const operation of walker.document.operations) {
    const schema = bodySchemaOf(operation)
    const body = schema === undefined ? undefined : fc.sample(valid(schema), { seed, numRuns: 1 }).map(withSink)[0]
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    for (const odd of names.length === 0 || !isHarmless(operation) ? [] : fc.sample(pathPart, { seed, numRuns: 30 })) {
      const at = names[odd.length % names.length]
      const url = pathOf(operation, name => (name === at ? odd : (living[name] ?? 'unknown')))
      await answerOdd(walker, operation, url, body)
    }
    const url = pathOf(operation, name => living[name] ?? 'unknown')
    for (const odd of operation.method === 'GET' ? fc.sample(oddQuery, { seed, numRuns: 20 }) : [])
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
  const living = await furnish(walker)
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
  ['nobody', {}, 'AUTH_REQUIRED', 401],
  ['a token that is none', { authorization: 'Bearer A.B.C' }, 'AUTH_INVALID', 401],
  ['a token signed by another', bearer('somebody-elses-secret-0123456789-0123456789'), 'AUTH_INVALID', 401],
  ['a user', bearer(TEST_SECRET, { role: 'user' }), 'AUTHORIZATION_ERROR', 403]
] as const) {
  test(`with authentication on, ${who} is let in nowhere behind the door of operators`, async t => {
    const walker = await Walker.start(t, withTokens)
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
  })
}

function bearer(key: string, claims: Record<string, string> = { role: 'admin' }): Record<string, string> {
  return { authorization: `Bearer ${signToken(validClaims(Date.now(), { sub: 'eve', ...claims }), { key })}` }
}

async function assertAlive(walker: Walker): Promise<void> {
  const { status } = await walker.send('GET', '/health')
  assert.equal(status, 200)
}
