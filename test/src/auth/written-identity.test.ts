import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from '../../../src/auth/capabilities.ts'
import type { Identity } from '../../../src/auth/identity.ts'
import { readIdentity, writeIdentity } from '../../../src/auth/written-identity.ts'
import { identityOf } from '../../support/bus.ts'

function passOn(identity: Identity): Identity {
  return readIdentity(JSON.parse(JSON.stringify(writeIdentity(identity))))
}

test('an identity is the same on another node', () => {
  const identity = identityOf({
    subject: 'ada',
    role: 'admin',
    tenant: 'north',
    expiresAtMs: 1_800_000_000_000,
    clientType: 'service',
    screenName: 'Ada',
    room: 'lab'
  })
  assert.deepEqual(passOn(identity), identity)
  assert.deepEqual(passOn(identityOf()), identityOf())
})

test('what it may do is the same: everything, some places, nothing', () => {
  assert.ok(passOn(identityOf()).capabilities.mayPublish('lab:*'))
  const some = parseCapabilities({ publish: ['lab:*'] }, [])
  const { capabilities } = passOn(identityOf({ capabilities: some }))
  assert.deepEqual(
    ['lab:one', 'science:one'].map(target => capabilities.mayPublish(target)),
    [true, false]
  )
  assert.equal(capabilities.maySubscribe('lab:one'), false)
  const none = passOn(identityOf({ capabilities: parseCapabilities({}, []) }))
  assert.equal(none.capabilities.mayPublish('lab:one'), false)
})

test('what is no identity is refused, and gives no permission', () => {
  const written = { role: 'user', tenant: 'default', clientType: 'human' }
  assert.equal(readIdentity(written).role, 'user')
  const faults: readonly unknown[] = [
    undefined,
    'ada',
    {},
    { ...written, role: 'root' },
    { ...written, tenant: '*' },
    { ...written, channels: null },
    { ...written, channels: { publish: ['lab:*'] } },
    { ...written, channels: { publish: [''], subscribe: [] } },
    { ...written, expiresAtMs: 'never' }
  ]
  for (const fault of faults) assert.throws(() => readIdentity(fault), Error, JSON.stringify(fault))
})
