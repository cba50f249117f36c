import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError, configKeys, fileNameOf, loadConfig } from '../../../src/config.ts'

const secret = 'Vq3u8xZk1mTfW7rYbN5cJdL0hGsPoE2A'
const FILE = 'ARQONBUS_AUTH_JWT_SECRET_FILE'

test('a secret is read from the file that its variable names, without the line break at its end', t => {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'secret')
  writeFileSync(path, `${secret}\r\n`)
  assert.equal(loadConfig({ env: { [FILE]: path } }).config.authJwtSecret, secret)
})

test('the keys and nothing else may come from files', () => {
  const names = configKeys.filter(key => key.file).map(key => key.name)
  assert.deepEqual(names, ['authJwtSecret', 'authJwtPublicKey'])
  const [warning] = loadConfig({ env: { ARQONBUS_NATS_URL_FILE: '/x' } }).warnings
  assert.match(warning ?? '', /^ARQONBUS_NATS_URL_FILE is not a known variable/)
})

test('a file that cannot be read is a fault with the reason', () => {
  assert.deepEqual(faultsOf({ [FILE]: '/nowhere/at/all' }), [`${FILE} names a file that cannot be read (ENOENT)`])
  assert.deepEqual(faultsOf({ [FILE]: tmpdir() }), [`${FILE} names a file that cannot be read (EISDIR)`])
})

test('a failure without a code has an unknown reason', () => {
  const readFile = () => {
    throw new Error('the text of the secret')
  }
  assert.deepEqual(faultsOf({ [FILE]: 'x' }, readFile), [`${FILE} names a file that cannot be read (unknown reason)`])
})

test('an empty file is a fault', () => {
  assert.deepEqual(
    faultsOf({ [FILE]: 'x' }, () => ' \n'),
    [`${FILE} names an empty file`]
  )
})

test('a value and a file for it are a fault', () => {
  assert.deepEqual(
    faultsOf({ ARQONBUS_AUTH_JWT_SECRET: secret, [FILE]: 'x' }, () => secret),
    [`ARQONBUS_AUTH_JWT_SECRET and ${FILE} are both set: only one of them may be`]
  )
})

test('a file with a bad value is named by its variable, without the value', () => {
  const name = fileNameOf('ARQONBUS_AUTH_JWT_PUBLIC_KEY')
  assert.deepEqual(
    faultsOf({ [name]: 'x' }, () => 'hidden'),
    [`${name} is not valid: it must be a public key in PEM`]
  )
})

function faultsOf(env: Record<string, string>, readFile?: (path: string) => string): readonly string[] {
  try {
    loadConfig(readFile ? { env, readFile } : { env })
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  assert.fail('the configuration is accepted')
}
