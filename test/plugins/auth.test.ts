import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import auth from '../../plugins/auth.ts'
import type { Identity } from '../../src/auth/identity.ts'
import type { Config } from '../../src/config.ts'
import { BusError } from '../../src/errors.ts'
import { FakeClock } from '../support/clock.ts'
import { startKeyServer } from '../support/key-server.ts'
import { makeKeyPair, type Signing, signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const clock = new FakeClock()
const claims = validClaims(clock.now())

const defaults = {
  enableAuth: true,
  authJwtAlgorithm: 'HS256',
  authJwtSecret: TEST_SECRET,
  anonymousRole: 'user',
  allowQueryToken: true,
  maxTokenLifeSeconds: 86_400,
  clockToleranceSeconds: 5
} as const

type Settings = { readonly [Name in keyof Config]?: Config[Name] | undefined }

async function build(t: TestContext, settings: Settings = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.after(() => app.close())
  const config = fp(
    async instance => {
      instance.decorate('config', { ...defaults, ...settings } as Config)
      instance.decorate('clock', clock)
    },
    { name: 'config' }
  )
  await app.register(config).register(auth)
  return app
}

function enter(app: FastifyInstance, token: string): Promise<Identity> {
  return app.authenticate({ headers: { authorization: `Bearer ${token}` }, query: {} })
}

/** Expects that the token is refused without a word of why, and that no part of it is in the error. */
async function refuses(app: FastifyInstance, token: string): Promise<void> {
  for (const attempt of [enter(app, token), app.identify(token)]) {
    await assert.rejects(attempt, error => {
      assert.ok(error instanceof BusError)
      assert.equal(error.code, 'AUTH_INVALID')
      assert.deepEqual(error.faults, ['Invalid token'])
      assert.ok(error.cause instanceof BusError)
      assert.equal(error.cause.cause, undefined)
      const shown = JSON.stringify([error.stack, error, error.cause.stack, error.cause])
      for (const part of token.split('.')) if (part.length > 8) assert.equal(shown.includes(part), false)
      return true
    })
  }
}

test('without authentication everyone is anonymous, whatever the token', async t => {
  const app = await build(t, { enableAuth: false, anonymousRole: 'admin' })
  const identity = await enter(app, signToken({ ...claims, role: 'superadmin', tenant_id: 'acme' }))
  assert.deepEqual([identity.role, identity.tenant, identity.subject], ['admin', 'default', undefined])
  assert.equal((await app.identify('junk')).role, 'admin')
})

test('a request without a token is AUTH_REQUIRED', async t => {
  const app = await build(t)
  await assert.rejects(app.authenticate({ headers: {}, query: {} }), {
    code: 'AUTH_REQUIRED',
    message: 'Unauthorized',
    faults: ['Missing bearer token']
  })
})

test('a request of Fastify is authenticated as it comes', async t => {
  const app = await build(t)
  app.get('/', async request => {
    const { subject, clientType, channel } = await app.authenticate(request)
    return { subject, clientType, channel }
  })
  const protocols = { 'sec-websocket-protocol': `arqonbus.v1, bearer.${signToken(claims)}` }
  const reply = await app.inject({ url: '/?client_type=ai-agent&room=a:b&__proto__=x', headers: protocols })
  assert.deepEqual(reply.json(), { subject: 'user-1', clientType: 'ai-agent', channel: 'b' })
  const query = await app.inject(`/?access_token=${signToken(claims)}`)
  assert.equal(query.json().subject, 'user-1')
})

test('a token in band gives its identity', async t => {
  const app = await build(t)
  assert.equal((await app.identify(signToken({ ...claims, role: 'ADMIN' }))).role, 'admin')
})

test('an HS256 token is accepted with its secret only', async t => {
  const app = await build(t)
  assert.equal((await enter(app, signToken(claims))).subject, 'user-1')
  await refuses(app, signToken(claims, { key: 'another-secret-of-the-same-length-0123456789' }))
})

for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
  const pair = makeKeyPair(algorithm)
  const own = { algorithm, key: pair.privateKey }

  test(`an ${algorithm} token is accepted with its public key only`, async t => {
    const app = await build(t, { authJwtAlgorithm: algorithm, authJwtPublicKey: pair.pem })
    assert.equal((await enter(app, signToken(claims, own))).subject, 'user-1')
    await refuses(app, signToken(claims, { algorithm, key: makeKeyPair(algorithm).privateKey }))
  })

  test(`an HS256 token signed with the public ${algorithm} key is refused`, async t => {
    const app = await build(t, { authJwtAlgorithm: algorithm, authJwtPublicKey: pair.pem })
    await refuses(app, signToken(claims, { key: pair.pem }))
    await refuses(app, signToken(claims, { key: pair.pem, header: { alg: algorithm } }))
    await refuses(app, signToken(claims, { key: JSON.stringify(pair.jwk) }))
    await refuses(app, signToken(claims))
  })

  test(`an ${algorithm} token is refused where HS256 is expected`, async t => {
    const app = await build(t)
    await refuses(app, signToken(claims, own))
    await refuses(app, signToken(claims, { ...own, header: { alg: 'HS256' } }))
  })

  test(`an ${algorithm} token is accepted with a key of the key set`, async t => {
    const { jwk, privateKey } = makeKeyPair(algorithm, 'one')
    const server = await startKeyServer(t, jwk)
    const app = await build(t, { authJwtAlgorithm: algorithm, authJwksUrl: server.url })
    assert.equal((await enter(app, signToken(claims, { algorithm, key: privateKey, kid: 'one' }))).subject, 'user-1')
    await refuses(app, signToken(claims, { ...own, kid: 'one' }))
    await refuses(app, signToken(claims, { ...own, kid: 'two' }))
    await refuses(app, signToken(claims, { key: JSON.stringify(jwk), kid: 'one' }))
    await refuses(app, signToken(claims, { algorithm: 'none', kid: 'one' }))
  })
}

const forged: readonly [title: string, token: string][] = [
  ['without a signature', signToken(claims, { algorithm: 'none' })],
  ['that says none with a signature', signToken(claims, { header: { alg: 'none' } })],
  ['that says NONE', signToken(claims, { algorithm: 'none', header: { alg: 'NoNe' } })],
  ['with its signature cut off', signToken(claims).replace(/[^.]+$/, '')],
  ['with its signature shortened', signToken(claims).slice(0, -4)],
  ['of another HMAC', signAs('HS512', 'sha512')],
  ['with other claims under the same signature', tamper(signToken(claims), { ...claims, role: 'admin' })],
  ['with a critical extension', signToken(claims, { header: { crit: ['b64'], b64: false } })],
  ['without an algorithm', signToken(claims, { header: { alg: undefined } })],
  ['with a list as algorithm', signToken(claims, { header: { alg: ['HS256'] } })],
  ['whose claims are a list', signToken('[]')],
  ['whose claims are not JSON', signToken('{"exp":')],
  ['of two parts', signToken(claims).split('.').slice(0, 2).join('.')],
  ['of four parts', `${signToken(claims)}.x`],
  ['with a line break', `${signToken(claims)}\n`],
  ['of dots', '..'],
  ['of one character', 'x']
]

for (const [title, token] of forged) {
  test(`a token ${title} is refused`, async t => {
    const app = await build(t)
    await assert.rejects(app.identify(token), { code: 'AUTH_INVALID', faults: ['Invalid token'] })
  })
}

const end = Number(claims.exp)
const now = Number(claims.iat)
const badClaims: readonly [title: string, claims: object | string][] = [
  ['has expired', { ...claims, exp: now - 6 }],
  ['never expires', `{"sub":"user-1","exp":1e999}`],
  ['has no end', { sub: 'user-1' }],
  ['lives too long', { ...claims, exp: now + 86_406 }],
  ['begins in the future', { ...claims, nbf: now + 60 }],
  ['comes from the future', { ...claims, iat: now + 60 }],
  ['ends at a fraction', { ...claims, exp: end + 0.5 }],
  ['ends at text', { ...claims, exp: String(end) }],
  ['has a number as tenant', { ...claims, tenant_id: 5 }],
  ['has an object as role', { ...claims, role: { name: 'admin' } }]
]

for (const [title, content] of badClaims) {
  test(`a genuine token that ${title} is refused`, async t => {
    await refuses(await build(t), signToken(content))
  })
}

test('claims hidden in __proto__ give nothing', async t => {
  const app = await build(t)
  const hidden = `{"sub":"user-1","exp":${end},"__proto__":{"role":"admin","tenant_id":"acme"},"constructor":{"prototype":{"role":"admin"}}}`
  const { role, tenant } = await enter(app, signToken(hidden))
  assert.deepEqual([role, tenant], ['user', 'default'])
})

test('issuer and audience are checked when they are configured', async t => {
  const app = await build(t, { authIssuer: 'https://id.example', authAudience: 'bus' })
  const good = { ...claims, iss: 'https://id.example', aud: ['bus'] }
  assert.equal((await enter(app, signToken(good))).subject, 'user-1')
  await refuses(app, signToken(claims))
  await refuses(app, signToken({ ...good, iss: 'https://evil.example' }))
  await refuses(app, signToken({ ...good, aud: 'other' }))
})

test('a key set is followed as its keys change, also by tokens without an id', async t => {
  const algorithm = 'ES256'
  const [one, two] = [makeKeyPair(algorithm, 'one'), makeKeyPair(algorithm, 'two')]
  const server = await startKeyServer(t, one.jwk)
  const app = await build(t, { authJwtAlgorithm: algorithm, authJwksUrl: server.url })
  const sign = (signing: Signing): string => signToken(claims, { algorithm, ...signing })
  assert.equal((await enter(app, sign({ key: one.privateKey }))).subject, 'user-1')
  server.publish(two.jwk)
  assert.equal((await enter(app, sign({ key: two.privateKey, kid: 'two' }))).subject, 'user-1')
  await refuses(app, sign({ key: one.privateKey, kid: 'one' }))
  await refuses(app, sign({ key: one.privateKey }))
  await server.stop()
  assert.equal((await enter(app, sign({ key: two.privateKey, kid: 'two' }))).subject, 'user-1')
})

test('a key set that cannot be fetched is OVERLOADED, not a bad token', async t => {
  const server = await startKeyServer(t)
  await server.stop()
  const app = await build(t, { authJwtAlgorithm: 'RS256', authJwksUrl: server.url })
  const token = signToken(claims, { algorithm: 'RS256', key: makeKeyPair('RS256').privateKey, kid: 'one' })
  await assert.rejects(enter(app, token), { code: 'OVERLOADED', message: 'Token keys cannot be fetched', status: 503 })
})

test('authentication without a key does not start', async t => {
  const nothing = { authJwtSecret: undefined, authJwtPublicKey: undefined, authJwksUrl: undefined }
  for (const authJwtAlgorithm of ['HS256', 'RS256'] as const) {
    await assert.rejects(build(t, { ...nothing, authJwtAlgorithm }))
  }
})

test('a key of another kind than the algorithm does not start', async t => {
  await assert.rejects(build(t, { authJwtAlgorithm: 'RS256', authJwtPublicKey: makeKeyPair('ES256').pem }))
  await assert.rejects(build(t, { authJwtAlgorithm: 'EdDSA', authJwtPublicKey: makeKeyPair('RS256').pem }))
})

test('the plugin needs the plugin config', async t => {
  const app = Fastify()
  t.after(() => app.close())
  await assert.rejects(async () => app.register(auth), /config/)
})

function signAs(alg: string, digest: string): string {
  const input = signToken(claims, { header: { alg } }).split('.').slice(0, 2).join('.')
  return `${input}.${createHmac(digest, TEST_SECRET).update(input).digest('base64url')}`
}

function tamper(token: string, content: object): string {
  const [head, , signature] = token.split('.')
  return [head, Buffer.from(JSON.stringify(content)).toString('base64url'), signature].join('.')
}
