import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NAMESPACE_PATTERN, resolveNamespace } from '../../../src/store/namespace.ts'

const pattern = new RegExp(NAMESPACE_PATTERN)
const of = (tenant: string, isSuperadmin = false) => ({ tenant, isSuperadmin })

test("none, default and the tenant's own name are one namespace, which is shown with the tenant's name", () => {
  for (const given of [undefined, 'default', 'tenant:acme']) {
    assert.deepEqual(resolveNamespace(given, of('acme')), {
      tenant: 'acme',
      namespace: 'default',
      shown: 'tenant:acme'
    })
  }
})

test('without a tenant of its own it is shown as default', () => {
  for (const given of [undefined, 'default', 'tenant:default']) {
    assert.deepEqual(resolveNamespace(given, of('default')), {
      tenant: 'default',
      namespace: 'default',
      shown: 'default'
    })
  }
})

test('any other name is within the tenant and shown as it was given, also that of another tenant', () => {
  for (const given of ['lab', 'umbrella', 'acme']) {
    assert.deepEqual(resolveNamespace(given, of('acme')), { tenant: 'acme', namespace: given, shown: given })
  }
})

test('what is shown leads back to where it came from', () => {
  for (const resident of [of('acme'), of('default'), of('acme', true), of('default', true)]) {
    for (const given of [undefined, 'default', 'lab', `tenant:${resident.tenant}`]) {
      const place = resolveNamespace(given, resident)
      assert.deepEqual(resolveNamespace(place.shown, resident), place)
    }
  }
  const foreign = resolveNamespace('tenant:default', of('acme', true))
  assert.deepEqual(resolveNamespace(foreign.shown, of('acme', true)), foreign)
})

test('the namespace of another tenant is open to a superadmin alone', () => {
  for (const given of ['tenant:umbrella', 'tenant:default'])
    assert.throws(() => resolveNamespace(given, of('acme')), { code: 'AUTHORIZATION_ERROR' })
  assert.deepEqual(resolveNamespace('tenant:umbrella', of('acme', true)), {
    tenant: 'umbrella',
    namespace: 'default',
    shown: 'tenant:umbrella'
  })
})

for (const name of ['a', 'default', 'tenant', 'tenant:acme', 'A.b_c-9', 'x'.repeat(64), `tenant:${'x'.repeat(64)}`]) {
  test(`${name.slice(0, 20)} can name a namespace`, () => assert.ok(pattern.test(name)))
}

for (const name of [
  '',
  'tenant:',
  'tenant:tenant:a',
  'Tenant:a',
  'room:a',
  '.a',
  'a b',
  'a/b',
  'constructor',
  'prototype',
  '__proto__',
  'tenant:__proto__',
  'tenant:constructor',
  'x'.repeat(65),
  'a\n'
]) {
  test(`${JSON.stringify(name.slice(0, 20))} cannot name a namespace`, () => assert.ok(!pattern.test(name)))
}
