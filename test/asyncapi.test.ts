import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { renderAsyncApi } from '../docs/render/asyncapi.ts'
import { commands } from '../docs/render/commands.ts'
import { NO_SAMPLE } from '../src/protocol/examples.ts'
import { follow, type Schema, Schemas } from './support/openapi.ts'

interface Message {
  readonly name: string
  readonly summary: string
  readonly payload: Schema
  readonly examples: readonly { readonly payload: unknown }[]
}

interface Operation {
  readonly action: string
  readonly channel: object
  readonly messages: readonly object[]
  readonly reply?: { readonly channel: object; readonly messages: readonly object[] }
}

interface Document {
  readonly asyncapi: string
  readonly servers: Readonly<Record<string, { readonly host: string; readonly variables: object }>>
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, object>> }>
  >
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: { readonly messages: Readonly<Record<string, Message>>; readonly schemas: object }
}

let text: string
let document: Document
let schemas: Schemas

before(async () => {
  text = await renderAsyncApi()
  document = JSON.parse(text)
  schemas = new Schemas(document)
})

test('the document is of AsyncAPI 3.0, and says the same twice', async () => {
  assert.equal(document.asyncapi, '3.0.0')
  assert.equal(await renderAsyncApi(), text)
})

test('every address of a socket is in it', () => {
  const addresses = Object.values(document.channels).map(({ address }) => address)
  assert.deepEqual(addresses, ['/ws', '/', '/telemetry'])
})

test('every reference leads to something', () => {
  for (const [, pointer = ''] of text.matchAll(/"\$ref": "([^"]+)"/g)) follow(document, { $ref: pointer })
})

test('every variable of an address of a server has a default', () => {
  for (const { host, variables } of Object.values(document.servers)) {
    const names = [...host.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    assert.deepEqual(Object.keys(variables), names)
  }
})

test('every operation is of one channel, and names messages of that channel only', () => {
  for (const [name, operation] of Object.entries(document.operations)) {
    assert.match(operation.action, /^(send|receive)$/, name)
    for (const part of [operation, operation.reply]) {
      if (part === undefined) continue
      const channel = follow(document, part.channel) as Document['channels'][string]
      const own = Object.values(channel.messages).map(message => follow(document, message))
      assert.ok(part.messages.length > 0, name)
      for (const message of part.messages) {
        const found = follow(document, follow(document, message) as object)
        assert.ok(own.includes(found), `${name}: ${JSON.stringify(message)}`)
      }
    }
  }
})

test('every message is sent or received by an operation', () => {
  const used = new Set<unknown>()
  for (const { messages, reply } of Object.values(document.operations))
    for (const message of [...messages, ...(reply?.messages ?? [])])
      used.add(follow(document, follow(document, message) as object))
  for (const [name, message] of Object.entries(document.components.messages)) assert.ok(used.has(message), name)
})

test('every command has a message, an answer and an operation, and there are no others', () => {
  const names = commands.map(({ name }) => name)
  const having = (keys: object, prefix: string): string[] =>
    Object.keys(keys)
      .filter(key => key.startsWith(prefix))
      .map(key => key.slice(prefix.length))
      .sort()
  assert.deepEqual(having(document.components.messages, 'client.command.'), names)
  assert.deepEqual(having(document.components.messages, 'server.response.'), names)
  assert.deepEqual(having(document.operations, 'run.'), names)
})

test('every schema is plain JSON Schema, and every example is as its schema says', () => {
  for (const { name, payload, examples, summary } of Object.values(document.components.messages)) {
    assert.match(summary, /^\S.+\.$/, name)
    assert.doesNotThrow(() => schemas.compile(payload), name)
    assert.ok(examples.length > 0, name)
    for (const example of examples) assert.equal(schemas.faultsOf(payload, example.payload), '', name)
  }
  assert.ok(!text.includes(`"${NO_SAMPLE}"`))
})
