import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeToken, encodeToken, STATE, VALUES } from '../../../../src/store/nats/subjects.ts'
import { hostileKeys } from '../../../contracts/store-values.ts'

/** Any text of whole characters, often of those that mean something in a subject. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('=', '.', '*', '>', '4', '1', 'A', ' ', '\u0000', 'é', '\u{1f600}') }),
  fc.constantFrom(...hostileKeys)
)
const places = fc.record({ tenant: texts, namespace: texts, key: texts }, { noNullPrototype: true })

test('every text has a token of its own, of which it is made again', () => {
  fc.assert(fc.property(texts, text => assert.equal(decodeToken(encodeToken(text)), text)))
})

test('a token holds nothing that means something in a subject, and fits the keys of a bucket', () => {
  fc.assert(fc.property(texts, text => assert.match(encodeToken(text), /^[-_=a-zA-Z0-9]+$/)))
})

test('a place is found again by its subject, and no two places share one', () => {
  fc.assert(
    fc.property(places, places, (one, other) => {
      assert.deepEqual(VALUES.placeOf(VALUES.of(one)), one)
      const isSame = JSON.stringify(one) === JSON.stringify(other)
      assert.equal(VALUES.of(one) === VALUES.of(other), isSame)
      assert.notEqual(VALUES.of(one), STATE.of(other))
    })
  )
})

for (const [what, subject] of Object.entries({
  'too few parts': '$KV.AQ_STORE.a.b',
  'too many parts': '$KV.AQ_STORE.a.b.c.d',
  'letters that were not to be encoded': '$KV.AQ_STORE.a.b.=41',
  'bytes that are no text': '$KV.AQ_STORE.a.b.=FF',
  'a sign that was to be encoded': '$KV.AQ_STORE.a.b.c/d'
})) {
  test(`a subject with ${what} is no place`, () => {
    assert.equal(VALUES.placeOf(subject), undefined)
  })
}

test('what a bucket hands on has a stored subject', () => {
  for (const bucket of [VALUES, STATE]) {
    const subject = bucket.of({ tenant: 'acme', namespace: 'lab', key: 'a.b' })
    const live = bucket.live.replace('>', 'acme.lab.a=2Eb')
    assert.equal(bucket.storedOf(live), subject)
    assert.ok(subject.startsWith(bucket.stored.replace('>', '')))
  }
})
