import assert from 'node:assert/strict'
import { test } from 'node:test'
import { table } from '../src/commands/index.ts'
import { clientTypes } from '../src/protocol/envelope.ts'
import type { ServerFrame } from './helper.ts'
import { Conversation, readVectors } from './support/vectors.ts'

const vectors = readVectors()
const steps = [...vectors.values()].flatMap(vector => vector.steps)
const sent = steps.flatMap(step => {
  if (!('client' in step)) return []
  return 'frame' in step ? [step.frame] : 'frames' in step ? step.frames : []
})
const received = steps.flatMap(step => ('server' in step ? [step.frame] : []))

for (const [name, vector] of vectors) {
  test(`${name}: ${vector.title}`, async t => {
    const conversation = await Conversation.start(t, vector)
    for (const [at, step] of vector.steps.entries()) {
      await conversation.play(step)
      const following = vector.steps[at + 1]
      if ('client' in step && !(following !== undefined && 'server' in following)) {
        assert.deepEqual(await conversation.settle(step.client), [], `step ${at} is answered with silence`)
      }
    }
    for (const client of conversation.clients) {
      assert.deepEqual(await conversation.settle(client), [], `${client} gets nothing more`)
    }
  })
}

test('there is a vector for every type of frame that a client may send', () => {
  assert.deepEqual(
    new Set(sent.map(frame => frame.type).filter(type => clientTypes.includes(type))),
    new Set(clientTypes)
  )
})

test('there is a vector for every type of frame that the server sends', () => {
  const types = ['message', 'event', 'private', 'system', 'telemetry', 'message_response', 'response', 'error', 'pong']
  assert.deepEqual(new Set(received.map(frame => frame.type)), new Set(types))
})

test('there is a vector with a success and one with a refusal for every command, by each of its names', () => {
  const records = Object.values(table).flat()
  for (const record of records) {
    for (const name of [record.name, ...('aliases' in record ? (record.aliases ?? []) : [])]) {
      const ids = sent.filter(frame => (frame.command ?? frame.payload?.command) === name).map(frame => frame.id)
      const answers = received.filter(frame => frame.type === 'response' && ids.includes(frame.request_id))
      const statuses = new Set(answers.map(frame => frame.status))
      assert.deepEqual(statuses, new Set(['success', 'error']), `${name} (${[...statuses]})`)
    }
  }
})

test('there is a vector for every refusal that a frame of a client can meet', () => {
  const codes = [
    'AUTHORIZATION_ERROR',
    'AUTH_INVALID',
    'CASIL_POLICY_BLOCKED_SECRET',
    'CASIL_POLICY_OVERSIZE',
    'CHANNEL_EXISTS',
    'CHANNEL_NOT_EMPTY',
    'CHANNEL_NOT_FOUND',
    'CHANNEL_PROTECTED',
    'CONFLICT',
    'FEATURE_DISABLED',
    'INFRA_PROTOCOL_ERROR',
    'LIMIT_EXCEEDED',
    'NOT_FOUND',
    'RATE_LIMITED',
    'TARGET_NOT_FOUND',
    'UNKNOWN_COMMAND',
    'VALIDATION_ERROR'
  ]
  const seen = received.map((frame: ServerFrame) => frame.error_code).filter(code => code !== undefined)
  assert.deepEqual([...new Set(seen)].sort(), codes)
})
