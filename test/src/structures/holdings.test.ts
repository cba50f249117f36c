import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../../src/errors.ts'
import { type Asker, type Held, Holdings } from '../../../src/structures/holdings.ts'

const ada: Asker = { id: 'ada', tenant: 'north', isAdmin: false }
const bob: Asker = { id: 'bob', tenant: 'north', isAdmin: false }
const chief: Asker = { id: 'chief', tenant: 'north', isAdmin: true }
const stranger: Asker = { id: 'stranger', tenant: 'south', isAdmin: true }

let made = 0

function setHoldings(bounds: { perClient?: number; perTenant?: number; perProcess?: number } = {}) {
  const holdings = new Holdings<Held>({ noun: 'things', perClient: 9, perTenant: 9, perProcess: 9, ...bounds })
  function give(asker: Asker, lifetime: Held['lifetime'] = 'connection'): Held {
    holdings.check(asker, lifetime)
    const thing: Held = { id: `t${++made}`, tenant: asker.tenant, ownerId: asker.id, lifetime }
    holdings.add(thing)
    return thing
  }
  return { holdings, give }
}

function refused(code: ErrorCode, message?: RegExp) {
  return (error: { code?: string; message: string }) =>
    error.code === code && (message === undefined || message.test(error.message))
}

test('whoever owns something finds it, and an admin finds everything of the tenant', () => {
  const { holdings, give } = setHoldings()
  const [mine, other] = [give(ada), give(bob)]
  assert.deepEqual([holdings.list(ada), holdings.list(bob), holdings.list(chief)], [[mine], [other], [mine, other]])
  assert.equal(holdings.require(ada, mine.id), mine)
  assert.equal(holdings.require(chief, mine.id), mine)
})

test('what somebody else of the tenant owns is refused, and what another tenant owns is not there', () => {
  const { holdings, give } = setHoldings()
  const mine = give(ada)
  assert.throws(() => holdings.require(bob, mine.id), refused('AUTHORIZATION_ERROR'))
  assert.throws(() => holdings.require(stranger, mine.id), refused('NOT_FOUND'))
  assert.throws(() => holdings.require(ada, 'nothing'), refused('NOT_FOUND'))
  assert.deepEqual(holdings.list(stranger), [])
})

test('only an admin makes things that outlive a connection', () => {
  const { give } = setHoldings()
  assert.throws(() => give(ada, 'tenant'), refused('AUTHORIZATION_ERROR'))
  assert.equal(give(chief, 'tenant').lifetime, 'tenant')
})

test('what lives as its owner is connected goes with it, and what belongs to the tenant stays', () => {
  const { holdings, give } = setHoldings()
  const [short, long, other] = [give(chief), give(chief, 'tenant'), give(bob)]
  assert.deepEqual(holdings.dropOwner('chief'), [short])
  assert.deepEqual(holdings.dropOwner('chief'), [])
  assert.deepEqual([...holdings.ofTenant('north')], [long, other])
  assert.equal(holdings.size, 2)
})

test('each bound holds at its number and not before', () => {
  for (const [bounds, sentence, askers] of [
    [{ perClient: 2 }, /a client can have 2 things/, [ada, ada, ada]],
    [{ perTenant: 2 }, /a tenant can have 2 things/, [ada, bob, chief]],
    [{ perProcess: 2 }, /the server can have 2 things/, [ada, stranger, bob]]
  ] as const) {
    const { give } = setHoldings(bounds)
    const [first, second, third] = askers
    give(first)
    give(second)
    assert.throws(() => give(third), refused('LIMIT_EXCEEDED', sentence))
  }
})

test('what belongs to the tenant does not count for whoever made it, and what is deleted counts no more', () => {
  const { holdings, give } = setHoldings({ perClient: 1, perTenant: 3 })
  give(chief, 'tenant')
  give(chief, 'tenant')
  const last = give(chief)
  assert.throws(() => give(ada), refused('LIMIT_EXCEEDED', /tenant/))
  assert.deepEqual([holdings.delete(last), holdings.delete(last)], [true, false])
  give(ada)
  assert.deepEqual([...holdings.values()].length, 3)
})

test('what is about to be added takes up room already, for its owner, its tenant and the server', () => {
  const { holdings, give } = setHoldings({ perClient: 1, perTenant: 2, perProcess: 3 })
  const coming: Held = { id: 'coming', tenant: 'north', ownerId: 'ada', lifetime: 'connection' }
  const letGo = holdings.reserve(coming)
  assert.throws(() => give(ada), refused('LIMIT_EXCEEDED', /a client can have 1 things/))
  give(bob)
  assert.throws(() => give(chief), refused('LIMIT_EXCEEDED', /a tenant can have 2 things/))
  give(stranger)
  assert.throws(() => give(stranger, 'tenant'), refused('LIMIT_EXCEEDED', /the server can have 3 things/))
  letGo()
  give(ada)
})

test('what has been added does not count twice', () => {
  const { holdings, give } = setHoldings({ perTenant: 2 })
  const thing: Held = { id: 'thing', tenant: 'north', ownerId: 'ada', lifetime: 'connection' }
  holdings.reserve(thing)
  holdings.add(thing)
  give(bob)
  assert.throws(() => give(bob), refused('LIMIT_EXCEEDED'))
})
