import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  ConfigError,
  type ConfigKey,
  ConfigSchema,
  type ConfigSources,
  configKeys,
  loadConfig
} from '../../src/config.ts'

const publicKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()
const secret = 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A'

/** Texts that a key accepts, with the values they become. */
const accepted: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  nodeName: [['node-1', 'node-1']],
  host: [
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['bus.example.com', 'bus.example.com']
  ],
  telemetryHost: [['::', '::']],
  httpHost: [[' localhost ', 'localhost']],
  allowedOrigins: [
    ['*', ['*']],
    ['https://a.example, http://localhost:3000', ['https://a.example', 'http://localhost:3000']],
    ['app://bundle', ['app://bundle']],
    [',', []]
  ],
  trustProxy: [
    ['true', true],
    ['off', false],
    ['0', false],
    ['1', 1],
    ['10.0.0.0/8, ::1,loopback', ['10.0.0.0/8', '::1', 'loopback']]
  ],
  authJwtSecret: [[` ${secret}`, ` ${secret}`]],
  authJwtPublicKey: [
    [publicKey, publicKey.trim()],
    [publicKey.replaceAll('\n', '\\n'), publicKey.trim()]
  ],
  authJwksUrl: [['https://id.example/keys', 'https://id.example/keys']],
  authIssuer: [['https://id.example/', 'https://id.example/']],
  authAudience: [['arqonbus', 'arqonbus']],
  natsUrl: [['nats://u:p@a:4222,tls://b', 'nats://u:p@a:4222,tls://b']],
  natsCreds: [['/run/secrets/nats.creds', '/run/secrets/nats.creds']],
  omegaLabRoom: [['lab', 'lab']],
  omegaLabChannel: [['notes', 'notes']],
  logLevel: [
    ['WARNING', 'warn'],
    ['critical', 'fatal'],
    ['DEBUG', 'debug']
  ],
  authJwtAlgorithm: [['eddsa', 'EdDSA']],
  casilScopeInclude: [['secure-*, pii-*', ['secure-*', 'pii-*']]],
  casilScopeExclude: [['*:public', ['*:public']]],
  casilRedactionPaths: [
    ['password,card', ['password', 'card']],
    [',', []]
  ],
  casilRedactionPatterns: [
    ['AKIA[0-9A-Z]{16}, (?i)passphrase', ['AKIA[0-9A-Z]{16}', '(?i)passphrase']],
    ['["[0-9]{4,16}", "a"]', ['[0-9]{4,16}', 'a']],
    ['[0-9]+', ['[0-9]+']]
  ],
  webhookAllowCidrs: [['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']]],
  casilNeverLogPayloadFor: [['health-*:*', ['health-*:*']]]
}

/** Texts that a key refuses. */
const refused: Readonly<Record<string, readonly string[]>> = {
  nodeName: ['a b', '__proto__', 'x'.repeat(65)],
  host: ['http://localhost', 'a b'],
  telemetryHost: ['a/b'],
  httpHost: ['[::1]'],
  allowedOrigins: [
    'https://a.example/',
    'HTTPS://a.example',
    'https://*.example',
    'a.example',
    'null',
    'https://a.example:443'
  ],
  trustProxy: ['101', '-1', '10.0.0.0/33', '10.0.0.0/8/8', 'fe80::1%eth0', 'proxy.example', '10.0.0.0/x'],
  authJwtPublicKey: [
    'not a key',
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  ],
  authJwksUrl: ['ftp://id.example', 'id.example', 'https://user:hidden@id.example'],
  natsUrl: ['http://a', 'wss://a', 'nats://a,', 'nats://u:hidden@a,x'],
  omegaLabRoom: ['a:b'],
  omegaLabChannel: ['constructor'],
  broker: ['rabbit', 'kafka'],
  natsReplicas: ['2', '0'],
  storageBackend: ['redis', 'VALKEY', 'postgres', 'file'],
  webhookAllowCidrs: ['loopback', '10.0.0.0/33', 'a.example', '::1%lo'],
  casilRedactionPatterns: ['[1]', '["a", ""]', '[{}]']
}

/** Defaults that depend on the environment, in `dev`. */
const computed: Readonly<Record<string, unknown>> = {
  allowQueryToken: true,
  cronMinIntervalMs: 100,
  webhookAllowCidrs: ['127.0.0.0/8', '::1/128']
}

const settable = configKeys.filter(key => key.env.length > 0)

for (const key of settable) {
  describe(key.name, () => {
    test('has a default that the schema describes', () => {
      const expected = key.default ?? computed[key.name]
      assert.deepEqual(load({}).config[key.name], expected)
    })

    test('is read from each of its variables', () => {
      for (const name of key.env) {
        for (const [text, value] of textsFor(key)) {
          assert.deepEqual(
            load({ env: { ARQONBUS_AUTH_JWT_SECRET: secret, [name]: text } }).config[key.name],
            value,
            `${name}=${text}`
          )
        }
      }
    })

    test('is refused by the name of the variable', () => {
      for (const name of key.env) {
        for (const text of badTextsFor(key)) {
          const [fault = '', ...others] = faultsOf({ env: { [name]: text } })
          assert.ok(fault.startsWith(`${name} `), `${name}=${text}: ${fault}`)
          assert.deepEqual(others, [])
          if (key.secret) assert.ok(!fault.includes(text))
        }
      }
    })

    test('is left to its default by an empty variable', () => {
      for (const name of key.env) assert.deepEqual(load({ env: { [name]: '  ' } }), load({}))
    })
  })
}

for (const key of settable.filter(({ flag }) => flag !== undefined)) {
  const [name = ''] = key.env

  test(`--${key.flag} wins over ${name}`, () => {
    const [good = '', value] = textsFor(key)[0] ?? []
    assert.deepEqual(load({ env: { [name]: 'not valid: \n' }, flags: { [key.name]: good } }).config[key.name], value)
    assert.deepEqual(load({ env: { [name]: good }, flags: { [key.name]: '' } }).config[key.name], value)
  })

  test(`--${key.flag} is named when its value is refused`, () => {
    const [bad = ''] = badTextsFor(key)
    assert.match(faultsOf({ flags: { [key.name]: bad } })[0] ?? '', new RegExp(`^--${key.flag} `))
  })
}

test('a flag is not taken for a setting that has none', () => {
  assert.equal(load({ flags: { enableAuth: 'true' } }).config.enableAuth, false)
})

test('names of variables are the names of settings in upper snake case, but for those that are older', () => {
  const older: Readonly<Record<string, string>> = {
    host: 'ARQONBUS_SERVER_HOST',
    port: 'ARQONBUS_SERVER_PORT',
    maxMessageBytes: 'ARQONBUS_MAX_MESSAGE_SIZE'
  }
  for (const key of settable) {
    assert.equal(key.env[0], older[key.name] ?? `ARQONBUS_${key.name.replace(/[A-Z]/g, '_$&').toUpperCase()}`)
  }
})

test('no two settings share a variable or a flag', () => {
  const names = configKeys.flatMap(key => (key.flag === undefined ? key.env : [...key.env, key.flag]))
  assert.equal(new Set(names).size, names.length)
})

test('the sections hold every setting of the schema, once', () => {
  assert.deepEqual(
    configKeys.map(key => key.name),
    Object.keys(ConfigSchema.properties)
  )
})

test('the canonical variable wins over its alias', () => {
  assert.equal(load({ env: { LOG_LEVEL: 'error', ARQONBUS_LOG_LEVEL: 'debug' } }).config.logLevel, 'debug')
})

test('the configuration and its lists are frozen', () => {
  const { config } = load({ env: { ARQONBUS_ALLOWED_ORIGINS: 'https://a.example' } })
  assert.ok(Object.isFrozen(config))
  assert.ok(Object.isFrozen(config.allowedOrigins))
})

test('the port for operators counts as explicit only if it was set, also to its default', () => {
  assert.equal(load({}).config.httpPortIsExplicit, false)
  assert.equal(load({ env: { ARQONBUS_HTTP_PORT: '8080' } }).config.httpPortIsExplicit, true)
  assert.equal(load({ flags: { httpPort: '0' } }).config.httpPortIsExplicit, true)
})

test('the port of the telemetry socket counts as explicit only if it was set', () => {
  assert.equal(load({ env: { ARQONBUS_HTTP_PORT: '8080' } }).config.telemetryPortIsExplicit, false)
  assert.equal(load({ env: { ARQONBUS_TELEMETRY_PORT: '9101' } }).config.telemetryPortIsExplicit, true)
  assert.equal(load({ flags: { telemetryPort: '0' } }).config.telemetryPortIsExplicit, true)
})

test('what webhooks may reach, and how often a job may fire, depend on whether it is in earnest', () => {
  const env = {
    ARQONBUS_ENVIRONMENT: 'prod',
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A'
  }
  const { webhookAllowCidrs, cronMinIntervalMs } = load({ env }).config
  assert.deepEqual([webhookAllowCidrs, cronMinIntervalMs], [[], 1000])
  assert.deepEqual(load({ env: { ...env, ARQONBUS_CRON_MIN_INTERVAL_MS: '50' } }).config.cronMinIntervalMs, 50)
})

test('tokens in the query string are off by default in prod, and on elsewhere', () => {
  for (const [environment, isAllowed] of [
    ['dev', true],
    ['staging', true],
    ['prod', false]
  ] as const) {
    assert.equal(load({ env: { ARQONBUS_ENVIRONMENT: environment } }).config.allowQueryToken, isAllowed)
  }
})

function load(sources: Partial<ConfigSources>) {
  return loadConfig({ env: {}, ...sources })
}

function faultsOf(sources: Partial<ConfigSources>): readonly string[] {
  try {
    load(sources)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  assert.fail('the configuration is accepted')
}

function textsFor(key: ConfigKey): readonly (readonly [string, unknown])[] {
  return [...(accepted[key.name] ?? []), ...usualTexts(key)].filter(
    ([text]) => !badTextsFor(key).includes(text.toLowerCase())
  )
}

function usualTexts(key: ConfigKey): readonly (readonly [string, unknown])[] {
  if (key.reads === 'integer') return [key.minimum, key.maximum].map(value => [` ${value} `, value])
  if (key.reads === 'choice')
    return (key.enum ?? []).flatMap(word => [
      [word, word],
      [word.toUpperCase(), word]
    ])
  if (key.reads !== 'toggle') return []
  const words = { true: true, YES: true, On: true, 1: true, false: false, no: false, OFF: false, 0: false }
  return Object.entries(words)
}

function badTextsFor(key: ConfigKey): readonly string[] {
  const usual: Partial<Record<ConfigKey['reads'], readonly string[]>> = {
    integer: [
      `${Number(key.minimum) - 1}`,
      `${Number(key.maximum) + 1}`,
      '1.5',
      '1e3',
      '0x10',
      'many',
      '9'.repeat(40),
      'NaN'
    ],
    toggle: ['maybe', '2'],
    choice: ['something else', '__proto__']
  }
  return [...(refused[key.name] ?? []), ...(usual[key.reads] ?? [])]
}
