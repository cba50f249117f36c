import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Authenticator, createAuthenticator, createOpenDoor } from '../../../src/auth/authenticator.ts'
import { createVerifier } from '../../../src/auth/verifier.ts'
import { BusError } from '../../../src/errors.ts'
import { FakeClock } from '../../support/clock.ts'
import { validClaims } from '../../support/tokens.ts'

const clock = new FakeClock()

/** An authenticator that takes JSON for tokens: signatures are the verifier's concern. */
function createDoor(allowQueryToken = true): Authenticator {
  return createAuthenticator({
    clock,
    verifier: createVerifier(token => JSON.parse(token)),
    allowQueryToken,
    toleranceSeconds: 5,
    maxLifeSeconds: 86_400,
    issuer: undefined,
    audience: undefined
  })
}

const token = JSON.stringify(validClaims(clock.now(), { role: 'admin' }))
const authorization = `Bearer ${token}`

test('a good token gives its identity, with client fields of the query', async () => {
  const identity = await createDoor().authenticate({ headers: { authorization }, query: { client_type: 'service' } })
  assert.equal(identity.subject, 'user-1')
  assert.equal(identity.role, 'admin')
  assert.equal(identity.clientType, 'service')
})

test('a request without a token is AUTH_REQUIRED', async () => {
  await assert.rejects(createDoor().authenticate({ headers: {}, query: {} }), {
    code: 'AUTH_REQUIRED',
    message: 'Unauthorized',
    faults: ['Missing bearer token']
  })
})

test('a token in the query counts only where it may', async () => {
  assert.equal((await createDoor(true).authenticate({ headers: {}, query: { token } })).subject, 'user-1')
  await assert.rejects(createDoor(false).authenticate({ headers: {}, query: { token } }), { code: 'AUTH_REQUIRED' })
})

test('a bad token is AUTH_INVALID and says why only in its cause', async () => {
  for (const text of ['not-json', JSON.stringify({ exp: 1 }), '[]', 'null']) {
    await assert.rejects(
      createDoor().authenticate({ headers: { authorization: `Bearer ${text}` }, query: {} }),
      error => {
        assert.ok(error instanceof BusError)
        assert.equal(error.code, 'AUTH_INVALID')
        assert.equal(error.message, 'Unauthorized')
        assert.deepEqual(error.faults, ['Invalid token'])
        assert.ok(error.cause instanceof BusError)
        assert.match(error.cause.message, /^Token refused: /)
        return true
      }
    )
  }
})

test('a query at fault is refused, but only behind a good token', async () => {
  const query = { room: 'no name' }
  await assert.rejects(createDoor().authenticate({ headers: { authorization }, query }), {
    code: 'BAD_HANDSHAKE',
    faults: ['room is not a name']
  })
  await assert.rejects(createDoor().authenticate({ headers: {}, query }), { code: 'AUTH_REQUIRED' })
  await assert.rejects(createDoor().authenticate({ headers: { authorization: 'Bearer x' }, query }), {
    code: 'AUTH_INVALID'
  })
})

test('an error about keys comes through as it is', async () => {
  const overloaded = new BusError('OVERLOADED')
  const door = createAuthenticator({
    clock,
    verifier: { verify: () => Promise.reject(overloaded) },
    allowQueryToken: false,
    toleranceSeconds: 5,
    maxLifeSeconds: 60,
    issuer: undefined,
    audience: undefined
  })
  await assert.rejects(door.identify('token'), overloaded)
})

test('a token presented in band gives its identity', async () => {
  assert.equal((await createDoor().identify(token)).role, 'admin')
  await assert.rejects(createDoor().identify('not-json'), { code: 'AUTH_INVALID', faults: ['Invalid token'] })
})

test('a query that is no object is an empty one', async () => {
  for (const query of [undefined, null, 'room=a']) {
    assert.equal((await createDoor().authenticate({ headers: { authorization }, query })).room, undefined)
  }
})

test('the open door gives everyone its role and looks at no token', async () => {
  const door = createOpenDoor('user')
  const identity = await door.authenticate({
    headers: { authorization },
    query: { token: ['a', 'b'], role: 'admin', screen_name: 'Ada' }
  })
  assert.equal(identity.role, 'user')
  assert.equal(identity.tenant, 'default')
  assert.equal(identity.subject, undefined)
  assert.equal(identity.screenName, 'Ada')
  assert.equal((await door.identify(token)).role, 'user')
})

test('the open door refuses a query at fault', async () => {
  await assert.rejects(createOpenDoor('user').authenticate({ headers: {}, query: { room: '!' } }), {
    code: 'BAD_HANDSHAKE'
  })
})
