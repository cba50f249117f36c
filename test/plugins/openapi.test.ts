import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import openapi from '../../plugins/openapi.ts'
import { type Operation, readDocument } from '../support/openapi.ts'
import { buildBare } from './bare.ts'

const Body = Type.Object(
  { room: Type.String({ expected: 'a name', examples: ['science'] }) },
  { additionalProperties: false }
)

async function build(t: TestContext, add: (app: FastifyInstance) => void): Promise<FastifyInstance> {
  const { app } = buildBare(t, { config: {}, bus: { bus: { commands: { list: () => [] } } }, commands: {} })
  app.setValidatorCompiler(() => () => true)
  await app.register(openapi)
  app.register(async instance => add(instance))
  await app.ready()
  return app
}

/** The operation at an address, as a document of a server with this route alone describes it. */
async function operationOf(t: TestContext, add: (app: FastifyInstance) => void): Promise<Operation> {
  const { operations } = readDocument(JSON.stringify((await build(t, add)).swagger()))
  return operations[0] ?? assert.fail('nothing is described')
}

test('a socket is not in the document', async t => {
  const app = await build(t, instance => instance.get('/ws', { config: { isSocket: true } }, async () => 'x'))
  assert.deepEqual(app.swagger().paths, {})
})

test('a word of a schema that only the server understands becomes a description', async t => {
  const operation = await operationOf(t, app => app.post('/v1/x', { schema: { body: Body } }, async () => 'x'))
  const media = operation.requestBody?.content['application/json']
  const room = { type: 'string', examples: ['science'], description: 'a name' }
  assert.deepEqual([media?.schema.properties, media?.example], [{ room }, { room: 'science' }])
})

test('a body is required when a part of it is', async t => {
  const needed = await operationOf(t, app => app.post('/v1/x', { schema: { body: Body } }, async () => 'x'))
  const free = await operationOf(t, app => app.post('/v1/x', { schema: { body: Type.Partial(Body) } }, async () => 'x'))
  assert.deepEqual([needed.requestBody?.required, free.requestBody?.required], [true, false])
})

test('what is behind the door of operators can want a token, and anything else cannot', async t => {
  const inside = await operationOf(t, app => app.get('/v1/x', async () => 'x'))
  const outside = await operationOf(t, app => app.get('/x', async () => 'x'))
  assert.deepEqual([inside.security, outside.security], [[{ bearer: [] }, {}], []])
  assert.deepEqual(['401' in inside.responses, '401' in outside.responses], [true, false])
})

test('what honours a key offers the header and says that an answer was given before', async t => {
  const schema = { body: Body, response: { 201: Type.Object({ id: Type.String() }) } }
  const operation = await operationOf(t, app =>
    app.post('/v1/x', { schema, config: { isIdempotent: true } }, async () => ({ id: 'x' }))
  )
  assert.deepEqual(
    operation.parameters?.map(({ name }) => name),
    ['idempotency-key']
  )
  assert.ok(operation.responses[201]?.headers?.['Idempotent-Replayed'])
  assert.ok('409' in operation.responses)
})

test('what a route can be refused with on its own is in its answers, and in no others', async t => {
  const config = { refusals: ['FEATURE_DISABLED'] as const }
  const special = await operationOf(t, app => app.get('/v1/x', { config }, async () => 'x'))
  const plain = await operationOf(t, app => app.get('/v1/x', async () => 'x'))
  const examples = special.responses[409]?.content?.['application/json']?.examples ?? {}
  assert.deepEqual(Object.keys(examples), ['FEATURE_DISABLED'])
  assert.equal(plain.responses[409], undefined)
})

test('the document on the sockets is made once', async t => {
  const app = await build(t, () => {})
  assert.equal(app.asyncapi(), app.asyncapi())
})
