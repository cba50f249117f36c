import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isBasicCredential,
  isEncodedHmac,
  isEncodedObject,
  isEncodedSnowflake,
  isFilledIn,
  isHostMacaroon,
  isJwt,
  isMapboxToken,
  passwordOf
} from '../../../../src/casil/rules/structure.ts'
import { firingRules, ruleNamed } from './table.ts'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const encodeText = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

test('a JWT has a header with an algorithm and claims, both JSON objects', () => {
  const claims = encode({ sub: 'ada' })
  assert.equal(isJwt(`${encode({ alg: 'ES256' })}.${claims}.c2ln`), true)
  assert.equal(isJwt(`${encode({ alg: 256 })}.${claims}.c2ln`), false)
  assert.equal(isJwt(`${encode({ typ: 'JWT' })}.${claims}.c2ln`), false)
  assert.equal(isJwt(`${encode(['alg'])}.${claims}.c2ln`), false)
  assert.equal(isJwt(`${encode({ alg: 'ES256' })}.${encode([1])}.c2ln`), false)
  assert.equal(isJwt(`${encode({ alg: 'ES256' })}.e30`), true)
  assert.equal(isJwt('eyJ'), false)
  assert.equal(isJwt(''), false)
})

test('a Mapbox token names a user', () => {
  assert.equal(isMapboxToken(`sk.${encode({ u: 'ada', a: 'ck' })}.sig`), true)
  assert.equal(isMapboxToken(`sk.${encode({ a: 'ck' })}.sig`), false)
  assert.equal(isMapboxToken('sk'), false)
})

test('an encoded object is the base64 of a JSON object in either alphabet', () => {
  assert.equal(isEncodedObject(encode({ o: '1' })), true)
  assert.equal(isEncodedObject(encodeText('{"o":"~~~???"}')), true)
  assert.equal(isEncodedObject(encode('text')), false)
  assert.equal(isEncodedObject(encode(null)), false)
  assert.equal(isEncodedObject('eyJ'), false)
})

test('a macaroon starts with the name of a host', () => {
  const macaroon = (head: number[], host: string, rest: string): string =>
    Buffer.concat([Buffer.from(head), Buffer.from(host + rest)]).toString('base64url')
  assert.equal(isHostMacaroon(macaroon([2, 1, 12], 'host.example', '....')), true)
  assert.equal(isHostMacaroon(macaroon([1, 1, 12], 'host.example', '....')), false)
  assert.equal(isHostMacaroon(macaroon([2, 2, 12], 'host.example', '....')), false)
  assert.equal(isHostMacaroon(macaroon([2, 1, 12], 'host/example', '....')), false)
  assert.equal(isHostMacaroon(macaroon([2, 1, 99], 'host.example', '....')), false)
  assert.equal(isHostMacaroon(''), false)
})

test('the account of a Discord token is a number of 17 to 20 digits', () => {
  for (const digits of [17, 18, 19, 20]) assert.equal(isEncodedSnowflake(encodeText('1'.repeat(digits))), true)
  assert.equal(isEncodedSnowflake(encodeText('1'.repeat(16))), false)
  assert.equal(isEncodedSnowflake(encodeText('1'.repeat(21))), false)
  assert.equal(isEncodedSnowflake(encodeText('11111111111111111a')), false)
})

test('a Discord token fires for account numbers of every length', () => {
  for (const account of ['12345678901234567', '123456789012345678', '1234567890123456789', '12345678901234567890']) {
    const head = Buffer.from(account).toString('base64url')
    assert.deepEqual(firingRules(`${head}.Ab-_12.${'NotARealToken0123456789abcdefg'.slice(0, 27)}`), [
      'discord-bot-token'
    ])
  }
})

test('basic credentials are a name, a colon and a password in printable characters', () => {
  assert.equal(isBasicCredential(encodeText('ada:pass word')), true)
  assert.equal(isBasicCredential(encodeText(':pass')), false)
  assert.equal(isBasicCredential(encodeText('ada:')), false)
  assert.equal(isBasicCredential(encodeText('ada')), false)
  assert.equal(isBasicCredential(encodeText('ada:\u0001\u00ff')), false)
})

test('a signature is the base64 of 32 bytes, percent-encoded or not', () => {
  const signature = Buffer.alloc(32, 0xfb).toString('base64')
  assert.equal(isEncodedHmac(signature), true)
  assert.equal(isEncodedHmac(encodeURIComponent(signature)), true)
  assert.equal(isEncodedHmac(encodeURIComponent(signature).toLowerCase()), true)
  assert.equal(isEncodedHmac(Buffer.alloc(31, 0xfb).toString('base64')), false)
  assert.equal(isEncodedHmac('0123456789abcdef'.repeat(4)), false)
})

test('the password of a URL stands between the first colon and the last at sign', () => {
  assert.equal(passwordOf('postgres://app:pa:ss@db'), 'pa:ss')
  assert.equal(passwordOf('redis://:pass@db'), 'pass')
})

test('a place to put a password is not a password', () => {
  for (const text of [
    '',
    '$PASS',
    `\${PASS}`,
    '<password>',
    '{{password}}',
    '[password]',
    '%PASS%',
    '****',
    'xxxx',
    '...',
    'PASSWORD',
    'YOUR_PASSWORD',
    'my-REDACTED'
  ]) {
    assert.equal(isFilledIn(text), false, text)
  }
  for (const text of ['password', 'PASSWORD1', 'hunter2', 'x1']) assert.equal(isFilledIn(text), true, text)
})

test('a URL fires with a password, and not with a port, a path or a query', () => {
  const at = '@'
  assert.deepEqual(firingRules(`mongodb+srv://app:hunter2${at}cluster0.example.net/app`), ['database-url'])
  assert.deepEqual(firingRules(`rediss://:hunter2${at}[::1]:6379/0`), ['database-url'])
  assert.deepEqual(firingRules(`HTTPS://ada:hunter2${at}example.org`), ['url-password'])
  for (const url of [
    'https://example.org:8443/@ada',
    'http://localhost:3000?mail=ada@example.org',
    'http://localhost:3000#ada@example.org',
    'ssh://git@example.org:22/app.git',
    `postgres://\${USER}:\${PASS}@db/app`
  ]) {
    assert.deepEqual(firingRules(url), [], url)
  }
})

test('a private key fires with its body, with and without its end, and one that follows a mention too', () => {
  const { example } = ruleNamed('pem-private-key')
  const head = example.slice(0, example.indexOf('\n'))
  const body = 'NotARealKey0123456789'.repeat(4)
  assert.deepEqual(firingRules(`${head}\n${body}`), ['pem-private-key'])
  assert.deepEqual(firingRules(`${head}\\n${body}\\n`), ['pem-private-key'])
  assert.deepEqual(firingRules(`a file with ${head} is a key: ${example}`), ['pem-private-key'])
  assert.deepEqual(firingRules(head.replace('PRIVATE', 'PUBLIC') + body), [])
})
