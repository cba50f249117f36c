import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigError, type ConfigSources, configKeys, fileNameOf, loadConfig } from '../../../src/config.ts'

test('every fault is named at once, in the order of the settings', () => {
  const faults = faultsOf({
    env: {
      ARQONBUS_ENVIRONMENT: 'prod',
      ARQONBUS_SERVER_PORT: 'ninety',
      ARQONBUS_ENABLE_AUTH: 'on',
      ARQONBUS_AUTH_JWT_SECRET: 'hunter2',
      ARQONBUS_MAX_CONNECTIONS: '0',
      ARQONBUS_STORAGE_BACKEND: 'redis',
      ARQONBUS_MAX_CONECTIONS: '1'
    },
    flags: { telemetryPort: '65536', broker: 'rabbit' }
  })
  assert.deepEqual(faults, [
    'ARQONBUS_SERVER_PORT is "ninety": it must be a whole number from 0 to 65535',
    '--telemetry-port is "65536": it must be a whole number from 0 to 65535',
    '--broker is "rabbit": it must be one of memory, nats',
    'ARQONBUS_STORAGE_BACKEND is "redis": this store is not supported; what must outlive the process belongs to the broker `nats`',
    'ARQONBUS_MAX_CONNECTIONS is "0": it must be a whole number from 1 to 1000000',
    'ARQONBUS_AUTH_JWT_SECRET has 7 bytes: HS256 with ARQONBUS_ENABLE_AUTH needs at least 32 bytes',
    'ARQONBUS_MAX_CONECTIONS is not a known variable; did you mean ARQONBUS_MAX_CONNECTIONS?'
  ])
})

test('a fault shows no more than the beginning of a long value', () => {
  assert.ok((faultsOf({ env: { ARQONBUS_SERVER_PORT: 'x'.repeat(100_000) } })[0] ?? '').length < 200)
})

test('any text of any variable and flag makes a configuration or a ConfigError', () => {
  const names = configKeys.flatMap(key => [...key.env, ...key.env.map(fileNameOf)])
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom('true', 'prod', 'nats', 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A', '1', '-0')
  )
  const env = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...names),
      fc.string().map(tail => `ARQONBUS_${tail}`)
    ),
    texts
  )
  const flags = fc.dictionary(fc.oneof(fc.constantFrom(...configKeys.map(key => key.name)), fc.string()), texts)
  fc.assert(
    fc.property(env, flags, texts, (env, flags, content) => {
      try {
        loadConfig({ env, flags, readFile: () => content })
      } catch (error) {
        assert.ok(error instanceof ConfigError)
        assert.ok(error.faults.length > 0)
      }
    }),
    { numRuns: 500 }
  )
})

test('what a check finds is told beside the other faults, and looks at defaults where a value is wrong', () => {
  const check: ConfigSources['check'] = ({ port }) => [`port ${port} is taken`]
  const env = { ARQONBUS_SERVER_PORT: 'many' }
  const [fault = '', ...others] = faultsOf({ env, check })
  assert.match(fault, /^ARQONBUS_SERVER_PORT is "many"/)
  assert.deepEqual(others, ['port 9100 is taken'])
})

test('what a check finds in settings that are right one by one comes with the configuration', () => {
  assert.throws(
    () => loadConfig({ env: {}, check: () => ['no'] }),
    (error: unknown) => error instanceof ConfigError && error.faults[0] === 'no' && error.config?.port === 9100
  )
  assert.equal(loadConfig({ env: {}, check: () => [] }).config.port, 9100)
})

function faultsOf(sources: Partial<ConfigSources>): readonly string[] {
  try {
    loadConfig({ env: {}, ...sources })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  assert.fail('the configuration is accepted')
}
