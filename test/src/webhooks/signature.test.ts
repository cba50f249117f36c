import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { findSecretFaults, makeSecret, signWebhook } from '../../../src/webhooks/signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const FAULT = 'secret: must be whsec_ and then 24 to 64 bytes in base64'

test('the example of Standard Webhooks is signed as documented', () => {
  assert.equal(
    signWebhook(SECRET, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}'),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  )
})

test('a receiver that computes the signature by hand over the bytes agrees', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      fc.nat(),
      fc.string({ unit: 'binary' }),
      (key, time, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`
        const signed = Buffer.concat([Buffer.from(`wh_1.${time}.`), Buffer.from(body)])
        assert.equal(
          signWebhook(secret, 'wh_1', time, body),
          `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
        )
      }
    )
  )
})

test('another id, time, body or secret gives another signature', () => {
  const other = makeSecret(size => new Uint8Array(size))
  const signatures = [
    signWebhook(SECRET, 'a', 1, '{}'),
    signWebhook(SECRET, 'b', 1, '{}'),
    signWebhook(SECRET, 'a', 2, '{}'),
    signWebhook(SECRET, 'a', 1, '{ }'),
    signWebhook(other, 'a', 1, '{}')
  ]
  assert.equal(new Set(signatures).size, signatures.length)
})

test('a secret of 24 to 64 bytes passes, one byte less or more does not', () => {
  for (const size of [24, 25, 26, 63, 64]) assert.deepEqual(findSecretFaults(secretOf(size)), [], String(size))
  for (const size of [0, 1, 23, 65]) assert.deepEqual(findSecretFaults(secretOf(size)), [FAULT], String(size))
})

test('a secret that is not whole base64 after its prefix is refused and not repeated', () => {
  const key = SECRET.slice('whsec_'.length)
  const broken = [
    '',
    'whsec_',
    key,
    `WHSEC_${key}`,
    `whsec-${key}`,
    `${SECRET}=`,
    `${SECRET}A`,
    ` ${SECRET}`,
    `${SECRET}\n`,
    `whsec_-${key.slice(1)}`
  ]
  for (const secret of broken) assert.deepEqual(findSecretFaults(secret), [FAULT], JSON.stringify(secret))
  assert.deepEqual(findSecretFaults(secretOf(25).replace(/=+$/, '')), [FAULT])
})

test('a made secret has no faults and carries the bytes of the source', () => {
  assert.deepEqual(findSecretFaults(makeSecret(randomBytes)), [])
  assert.equal(
    makeSecret(size => new Uint8Array(size).fill(7)),
    `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  )
})

function secretOf(size: number): string {
  return `whsec_${Buffer.alloc(size, 0xfb).toString('base64')}`
}
