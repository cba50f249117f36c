import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusError, type ErrorCode, errorTable } from '../../../src/errors.ts'
import {
  acknowledgementText,
  deliveryText,
  errorText,
  type Header,
  pongText,
  RawJson,
  refusalText,
  responseText,
  stringifyRaw,
  welcomeText
} from '../../../src/protocol/replies.ts'
import { makeMessage } from '../../support/messages.ts'
import { anyJson, anyObject, choices, spell } from './spelling.ts'

const header: Header = { id: 'arq_h', timestamp: '2026-01-01T00:00:00.000Z' }
const head = { id: 'arq_h', version: '1.0', timestamp: header.timestamp }
const position = { sequence: 7, epoch: '0123456789ab' }
const codes = Object.keys(errorTable) as ErrorCode[]

test('a delivery holds everything a receiver is promised', () => {
  const message = makeMessage({ id: 'arq_1', type: 'event', payload: '{"a":1}', metadata: '{"b":2}' })
  assert.deepEqual(JSON.parse(deliveryText(message, position)), {
    id: 'arq_1',
    type: 'event',
    version: '1.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    room: 'science',
    channel: 'explore',
    sender: 'arq_client_test',
    payload: { a: 1 },
    metadata: { b: 2 },
    ...position
  })
})

test('a delivery names no channel for a room as a whole, no place for a private message, no position when not stored', () => {
  const ofRoom = JSON.parse(deliveryText(makeMessage({ channel: '' }), position))
  assert.deepEqual([ofRoom.room, 'channel' in ofRoom], ['science', false])
  const toClients = JSON.parse(deliveryText(makeMessage({ room: '', channel: '', to: ['a"b', 'c'] }), undefined))
  assert.deepEqual(toClients.to, ['a"b', 'c'])
  for (const key of ['room', 'channel', 'sequence', 'epoch']) assert.ok(!(key in toClients))
})

test('payload and metadata stand in a delivery as they were written', () => {
  fc.assert(
    fc.property(anyObject, anyObject, choices, (payload, metadata, choose) => {
      const message = makeMessage({ payload: spell(payload, choose), metadata: spell(metadata, choose) })
      const text = deliveryText(message, position)
      assert.ok(text.includes(`"payload":${message.payload},"metadata":${message.metadata}`))
      const read = JSON.parse(text)
      assert.deepEqual([read.payload, read.metadata], [payload, metadata])
    })
  )
})

test('an acknowledgement carries the id of the message, the payload given and the position', () => {
  const message = makeMessage({ id: 'arq_1', payload: '{"a":1}' })
  const acknowledgement = {
    ...head,
    id: 'arq_1',
    type: 'message_response',
    room: 'science',
    channel: 'explore',
    status: 'success',
    payload: { a: 1 },
    sender: 'arqonbus',
    metadata: {}
  }
  const { payload, timestamp } = { payload: message.payload, timestamp: header.timestamp }
  assert.deepEqual(JSON.parse(acknowledgementText(message, timestamp, payload, position, false)), {
    ...acknowledgement,
    ...position
  })
  assert.deepEqual(JSON.parse(acknowledgementText(message, timestamp, '{}', position, true)), {
    ...acknowledgement,
    ...position,
    payload: {},
    duplicate: true
  })
  assert.deepEqual(JSON.parse(acknowledgementText(message, timestamp, payload, undefined, false)), acknowledgement)
})

test('the welcome says the sentence that clients look for', () => {
  assert.deepEqual(JSON.parse(welcomeText(header, { client_id: 'arq_client_1', node: 'no"de' })), {
    ...head,
    type: 'message',
    sender: 'arqonbus',
    payload: { welcome: 'Connected to ArqonBus', client_id: 'arq_client_1', node: 'no"de' },
    metadata: {}
  })
})

for (const code of codes) {
  test(`the error ${code} says its sentence, its code and whether a retry helps, in frames and in answers to commands`, () => {
    const { message: error, retry } = errorTable[code]
    const said = { ...head, request_id: 'arq_r', error, error_code: code, retry, sender: 'arqonbus', metadata: {} }
    const frame = JSON.parse(errorText(header, 'arq_r', new BusError(code)))
    assert.deepEqual(frame, { ...said, type: 'error', payload: { errors: [error] } })
    const answer = JSON.parse(refusalText(header, 'arq_r', new BusError(code)))
    const sentence = code === 'VALIDATION_ERROR' ? `Validation error: ${error}` : error
    assert.deepEqual(answer, {
      ...said,
      type: 'response',
      status: 'error',
      error: sentence,
      payload: { message: sentence, data: {} }
    })
  })
}

test('an error names every fault, and when to try again in whole milliseconds', () => {
  const error = new BusError('VALIDATION_ERROR', { faults: ['a: "x"', 'b: \ud800'], retryAfterMs: 0.2 })
  const frame = JSON.parse(errorText(header, undefined, error))
  assert.deepEqual(frame.payload.errors, ['a: "x"', 'b: \ud800'])
  assert.equal(frame.retry_after_ms, 1)
  const answer = JSON.parse(refusalText(header, undefined, error))
  assert.equal(answer.payload.message, 'Validation error: a: "x"; b: \ud800')
  assert.deepEqual(answer.payload.data, { errors: ['a: "x"', 'b: \ud800'] })
  assert.equal(answer.retry_after_ms, 1)
})

test('an answer to a frame without an id names no request', () => {
  const error = new BusError('NOT_FOUND')
  const answer = { message: 'm', data: {} }
  for (const text of [
    errorText(header, undefined, error),
    refusalText(header, undefined, error),
    responseText(header, undefined, answer),
    pongText(header, undefined)
  ]) {
    assert.ok(!('request_id' in JSON.parse(text)))
  }
})

test('the cause of an error never leaves', () => {
  const error = new BusError('INTERNAL_ERROR', { cause: new Error('secret') })
  assert.ok(!errorText(header, undefined, error).includes('secret'))
  assert.ok(!refusalText(header, undefined, error).includes('secret'))
})

test('an answer to a command holds message and data', () => {
  const data = { list: [1, new RawJson('{"raw":12345678901234567890}')], absent: undefined }
  const text = responseText(header, 'arq_r', { message: 'say "hi"', data })
  assert.ok(text.includes('"data":{"list":[1,{"raw":12345678901234567890}]}'))
  const { type, request_id, status, payload } = JSON.parse(text)
  assert.deepEqual([type, request_id, status, payload.message], ['response', 'arq_r', 'success', 'say "hi"'])
})

test('the answer to a ping is a pong', () => {
  assert.deepEqual(JSON.parse(pongText(header, 'arq_r')), {
    ...head,
    type: 'pong',
    request_id: 'arq_r',
    sender: 'arqonbus',
    payload: {},
    metadata: {}
  })
})

test('writing plain data with room for raw text is what JSON.stringify does', () => {
  fc.assert(fc.property(anyJson, value => assert.equal(stringifyRaw(value), JSON.stringify(value))))
  const odd = [undefined, Number.NaN, Number.POSITIVE_INFINITY, -0, { a: undefined, b: Number.NaN, c: [undefined] }]
  assert.equal(stringifyRaw(odd), JSON.stringify(odd))
})

test('raw text stands wherever a value may, as it is', () => {
  fc.assert(
    fc.property(anyJson, choices, (value, choose) => {
      const text = spell(value, choose)
      const raw = new RawJson(text)
      assert.equal(stringifyRaw(raw), text)
      assert.equal(stringifyRaw({ a: [raw], b: { c: raw } }), `{"a":[${text}],"b":{"c":${text}}}`)
    })
  )
})
