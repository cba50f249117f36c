import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  encodeToken,
  ephemeralSubject,
  liveSubject,
  nodeSubject,
  placeOf,
  privateSubject,
  storedSubject
} from '../../../../src/broker/nats/subjects.ts'
import { keyOf } from '../../../../src/protocol/address.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('=', '.', '*', '>', ' ', 'A', '4', '1', '-', '_', 'é', '\0') })
)

test('different texts have different tokens', () => {
  fc.assert(
    fc.property(text, text, (one, other) => assert.equal(encodeToken(one) === encodeToken(other), one === other))
  )
})

test('a token is never empty and holds nothing that means something in a subject', () => {
  fc.assert(fc.property(text, one => assert.match(encodeToken(one), /^[A-Za-z0-9_=-]+$/)))
})

test('letters, digits, underscores and dashes stay, other bytes are written in hexadecimal digits', () => {
  assert.equal(encodeToken('aZ09_-'), 'aZ09_-')
  assert.equal(encodeToken('a.b=*'), 'a=2Eb=3D=2A')
  assert.equal(encodeToken('é🚀'), '=C3=A9=F0=9F=9A=80')
})

test('the empty text has a token that no other text has', () => {
  assert.equal(encodeToken(''), '=')
  fc.assert(fc.property(text, one => assert.equal(encodeToken(one) === '=', one === '')))
})

test('a key is taken apart into what it was made of', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  fc.assert(
    fc.property(name, fc.oneof(name, fc.constant('*')), fc.oneof(name, fc.constant('')), (tenant, room, channel) =>
      assert.deepEqual(placeOf(keyOf(tenant, room, channel)), { tenant, room, channel })
    )
  )
})

test('each kind of message has subjects of its own', () => {
  const place = { tenant: 'acme', room: 'lab.1', channel: '' }
  assert.equal(storedSubject(place), 'aq.m.acme.lab=2E1.=')
  assert.equal(liveSubject(place), 'aq.l.acme.lab=2E1.=')
  assert.equal(ephemeralSubject({ ...place, room: '*', channel: 'c' }), 'aq.e.acme.=2A.c')
  assert.equal(privateSubject('acme'), 'aq.c.acme')
  assert.equal(nodeSubject('n1'), 'aq.ctl.n1')
})
