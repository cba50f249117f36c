import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, inertNames, loadConfig } from '../../../src/config.ts'

const safe = {
  ARQONBUS_ENVIRONMENT: 'prod',
  ARQONBUS_ENABLE_AUTH: 'true',
  ARQONBUS_AUTH_JWT_SECRET: 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A'
}

test('an unknown variable is a warning without its value', () => {
  assert.deepEqual(warningsOf({ ARQONBUS_FOO: 'hidden' }), ['ARQONBUS_FOO is not a known variable'])
})

test('a misspelt variable is told the nearest name', () => {
  assert.deepEqual(warningsOf({ ARQONBUS_SERVER_PROT: '1', ARQONBUS_AUTH_JWT_SECRETS: 'x' }), [
    'ARQONBUS_SERVER_PROT is not a known variable; did you mean ARQONBUS_SERVER_PORT?',
    'ARQONBUS_AUTH_JWT_SECRETS is not a known variable; did you mean ARQONBUS_AUTH_JWT_SECRET?'
  ])
})

test('an unknown variable is a fault in prod, and the error carries the configuration', () => {
  assert.throws(
    () => loadConfig({ env: { ...safe, ARQONBUS_FOO: 'x' } }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(error.faults, ['ARQONBUS_FOO is not a known variable'])
      assert.equal(error.config?.environment, 'prod')
      return true
    }
  )
})

test('an unknown variable is told after the faults, and then the error carries no configuration', () => {
  assert.throws(
    () => loadConfig({ env: { ...safe, ARQONBUS_FOO: 'x', ARQONBUS_SERVER_PORT: 'x' } }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.faults.length, 2)
      assert.equal(error.faults[1], 'ARQONBUS_FOO is not a known variable')
      assert.equal(error.config, undefined)
      return true
    }
  )
})

test('an unknown variable that is empty is not there', () => {
  assert.deepEqual(warningsOf({ ...safe, ARQONBUS_FOO: '' }), [])
})

test('variables of other programs are passed over', () => {
  assert.deepEqual(warningsOf({ ...safe, PATH: '/bin', ARQON_FOO: 'x', arqonbus_foo: 'x' }), [])
})

test('the inert variables, and those that are read elsewhere, are accepted in silence', () => {
  const elsewhere = ['ARQONBUS_BUILD_COMMIT', 'ARQONBUS_BUILD_DATE', 'ARQONBUS_HTTP_URL', 'ARQONBUS_WS_URL']
  for (const name of [...inertNames, ...elsewhere]) assert.deepEqual(warningsOf({ ...safe, [name]: 'x' }), [])
})

test('a misspelt variable for the inspection of contents is told the nearest name', () => {
  assert.deepEqual(warningsOf({ ...safe, ARQONBUS_CASIL_MODE: 'enforce' }), [])
  assert.deepEqual(warningsOf({ ARQONBUS_CASIL_MODES: 'enforce' }), [
    'ARQONBUS_CASIL_MODES is not a known variable; did you mean ARQONBUS_CASIL_MODE?'
  ])
})

test('what Kubernetes adds for a service is passed over', () => {
  const links = {
    ARQONBUS_SERVICE_HOST: '10.0.0.1',
    ARQONBUS_SERVICE_PORT: '9100',
    ARQONBUS_SERVICE_PORT_WS: '9100',
    ARQONBUS_PORT: 'tcp://10.0.0.1:9100',
    ARQONBUS_PORT_9100_TCP: 'tcp://10.0.0.1:9100',
    ARQONBUS_PORT_9100_TCP_PROTO: 'tcp',
    ARQONBUS_OPS_PORT_8080_TCP_ADDR: '10.0.0.1'
  }
  assert.deepEqual(warningsOf({ ...safe, ...links }), [])
  assert.deepEqual(warningsOf({ ARQONBUS_PORT: '9100' }), ['ARQONBUS_PORT is not a known variable'])
})

test('an outbound queue shorter than a message is a warning', () => {
  const [warning = ''] = warningsOf({ ARQONBUS_MAX_OUTBOUND_BYTES: '1048575' })
  assert.match(warning, /^ARQONBUS_MAX_OUTBOUND_BYTES is below ARQONBUS_MAX_MESSAGE_SIZE/)
  assert.deepEqual(warningsOf({ ARQONBUS_MAX_OUTBOUND_BYTES: '1048576' }), [])
})

function warningsOf(env: Record<string, string>): readonly string[] {
  return loadConfig({ env }).warnings
}
