import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { letterOf, retryDelay } from '../../../src/webhooks/delivery.ts'
import type { PostResult } from '../../../src/webhooks/post.ts'
import { makeMessage } from '../../support/messages.ts'
import { failures, resultOf } from './stage.ts'

test('the body is the message as members get it, its parts as they were written', () => {
  const message = makeMessage({
    payload: '{ "n":1.50e1,"ä":"\\u0041" }',
    metadata: '{ "a" : 1}',
    sender: 'arq_client_7'
  })
  const letter = letterOf(message, { sequence: 4, epoch: 'abcdefabcdef' })
  assert.ok(
    letter.body.startsWith('{"rule_version":"v1","sender_client_id":"arq_client_7","envelope":{"id":"arq_test-')
  )
  assert.ok(
    letter.body.includes(
      '"payload":{ "n":1.50e1,"ä":"\\u0041" },"metadata":{ "a" : 1},"sequence":4,"epoch":"abcdefabcdef"}}'
    )
  )
  assert.equal(letter.bytes, Buffer.byteLength(letter.body))
  const { envelope } = JSON.parse(letter.body)
  assert.deepEqual([envelope.room, envelope.channel, letter.messageId], ['science', 'explore', message.id])
})

const bases = [1_000, 5_000, 25_000]

test('the delays are 1, 5 and 25 s, a fifth more or less, and then there is none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempts, chance) => {
        const delayMs = retryDelay(attempts, resultOf(failures[500]), chance) ?? Number.NaN
        const base = bases[attempts - 1] as number
        assert.ok(delayMs >= base * 0.8 && delayMs <= base * 1.2, String(delayMs))
      }
    )
  )
  assert.equal(retryDelay(4, resultOf(failures[500]), 0.5), undefined)
})

test('Retry-After is the least delay, and a shorter one changes nothing', () => {
  const busy = resultOf({ outcome: 'refused', status: 429, retryAfterMs: 60_000 })
  assert.equal(retryDelay(1, busy, 0.5), 60_000)
  assert.equal(retryDelay(1, { ...busy, retryAfterMs: 0 }, 0.5), 1_000)
})

const verdicts: readonly (readonly [result: Partial<PostResult>, isRetried: boolean])[] = [
  [{ outcome: 'network', status: undefined }, true],
  [{ outcome: 'timeout', status: undefined }, true],
  ...[408, 429, 500, 502, 503, 599].map(status => [{ outcome: 'refused', status }, true] as const),
  ...[400, 401, 403, 404, 407, 409, 410, 422, 451, 499].map(status => [{ outcome: 'refused', status }, false] as const),
  ...[301, 302, 307, 308].map(status => [{ outcome: 'redirect', status }, false] as const),
  [{ outcome: 'ok', status: 204 }, false]
]

for (const [result, isRetried] of verdicts) {
  test(`${result.outcome} ${result.status ?? ''} is ${isRetried ? '' : 'not '}tried again`, () => {
    assert.equal(retryDelay(1, resultOf(result), 0.5) !== undefined, isRetried)
  })
}
