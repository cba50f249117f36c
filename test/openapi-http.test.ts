import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { renderOpenApi } from '../docs/render/openapi.ts'
import { type ErrorCode, errorTable } from '../src/errors.ts'
import { NO_SAMPLE } from '../src/protocol/examples.ts'
import { type Document, exampleOf, type Media, type Operation, readDocument, Schemas } from './support/openapi.ts'

let text: string
let document: Document
let schemas: Schemas

before(async () => {
  text = await renderOpenApi()
  document = readDocument(text)
  schemas = new Schemas(document)
})

/** Calls back for every operation, so that a fault names its place. */
function forEach(check: (operation: Operation, name: string) => void): void {
  assert.ok(document.operations.length > 40)
  for (const operation of document.operations) check(operation, `${operation.method} ${operation.path}`)
}

/** Every body that an operation takes or gives. */
function mediaOf({ requestBody, responses }: Operation): Media[] {
  return [requestBody, ...Object.values(responses)].flatMap(part => Object.values(part?.content ?? {}))
}

function examplesOf({ schema, example, examples = {} }: Media): unknown[] {
  const own = Array.isArray(schema.examples) ? schema.examples : []
  return [...(example === undefined ? [] : [example]), ...Object.values(examples).map(({ value }) => value), ...own]
}

test('the document says the same twice', async () => {
  assert.equal(await renderOpenApi(), text)
})

test('the document is of OpenAPI 3.1, and names neither a host nor a port', () => {
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(document.servers, [{ url: '/' }])
})

test('every route of HTTP is in it, and no socket is', () => {
  const paths = new Set(document.operations.map(({ path }) => path))
  for (const path of ['/health', '/ready', '/version', '/status', '/metrics', '/openapi.json', '/asyncapi.json'])
    assert.ok(paths.has(path), path)
  for (const path of ['/', '/ws', '/telemetry']) assert.ok(!paths.has(path), path)
})

test('every operation has a name of its own, a sentence, and one group that is described', () => {
  const groups = new Set(document.tags.map(({ name }) => name))
  const used = new Set(document.operations.flatMap(({ tags }) => tags))
  forEach(({ operationId, summary, tags }, name) => {
    assert.match(operationId, /^[a-z][A-Za-z]+$/, name)
    assert.match(summary, /^[A-Z].+\.$/, name)
    assert.ok(tags.length === 1 && groups.has(tags[0] ?? ''), name)
  })
  const names = document.operations.map(({ operationId }) => operationId)
  assert.deepEqual([...new Set(names)], names)
  assert.deepEqual([...groups].sort(), [...used].sort())
})

test('every part of a path is a parameter, and every parameter of a path is a part of it', () => {
  forEach(({ path, parameters = [] }, name) => {
    const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part)
    const declared = parameters.filter(parameter => parameter.in === 'path')
    assert.deepEqual(declared.map(parameter => parameter.name).sort(), parts.sort(), name)
    assert.ok(declared.every(({ required }) => required))
  })
})

test('every operation tells one way of success, and of refusal by its own kind', () => {
  forEach(({ method, path, requestBody, responses }, name) => {
    const statuses = Object.keys(responses).map(Number)
    assert.equal(statuses.filter(status => status < 300).length, 1, name)
    const isGuarded = path.startsWith('/v1/')
    const expected = [400, 404, ...(isGuarded ? [401, 403, 429, 503] : []), ...(requestBody ? [413, 415] : [])]
    for (const status of expected) assert.ok(statuses.includes(status), `${name} ${status}`)
    if (method === 'GET') assert.equal(requestBody, undefined, name)
  })
})

test('a token is asked for behind the door of operators, and nowhere else', () => {
  forEach(({ path, security }, name) => {
    assert.deepEqual(security, path.startsWith('/v1/') ? [{ bearer: [] }, {}] : [], name)
  })
})

test('every schema is plain JSON Schema of 2020-12', () => {
  forEach((operation, name) => {
    for (const { schema } of operation.parameters ?? []) assert.doesNotThrow(() => schemas.compile(schema), name)
    for (const { schema } of mediaOf(operation)) assert.doesNotThrow(() => schemas.compile(schema), name)
    for (const { headers = {} } of Object.values(operation.responses))
      for (const { schema } of Object.values(headers)) assert.doesNotThrow(() => schemas.compile(schema), name)
  })
})

test('everything has an example, and every example is as its schema says', () => {
  forEach((operation, name) => {
    for (const parameter of operation.parameters ?? [])
      assert.equal(schemas.faultsOf(parameter.schema, exampleOf(parameter)), '', `${name} ${parameter.name}`)
    for (const media of mediaOf(operation)) {
      const examples = examplesOf(media)
      assert.ok(examples.length > 0, name)
      for (const example of examples) assert.equal(schemas.faultsOf(media.schema, example), '', name)
    }
  })
  assert.ok(!text.includes(`"${NO_SAMPLE}"`))
})

test('an answer that refuses shows each of its codes under the status of the code', () => {
  forEach(({ responses }, name) => {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      const [media] = Object.values(content)
      if (media?.schema.$ref !== '#/components/schemas/Error') continue
      const examples = Object.entries(media.examples ?? {})
      assert.ok(examples.length > 0, name)
      for (const [code, { value }] of examples) {
        assert.equal(String(errorTable[code as ErrorCode].status), status, name)
        assert.equal((value as { code: string }).code, code)
      }
    }
  })
})

test('every reusable part is used, and every reference leads to one', () => {
  const used = new Set([...text.matchAll(/"\$ref": "#\/components\/(\w+\/[\w.-]+)"/g)].map(([, part]) => part))
  const { schemas: parts = {}, responses = {} } = document.components
  const made = [
    ...Object.keys(parts).map(name => `schemas/${name}`),
    ...Object.keys(responses).map(name => `responses/${name}`)
  ]
  assert.deepEqual([...used].sort(), made.sort())
})

test('what changes under a key says so, and what has a version says so', () => {
  forEach(({ parameters = [], responses }, name) => {
    const hasKey = parameters.some(parameter => parameter.name === 'idempotency-key')
    assert.equal(
      responses[200]?.headers?.['Idempotent-Replayed'] !== undefined ||
        responses[201]?.headers?.['Idempotent-Replayed'] !== undefined,
      hasKey,
      name
    )
  })
  const versioned = document.operations.filter(({ responses }) => responses[200]?.headers?.ETag !== undefined)
  assert.deepEqual(
    versioned.map(({ operationId }) => operationId),
    ['storeGet', 'storeSet']
  )
})
