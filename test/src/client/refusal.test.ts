import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HttpAnswer, readRefusal, refusalOf } from '../../../src/client/refusal.ts'

const place = 'ws://host'

for (const [body, message] of [
  ['{"error":"Unauthorized","details":"Invalid token"}', 'ws://host answered 401: Invalid token'],
  [
    '{"error":"Bad handshake","details":["room: must be a name","avatar: too long"]}',
    'ws://host answered 401: room: must be a name; avatar: too long'
  ],
  ['{"error":"Unauthorized"}', 'ws://host answered 401: Unauthorized'],
  ['{"error":7,"details":{}}', 'ws://host answered 401'],
  ['null', 'ws://host answered 401'],
  ['<html>', 'ws://host answered 401'],
  ['', 'ws://host answered 401']
] as const) {
  test(`reads the refusal ${body || 'without a body'}`, () =>
    assert.equal(refusalOf(place, 401, body).message, message))
}

for (const [status, retry] of [
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [429, true],
  [500, true],
  [503, true]
] as const) {
  test(`knows whether to retry after status ${status} without a code`, () =>
    assert.equal(refusalOf(place, status, '').retry, retry))
}

test('believes the code more than the status', () => {
  assert.equal(refusalOf(place, 503, '{"code":"AUTH_INVALID"}').retry, false)
  assert.equal(refusalOf(place, 400, '{"code":"OVERLOADED"}').retry, true)
})

test('keeps every fault of a list of details', () => {
  assert.deepEqual(refusalOf(place, 400, '{"details":["a","b",1]}').faults, ['a', 'b'])
})

test('does not take a date for the seconds to wait', () => {
  assert.equal(refusalOf(place, 503, '', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterMs, undefined)
})

test('tells only the status when the body breaks off', async () => {
  const answer: HttpAnswer = {
    statusCode: 503,
    headers: {},
    async *[Symbol.asyncIterator]() {
      yield new TextEncoder().encode('{"details":')
      throw new Error('aborted')
    }
  }
  assert.equal((await readRefusal(place, answer)).message, 'ws://host answered 503')
})

test('stops reading a body that does not end', async () => {
  let isReleased = false
  const answer: HttpAnswer = {
    statusCode: 503,
    headers: {},
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) yield new Uint8Array(1024)
      } finally {
        isReleased = true
      }
    }
  }
  assert.equal((await readRefusal(place, answer)).status, 503)
  assert(isReleased)
})
