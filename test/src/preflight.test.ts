import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Config, loadConfig } from '../../src/config.ts'
import { preflight } from '../../src/preflight.ts'

const secret = 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A'
const runtime = { nodeVersion: 'v20.19.0' }
const good: Config = loadConfig({
  env: { ARQONBUS_ENVIRONMENT: 'prod', ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: secret }
}).config
const { authJwtSecret: _, ...keyless } = good

/** One change to a good configuration, and the reason it gives. */
const refusals: readonly (readonly [string, Config, RegExp])[] = [
  ['authentication is off', { ...good, enableAuth: false, publicOps: false }, /^ARQONBUS_ENABLE_AUTH is off/],
  ['HS256 has no secret', keyless, /^ARQONBUS_AUTH_JWT_SECRET is not set/],
  ['RS256 has no key', { ...keyless, authJwtAlgorithm: 'RS256' }, /^neither ARQONBUS_AUTH_JWT_PUBLIC_KEY nor/],
  [
    'the secret has 31 bytes',
    { ...good, authJwtSecret: secret.slice(1) },
    /^ARQONBUS_AUTH_JWT_SECRET is shorter than 32/
  ],
  [
    'an RSA key has 1024 bits',
    { ...keyless, authJwtAlgorithm: 'RS256', authJwtPublicKey: rsaKey(1024) },
    /fewer than 2048 bits$/
  ],
  ['HS256 stands beside a public key', { ...good, authJwtPublicKey: rsaKey(2048) }, /is HS256, yet a public key/],
  [
    'HS256 stands beside a key set',
    { ...good, authJwksUrl: 'https://id.example' },
    /is HS256, yet a public key or a key set/
  ],
  [
    'an asymmetric algorithm stands beside a secret',
    { ...good, authJwtAlgorithm: 'ES256', authJwksUrl: 'https://id.example' },
    /is ES256, yet ARQONBUS_AUTH_JWT_SECRET is given/
  ],
  ['the secret is a public key', { ...good, authJwtSecret: rsaKey(2048) }, /^ARQONBUS_AUTH_JWT_SECRET is a key in PEM/],
  ['any origin is allowed', { ...good, allowedOrigins: ['https://a.example', '*'] }, /^ARQONBUS_ALLOWED_ORIGINS/],
  ['tokens may stand in the query string', { ...good, allowQueryToken: true }, /^ARQONBUS_ALLOW_QUERY_TOKEN/],
  ['every proxy is trusted', { ...good, trustProxy: true }, /^ARQONBUS_TRUST_PROXY/],
  ['a number of hops is trusted', { ...good, trustProxy: 1 }, /^ARQONBUS_TRUST_PROXY/],
  ['NATS is asked without credentials', { ...good, broker: 'nats' }, /^ARQONBUS_NATS_URL has no user/],
  [
    'one server of NATS is asked without a user',
    { ...good, broker: 'nats', natsUrl: 'nats://bus:key@one:4222, nats://two:4222' },
    /^ARQONBUS_NATS_URL has no user/
  ],
  ['strangers are admins', { ...good, anonymousRole: 'admin' }, /^ARQONBUS_ANONYMOUS_ROLE/]
]

test('finds nothing against a good configuration', () => {
  assert.deepEqual(preflight(good, runtime), [])
  assert.deepEqual(preflight({ ...keyless, authJwtAlgorithm: 'RS256', authJwtPublicKey: rsaKey(2048) }, runtime), [])
  assert.deepEqual(
    preflight({ ...good, allowedOrigins: ['https://a.example'], trustProxy: ['10.0.0.0/8'] }, runtime),
    []
  )
})

for (const [when, config, reason] of refusals) {
  test(`refuses when ${when}`, () => {
    const reasons = preflight(config, runtime)
    assert.equal(reasons.length, 1)
    assert.match(reasons[0] ?? '', reason)
  })

  test(`lets dev and staging be when ${when}`, () => {
    assert.deepEqual(preflight({ ...config, environment: 'dev' }, runtime), [])
    assert.deepEqual(preflight({ ...config, environment: 'staging' }, runtime), [])
  })
}

test('refuses routes for operators on the public listener without authentication', () => {
  assert.deepEqual(preflight({ ...good, enableAuth: false }, runtime), [
    'ARQONBUS_ENABLE_AUTH is off: everyone may connect',
    'ARQONBUS_PUBLIC_OPS is on without ARQONBUS_ENABLE_AUTH: whoever reaches the public port administers the server'
  ])
})

test('takes credentials of NATS from a file and from the URLs of all servers', () => {
  for (const settings of [
    { natsCreds: '/etc/arqonbus/nats.creds' },
    { natsUrl: 'nats://bus:key@one:4222' },
    { natsUrl: 'tls://bus:key@one:4222, tls://token@two:4222' }
  ])
    assert.deepEqual(preflight({ ...good, broker: 'nats', ...settings }, runtime), [])
})

test('refuses versions of Node.js that are out of support', () => {
  for (const nodeVersion of ['v18.20.4', 'v20.18.9', '20.0.0', 'v8', 'nonsense']) {
    assert.match(
      preflight(good, { nodeVersion })[0] ?? '',
      /^Node\.js .* is out of support: 20\.19 or newer is needed$/
    )
  }
  for (const nodeVersion of ['v20.19.0', 'v20.20.2', 'v22.0.0', 'v100.1.1']) {
    assert.deepEqual(preflight(good, { nodeVersion }), [])
  }
})

test('refuses secrets that are well known or easily guessed', () => {
  const guessable = [
    'a-string-secret-at-least-256-bits-long',
    'your-256-bit-secret-your-256-bit-secret',
    'secretsecretsecretsecretsecretsecret',
    'change-me-to-a-long-random-string-please',
    'CHANGEMECHANGEMECHANGEMECHANGEME!!',
    'my_super_secret_jwt_signing_key_for_arqonbus_dev',
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz1234567890',
    'x'.repeat(64),
    'ab'.repeat(20),
    'Tr0ub4dor&3 Tr0ub4dor&3 Tr0ub4dor&3 Tr0ub',
    '--------------------------------'
  ]
  for (const authJwtSecret of guessable) {
    const reasons = preflight({ ...good, authJwtSecret }, runtime)
    assert.deepEqual(reasons, ['ARQONBUS_AUTH_JWT_SECRET is well known or easily guessed'], authJwtSecret)
  }
})

test('takes secrets that are random, in any usual form', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom('hex', 'base64', 'base64url'), (seed, encoding) => {
      const authJwtSecret = createHash('sha256').update(String(seed)).digest().toString(encoding)
      return preflight({ ...good, authJwtSecret }, runtime).length === 0
    })
  )
  assert.deepEqual(preflight({ ...good, authJwtSecret: 'correct horse battery staple onion gravel' }, runtime), [])
})

test('gives all reasons at once and repeats no secret', () => {
  const config = loadConfig({
    env: {
      ARQONBUS_ENVIRONMENT: 'prod',
      ARQONBUS_AUTH_JWT_SECRET: 'hunter2',
      ARQONBUS_ALLOWED_ORIGINS: '*',
      ARQONBUS_ALLOW_QUERY_TOKEN: 'yes',
      ARQONBUS_TRUST_PROXY: '1',
      ARQONBUS_ANONYMOUS_ROLE: 'admin'
    }
  }).config
  const reasons = preflight(config, { nodeVersion: 'v18.0.0' })
  assert.equal(reasons.length, 9)
  assert.ok(!reasons.join().includes('hunter2'))
})

test('tells the defaults that prod needs authentication and a key', () => {
  const { config } = loadConfig({ env: { ARQONBUS_ENVIRONMENT: 'prod' } })
  assert.deepEqual(preflight(config, runtime), [
    'ARQONBUS_ENABLE_AUTH is off: everyone may connect',
    'ARQONBUS_AUTH_JWT_SECRET is not set: tokens cannot be checked',
    'ARQONBUS_PUBLIC_OPS is on without ARQONBUS_ENABLE_AUTH: whoever reaches the public port administers the server'
  ])
})

function rsaKey(modulusLength: number): string {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ type: 'spki', format: 'pem' }).toString()
}
