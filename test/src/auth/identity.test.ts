import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL } from '../../../src/auth/capabilities.ts'
import type { ClaimRules } from '../../../src/auth/claims.ts'
import type { Fields } from '../../../src/auth/fields.ts'
import { anonymousIdentity, type Identity, identityFromClaims, isAdminOfAll } from '../../../src/auth/identity.ts'
import { BusError } from '../../../src/errors.ts'

const nowSeconds = 1_767_225_600
const rules: ClaimRules = {
  nowMs: nowSeconds * 1000,
  toleranceSeconds: 5,
  maxLifeSeconds: 86_400,
  issuer: undefined,
  audience: undefined
}
const valid = { sub: 'user-1', iat: nowSeconds, exp: nowSeconds + 3600 }

function identify(claims: unknown, query: Fields = {}, more: Partial<ClaimRules> = {}): Identity {
  return identityFromClaims(claims, query, { ...rules, ...more })
}

/** The faults of what is refused with the code. */
function faultsOf(code: string, run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof BusError)
    assert.equal(error.code, code)
    return error.faults
  }
  assert.fail('nothing was refused')
}

test('an anonymous identity is a human of the given role in the default tenant', () => {
  assert.deepEqual(anonymousIdentity('admin', {}), {
    subject: undefined,
    role: 'admin',
    tenant: 'default',
    capabilities: ALL,
    expiresAtMs: undefined,
    clientType: 'human',
    screenName: undefined,
    avatar: undefined,
    personality: undefined,
    room: undefined,
    channel: undefined
  })
})

test('an operator is a superadmin of any tenant, and an admin who is of none in particular', () => {
  const asked = (['user', 'admin', 'superadmin'] as const).map(role => [
    isAdminOfAll(identify({ ...valid, role })),
    isAdminOfAll(identify({ ...valid, role, tenant_id: 'acme' }))
  ])
  assert.deepEqual(asked, [
    [false, false],
    [true, false],
    [true, true]
  ])
})

test('an anonymous identity takes the client fields from the query', () => {
  const { clientType, screenName, avatar, personality, room, channel } = anonymousIdentity('user', {
    client_type: 'ai-agent',
    screen_name: 'Ada 🚀',
    avatar: 'owl',
    personality: 'curious',
    room: 'science',
    channel: 'explore'
  })
  assert.deepEqual(
    [clientType, screenName, avatar, personality, room, channel],
    ['ai-agent', 'Ada 🚀', 'owl', 'curious', 'science', 'explore']
  )
})

test('a query never gives role, tenant, subject or capabilities', () => {
  const query = JSON.parse(
    '{"role":"admin","tenant_id":"other","sub":"root","channels":{},"__proto__":{"role":"admin","client_type":"service","room":"x"}}'
  )
  assert.deepEqual(anonymousIdentity('user', query), anonymousIdentity('user', {}))
  assert.deepEqual(identify(valid, query), identify(valid))
})

test('a field that only the prototype brings in is not there', () => {
  assert.equal(anonymousIdentity('user', Object.create({ client_type: 'service' })).clientType, 'human')
  const inherited = Object.assign(Object.create({ role: 'admin', tenant_id: 'other' }), valid)
  assert.deepEqual(identify(inherited), identify(valid))
  assert.deepEqual(
    identify(JSON.parse(`{"__proto__":{"role":"admin"},"exp":${valid.exp},"sub":"user-1"}`)),
    identify(valid)
  )
})

test('a room of the query may hold its channel', () => {
  const { room, channel } = anonymousIdentity('user', { room: 'science:explore' })
  assert.deepEqual([room, channel], ['science', 'explore'])
})

test('empty fields of a query count as absent', () => {
  const query = { client_type: '', screen_name: '', avatar: '', personality: '', room: '', channel: '' }
  assert.deepEqual(anonymousIdentity('user', query), anonymousIdentity('user', {}))
})

test('fields up to their bounds are accepted', () => {
  const text = 'x'.repeat(256)
  const identity = anonymousIdentity('user', { client_type: 'z'.repeat(32), screen_name: text, room: 'r'.repeat(64) })
  assert.deepEqual([identity.clientType.length, identity.screenName, identity.room?.length], [32, text, 64])
})

const badQueries: readonly [title: string, query: Fields, fault: RegExp][] = [
  ['a client type in capitals', { client_type: 'Human' }, /^client_type/],
  ['a client type of 33 characters', { client_type: 'z'.repeat(33) }, /^client_type/],
  ['a client type given twice', { client_type: ['human', 'service'] }, /^client_type/],
  ['a screen name of 257 characters', { screen_name: 'x'.repeat(257) }, /^screen_name/],
  ['a screen name with a line break', { screen_name: 'a\nb' }, /^screen_name/],
  ['an avatar with half a surrogate pair', { avatar: 'a\ud800' }, /^avatar/],
  ['a personality given twice', { personality: ['a', 'b'] }, /^personality/],
  ['a room that is no name', { room: '../etc' }, /^room/],
  ['a room called __proto__', { room: '__proto__' }, /^room/],
  ['a room of two colons', { room: 'a:b:c' }, /^room/],
  ['a room that ends with its colon', { room: 'a:' }, /^room/],
  ['a room that begins with its colon', { room: ':a' }, /^room/],
  ['a room given twice', { room: ['a', 'b'] }, /^room/],
  ['a channel that is no name', { room: 'a', channel: 'b c' }, /^channel/],
  ['a channel without a room', { channel: 'a' }, /^channel/],
  ['a channel beside another one in the room', { room: 'a:b', channel: 'c' }, /^channel/]
]

for (const [title, query, fault] of badQueries) {
  test(`a query with ${title} is refused`, () => {
    for (const run of [() => anonymousIdentity('user', query), () => identify(valid, query)]) {
      const faults = faultsOf('BAD_HANDSHAKE', run)
      assert.equal(faults.length, 1)
      assert.match(faults[0]!, fault)
    }
  })
}

test('every fault of a query is named, and no value', () => {
  const query = {
    client_type: 'SECRET',
    screen_name: 'SECRET\0',
    avatar: ['SECRET'],
    room: 'SECRET!',
    channel: 'SECRET?'
  }
  const faults = faultsOf('BAD_HANDSHAKE', () => anonymousIdentity('user', query))
  assert.deepEqual(faults.map(fault => fault.split(' ')[0]).sort(), [
    'avatar',
    'channel',
    'client_type',
    'room',
    'screen_name'
  ])
  assert.doesNotMatch(faults.join(), /SECRET/)
})

test('claims give subject, role, tenant, capabilities and end', () => {
  const identity = identify({ ...valid, role: 'Admin', tenant_id: 'acme', channels: { publish: ['lab:*'] } })
  assert.equal(identity.subject, 'user-1')
  assert.equal(identity.role, 'admin')
  assert.equal(identity.tenant, 'acme')
  assert.equal(identity.capabilities.mayPublish('lab:a'), true)
  assert.equal(identity.capabilities.maySubscribe('lab:a'), false)
  assert.equal(identity.expiresAtMs, valid.exp * 1000)
})

test('claims that only end are a user without a name in the default tenant', () => {
  const { subject, role, tenant, capabilities, clientType } = identify({ exp: valid.exp })
  assert.deepEqual([subject, role, tenant, clientType], [undefined, 'user', 'default', 'human'])
  assert.equal(capabilities, ALL)
})

test('client fields of the claims win over those of the query', () => {
  const claims = { ...valid, client_type: 'service', screen_name: 'Claimed', room: 'lab', channel: 'in' }
  const query = { client_type: 'human', screen_name: 'Said', avatar: 'owl', room: 'lobby', channel: 'out' }
  const { clientType, screenName, avatar, room, channel } = identify(claims, query)
  assert.deepEqual([clientType, screenName, avatar, room, channel], ['service', 'Claimed', 'owl', 'lab', 'in'])
})

const addresses: readonly [title: string, claims: Fields, query: Fields, address: string][] = [
  ['the query alone', {}, { room: 'lobby', channel: 'out' }, 'lobby:out'],
  ['a claimed room and the channel of the query', { room: 'lab' }, { channel: 'out' }, 'lab:out'],
  ['a claimed room and the channel of the same room', { room: 'lab' }, { room: 'lab:out' }, 'lab:out'],
  ['a claimed room without the channel of another room', { room: 'lab' }, { room: 'lobby:out' }, 'lab:undefined'],
  ['a claimed room with its channel', { room: 'lab:in' }, { channel: 'out' }, 'lab:in']
]

for (const [title, claims, query, address] of addresses) {
  test(`the initial address is ${title}`, () => {
    const { room, channel } = identify({ ...valid, ...claims }, query)
    assert.equal(`${room}:${channel}`, address)
  })
}

const badClaims: readonly [title: string, claims: unknown, fault: RegExp][] = [
  ['are a list', [valid], /claims/],
  ['are null', null, /claims/],
  ['are text', 'admin', /claims/],
  ['have no exp', { sub: 'user-1' }, /^exp is missing/],
  ['never end', JSON.parse('{"exp": 1e999}'), /^exp is not/],
  ['end with a fraction', { exp: valid.exp + 0.5 }, /^exp is not/],
  ['end at text', { exp: String(valid.exp) }, /^exp is not/],
  ['end at null', { exp: null }, /^exp is not/],
  ['end beyond safe integers', { exp: 2 ** 53 }, /^exp is not/],
  ['ended long ago', { exp: nowSeconds - 3600 }, /^exp has passed/],
  ['ended before the epoch', { exp: -1 }, /^exp has passed/],
  ['live too long from iat', { iat: nowSeconds, exp: nowSeconds + 86_406 }, /^exp allows/],
  ['live too long from now', { exp: nowSeconds + 86_406 }, /^exp allows/],
  ['lived too long already', { iat: nowSeconds - 90_000, exp: nowSeconds + 60 }, /^exp allows/],
  ['begin in the future', { ...valid, nbf: nowSeconds + 6 }, /^nbf lies/],
  ['begin at text', { ...valid, nbf: '1' }, /^nbf is not/],
  ['begin with a fraction', { ...valid, nbf: 1.5 }, /^nbf is not/],
  ['were issued in the future', { ...valid, iat: nowSeconds + 6 }, /^iat lies/],
  ['were issued at infinity', JSON.parse(`{"exp": ${valid.exp}, "iat": -1e999}`), /^iat is not/],
  ['have an empty sub', { ...valid, sub: '' }, /^sub/],
  ['have a number as sub', { ...valid, sub: 1 }, /^sub/],
  ['have null as sub', { ...valid, sub: null }, /^sub/],
  ['have a sub of 257 characters', { ...valid, sub: 'x'.repeat(257) }, /^sub/],
  ['have a sub with a control character', { ...valid, sub: 'a\0' }, /^sub/],
  ['have a list as role', { ...valid, role: ['admin'] }, /^role/],
  ['have null as role', { ...valid, role: null }, /^role/],
  ['have a number as tenant', { ...valid, tenant_id: 1 }, /^tenant_id/],
  ['have null as tenant', { ...valid, tenant_id: null }, /^tenant_id/],
  ['have a list as tenant', { ...valid, tenant_id: ['acme'] }, /^tenant_id/],
  ['have an empty tenant', { ...valid, tenant_id: '' }, /^tenant_id/],
  ['have a tenant that is no name', { ...valid, tenant_id: 'a/b' }, /^tenant_id/],
  ['have __proto__ as tenant', { ...valid, tenant_id: '__proto__' }, /^tenant_id/],
  ['have misshapen capabilities', { ...valid, channels: { publish: '*' } }, /^channels/],
  ['have null as capabilities', { ...valid, channels: null }, /^channels/],
  ['have a list as client type', { ...valid, client_type: ['human'] }, /^client_type/],
  ['have a room that is no name', { ...valid, room: 'a b' }, /^room/],
  ['have a channel without a room', { ...valid, channel: 'a' }, /^channel/]
]

for (const [title, claims, fault] of badClaims) {
  test(`claims that ${title} are refused`, () => {
    const faults = faultsOf('AUTH_INVALID', () => identify(claims))
    assert.equal(faults.length, 1, faults.join())
    assert.match(faults[0]!, fault)
  })
}

test('a channel of the claims stands for itself even beside a room of the query', () => {
  faultsOf('AUTH_INVALID', () => identify({ ...valid, channel: 'a' }, { room: 'lab' }))
})

test('every fault of the claims is named, in the message too, and no value', () => {
  const claims = { exp: 'SECRET', sub: '', role: {}, tenant_id: 'SECRET!', channels: 'SECRET', client_type: 'SECRET' }
  const faults = faultsOf('AUTH_INVALID', () => identify(claims))
  assert.deepEqual(
    faults.map(fault => fault.split(' ')[0]),
    ['exp', 'sub', 'role', 'tenant_id', 'channels', 'client_type']
  )
  assert.doesNotMatch(faults.join(), /SECRET/)
  assert.throws(() => identify(claims), { message: `Token refused: ${faults.join('; ')}` })
})

test('a fault of the claims comes before one of the query', () => {
  faultsOf('AUTH_INVALID', () => identify({ ...valid, role: 1 }, { room: '!' }))
})

test('an end within the tolerance is accepted, at the tolerance it is not', () => {
  assert.equal(identify({ exp: nowSeconds - 4 }).expiresAtMs, (nowSeconds - 4) * 1000)
  faultsOf('AUTH_INVALID', () => identify({ exp: nowSeconds - 5 }))
})

test('a beginning within the tolerance is accepted', () => {
  assert.equal(identify({ ...valid, nbf: nowSeconds + 5, iat: nowSeconds + 5 }).subject, 'user-1')
})

test('a life up to the bound is accepted', () => {
  assert.equal(identify({ iat: nowSeconds, exp: nowSeconds + 86_400 }).role, 'user')
  assert.equal(identify({ exp: nowSeconds + 86_400 }).role, 'user')
})

test('the issuer is checked when one is expected', () => {
  assert.equal(identify({ ...valid, iss: 'https://id.example' }, {}, { issuer: 'https://id.example' }).role, 'user')
  for (const iss of ['https://other.example', undefined, ['https://id.example']]) {
    faultsOf('AUTH_INVALID', () => identify({ ...valid, iss }, {}, { issuer: 'https://id.example' }))
  }
})

test('the audience is checked when one is expected, alone or in a list', () => {
  for (const aud of ['bus', ['other', 'bus']]) {
    assert.equal(identify({ ...valid, aud }, {}, { audience: 'bus' }).role, 'user')
  }
  for (const aud of ['other', ['other'], [], undefined, { bus: true }, 'buses']) {
    faultsOf('AUTH_INVALID', () => identify({ ...valid, aud }, {}, { audience: 'bus' }))
  }
})

test('issuer and audience are not checked when none is expected', () => {
  assert.equal(identify({ ...valid, iss: 'anyone', aud: 'anything' }).role, 'user')
})
