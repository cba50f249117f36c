import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from '@sinclair/typebox'
import { type CommandRoute, hasQuery, operationOf, requestSchemaOf } from '../../../src/bus/command-route.ts'

const args = Type.Object(
  { rule_id: Type.Optional(Type.String()), limit: Type.Optional(Type.Integer()), mode: Type.Optional(Type.String()) },
  { additionalProperties: false, examples: [{ rule_id: 'wh_1', limit: 5, mode: 'quick' }] }
)

function route(more: Partial<CommandRoute> = {}): CommandRoute {
  return { method: 'GET', url: '/webhooks/:rule_id', command: 'op.webhook.dead_letters', tag: 'Tests', ...more }
}

test('what the path names is required there, and the rest stands in the query', () => {
  const { params, querystring, body } = requestSchemaOf(route(), { args })
  assert.deepEqual([Object.keys(params?.properties ?? {}), params?.required], [['rule_id'], ['rule_id']])
  assert.deepEqual([Object.keys(querystring?.properties ?? {}), querystring?.required], [['limit', 'mode'], undefined])
  assert.equal(body, undefined)
  for (const part of [params, querystring]) assert.equal(part?.additionalProperties, false)
})

test('requests with a body have the rest there', () => {
  for (const method of ['POST', 'PUT', 'PATCH'] as const) {
    const { querystring, body } = requestSchemaOf(route({ method }), { args })
    assert.deepEqual([querystring, Object.keys(body?.properties ?? {})], [undefined, ['limit', 'mode']])
  }
  assert.deepEqual(
    (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).filter(method => hasQuery({ method })),
    ['GET', 'DELETE']
  )
})

test('what is fixed or hidden is not offered, nor in an example', () => {
  const { querystring } = requestSchemaOf(route({ fixed: { mode: 'slow' }, hidden: ['limit'] }), { args })
  assert.equal(querystring, undefined)
  const { body } = requestSchemaOf(route({ method: 'POST', fixed: { mode: 'slow' } }), { args })
  assert.deepEqual(body?.examples, [{ limit: 5 }])
})

test('a path without arguments has no schema', () => {
  const { params, querystring } = requestSchemaOf(route({ url: '/webhooks' }), { args })
  assert.equal(params, undefined)
  assert.deepEqual(querystring?.examples, [{ rule_id: 'wh_1', limit: 5, mode: 'quick' }])
})

test('an operation is called like its command, in one word', () => {
  for (const [command, name] of [
    ['op.webhook.dead_letters', 'webhookDeadLetters'],
    ['list_channels', 'listChannels'],
    ['op.store.get', 'storeGet'],
    ['ping', 'ping']
  ] as const)
    assert.equal(operationOf({ command }), name)
})
