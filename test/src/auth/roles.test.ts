import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasRole, parseRole, type Role } from '../../../src/auth/roles.ts'

const allowed: readonly [actual: Role, needed: readonly Role[]][] = [
  ['user', ['user']],
  ['admin', ['user', 'admin']],
  ['superadmin', ['user', 'admin', 'superadmin']]
]

for (const [actual, needed] of allowed) {
  test(`a holder of the role ${actual} has exactly: ${needed.join(', ')}`, () => {
    const held = (['user', 'admin', 'superadmin'] as const).filter(role => hasRole(actual, role))
    assert.deepEqual(held, needed)
  })
}

test('an absent claim is the role user', () => {
  assert.equal(parseRole(undefined), 'user')
})

test('admin and superadmin are read in any case of letters', () => {
  assert.deepEqual(['admin', 'Admin', 'ADMIN'].map(parseRole), ['admin', 'admin', 'admin'])
  assert.deepEqual(['superadmin', 'SuperAdmin'].map(parseRole), ['superadmin', 'superadmin'])
})

test('an unknown name is the role user', () => {
  for (const claim of ['', 'root', 'admin ', 'administrator', 'ADMİN', 'ſuperadmin', '__proto__', 'constructor', '0']) {
    assert.equal(parseRole(claim), 'user', claim)
  }
})

test('a claim that is not text is no role', () => {
  for (const claim of [null, true, 1, ['admin'], { admin: true }]) assert.equal(parseRole(claim), undefined)
})
