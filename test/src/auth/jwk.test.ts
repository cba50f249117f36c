import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { type KeyAlgorithm, readKeySet } from '../../../src/auth/jwk.ts'
import { makeKeyPair } from '../../support/tokens.ts'

const algorithms: readonly KeyAlgorithm[] = ['RS256', 'ES256', 'EdDSA']
const pairs = Object.fromEntries(algorithms.map(algorithm => [algorithm, makeKeyPair(algorithm, algorithm)]))

for (const algorithm of algorithms) {
  test(`a key set gives the keys that fit ${algorithm}, as PEM`, () => {
    const keys = readKeySet({ keys: Object.values(pairs).map(pair => pair.jwk) }, algorithm)
    assert.deepEqual(keys, [{ id: algorithm, pem: pairs[algorithm]!.pem }])
  })
}

test('a key without id, alg and use is taken', () => {
  const { jwk, pem } = makeKeyPair('ES256')
  assert.deepEqual(readKeySet({ keys: [jwk] }, 'ES256'), [{ id: undefined, pem }])
})

test('a private key in a key set gives its public half', () => {
  const { privateKey, pem } = makeKeyPair('EdDSA')
  assert.deepEqual(readKeySet({ keys: [privateKey.export({ format: 'jwk' })] }, 'EdDSA'), [{ id: undefined, pem }])
})

test('a key meant for checking signatures is taken', () => {
  const { jwk } = makeKeyPair('EdDSA', 'a')
  assert.equal(readKeySet({ keys: [{ ...jwk, key_ops: ['verify'] }] }, 'EdDSA')?.length, 1)
})

const rsa = pairs.RS256!.jwk
const ec = pairs.ES256!.jwk
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
const ed448 = generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' })

const unfit: readonly [title: string, algorithm: KeyAlgorithm, jwk: unknown][] = [
  ['a key of another algorithm', 'RS256', { ...rsa, alg: 'PS256' }],
  ['a key for encryption', 'RS256', { ...rsa, use: 'enc' }],
  ['a key for signing only', 'RS256', { ...rsa, key_ops: ['sign'] }],
  ['a key with text as operations', 'RS256', { ...rsa, key_ops: 'verify' }],
  ['an RSA key of 1,024 bits', 'RS256', weak],
  ['a key of another curve', 'ES256', p384],
  ['an Ed448 key', 'EdDSA', ed448],
  ['a shared secret', 'RS256', { kty: 'oct', k: 'c2VjcmV0', kid: 'a' }],
  ['a key without its modulus', 'RS256', { kty: 'RSA', e: 'AQAB' }],
  ['a point that is not on its curve', 'ES256', { ...ec, x: ec.y }],
  ['a coordinate that is a number', 'ES256', { ...ec, x: 1 }],
  ['null', 'RS256', null],
  ['text', 'RS256', 'key'],
  ['a list', 'RS256', [rsa]]
]

for (const [title, algorithm, jwk] of unfit) {
  test(`${title} is passed over`, () => {
    const fitting = pairs[algorithm]!
    assert.deepEqual(readKeySet({ keys: [jwk, fitting.jwk] }, algorithm), [{ id: algorithm, pem: fitting.pem }])
  })
}

test('an id that is not text is no id', () => {
  assert.equal(readKeySet({ keys: [{ ...ec, kid: 7 }] }, 'ES256')?.[0]?.id, undefined)
})

test('no more than 100 keys are read', () => {
  assert.equal(readKeySet({ keys: Array.from({ length: 101 }, () => ec) }, 'ES256')?.length, 100)
})

test('a document that is not a key set gives nothing', () => {
  for (const document of [
    null,
    'keys',
    [ec],
    {},
    { keys: {} },
    { keys: null },
    JSON.parse('{"__proto__":{"keys":[]}}')
  ]) {
    assert.equal(readKeySet(document, 'ES256'), undefined)
  }
})
