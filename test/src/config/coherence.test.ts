import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { ConfigError, loadConfig } from '../../../src/config.ts'

const keys: Readonly<Record<string, string>> = {
  rsa: pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  prime256v1: pemOf(generateKeyPairSync('ec', { namedCurve: 'prime256v1' })),
  secp384r1: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' })),
  ed25519: pemOf(generateKeyPairSync('ed25519'))
}
const fitting: readonly (readonly [string, string])[] = [
  ['RS256', 'rsa'],
  ['ES256', 'prime256v1'],
  ['EdDSA', 'ed25519']
]

test('HS256 takes a secret of 32 bytes and none of 31, counted in UTF-8', () => {
  assert.deepEqual(faultsOf({ ARQONBUS_AUTH_JWT_SECRET: 'x'.repeat(32) }), [])
  assert.deepEqual(faultsOf({ ARQONBUS_AUTH_JWT_SECRET: 'é'.repeat(16) }), [])
  const rest = 'HS256 with ARQONBUS_ENABLE_AUTH needs at least 32 bytes'
  assert.deepEqual(faultsOf({ ARQONBUS_AUTH_JWT_SECRET: 'x'.repeat(31) }), [
    `ARQONBUS_AUTH_JWT_SECRET has 31 bytes: ${rest}`
  ])
  assert.deepEqual(faultsOf({}), [`ARQONBUS_AUTH_JWT_SECRET is not set: ${rest}`])
})

test('a key that is missing or short is left to the preflight of production', () => {
  for (const env of [{}, { ARQONBUS_AUTH_JWT_SECRET: 'x' }, { ARQONBUS_AUTH_JWT_ALGORITHM: 'RS256' }])
    assert.deepEqual(faultsOf({ ARQONBUS_ENVIRONMENT: 'prod', ...env }), [])
  assert.equal(faultsOf({ ARQONBUS_ENVIRONMENT: 'prod', ARQONBUS_SERVER_PORT: 'many' }).length, 2)
})

test('a short secret is no fault while authentication is off', () => {
  assert.deepEqual(faultsOf({ ARQONBUS_ENABLE_AUTH: 'false', ARQONBUS_AUTH_JWT_SECRET: 'x' }), [])
})

for (const [algorithm, type] of fitting) {
  test(`${algorithm} needs a public key or the address of a key set`, () => {
    const base = { ARQONBUS_AUTH_JWT_ALGORITHM: algorithm }
    assert.deepEqual(faultsOf({ ...base, ARQONBUS_AUTH_JWT_PUBLIC_KEY: keys[type] }), [])
    assert.deepEqual(faultsOf({ ...base, ARQONBUS_AUTH_JWKS_URL: 'https://id.example/keys' }), [])
    assert.deepEqual(faultsOf(base), [
      `ARQONBUS_AUTH_JWT_PUBLIC_KEY is not set: ${algorithm} with ARQONBUS_ENABLE_AUTH needs it or ARQONBUS_AUTH_JWKS_URL`
    ])
  })

  test(`${algorithm} refuses keys of other types`, () => {
    for (const other of Object.keys(keys).filter(name => name !== type)) {
      const env = { ARQONBUS_AUTH_JWT_ALGORITHM: algorithm, ARQONBUS_AUTH_JWT_PUBLIC_KEY: keys[other] }
      assert.match(
        faultsOf(env)[0] ?? '',
        new RegExp(`^ARQONBUS_AUTH_JWT_PUBLIC_KEY is a key of type ${other}: ${algorithm} needs`)
      )
    }
  })
}

test('a setting that is wrong by itself is not reported a second time', () => {
  assert.equal(faultsOf({ ARQONBUS_AUTH_JWT_ALGORITHM: 'none' }).length, 1)
  assert.equal(faultsOf({ ARQONBUS_AUTH_JWT_ALGORITHM: 'RS256', ARQONBUS_AUTH_JWT_PUBLIC_KEY: 'x' }).length, 1)
})

test('two listeners of one address refuse one port, unless it is any free one', () => {
  const base = { ARQONBUS_ENABLE_AUTH: 'false', ARQONBUS_SERVER_PORT: '7000', ARQONBUS_TELEMETRY_PORT: '7000' }
  assert.match(faultsOf(base)[0] ?? '', /^ARQONBUS_TELEMETRY_PORT is 7000, as is ARQONBUS_SERVER_PORT/)
  assert.deepEqual(faultsOf({ ...base, ARQONBUS_TELEMETRY_HOST: '127.0.0.2' }), [])
  assert.deepEqual(faultsOf({ ...base, ARQONBUS_SERVER_PORT: '0', ARQONBUS_TELEMETRY_PORT: '0' }), [])
})

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig({ env: { ARQONBUS_ENABLE_AUTH: 'true', ...env } })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}

function pemOf({ publicKey }: { readonly publicKey: KeyObject }): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}
