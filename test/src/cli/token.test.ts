import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { signToken, TEST_SECRET, validClaims } from '../../support/tokens.ts'
import { runHere, unpainted } from './terminal.ts'

const NOW_MS = Date.parse('2026-01-01T00:00:00Z')
const NOW_SECONDS = NOW_MS / 1000
const env = { ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

function writeFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'arqon-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return path
}

test('mints a token with the least that is needed', async () => {
  const { code, stdout } = await runHere(['token', 'mint', '--sub', 'alice'], { env })
  assert.equal(code, 0)
  const claims = { sub: 'alice', role: 'user', iat: NOW_SECONDS, exp: NOW_SECONDS + 3600 }
  assert.equal(stdout, `${signToken(claims)}\n`)
})

test('mints a token with everything that can be said', async () => {
  const args = ['--role', 'admin', '--tenant', 'acme', '--ttl', '15m', '--publish', 'a:*', '--publish', 'b:*']
  const more = [
    '--subscribe',
    'c:*',
    '--issuer',
    'me',
    '--audience',
    'you',
    '--claim',
    'screen_name=Al',
    '--claim',
    'n=1'
  ]
  const { stdout } = await runHere(['token', 'mint', '--sub', 'alice', ...args, ...more], { env })
  const [, claims = ''] = stdout.split('.')
  assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
    sub: 'alice',
    role: 'admin',
    tenant_id: 'acme',
    iss: 'me',
    aud: 'you',
    channels: { publish: ['a:*', 'b:*'], subscribe: ['c:*'] },
    screen_name: 'Al',
    n: 1,
    iat: NOW_SECONDS,
    exp: NOW_SECONDS + 900
  })
})

test('takes the secret from a file, that of an option before those of the environment', async t => {
  const path = writeFile(t, `${TEST_SECRET}\n`)
  const expected = await runHere(['token', 'mint', '--sub', 'a'], { env })
  const byVariable = await runHere(['token', 'mint', '--sub', 'a'], { env: { ARQONBUS_AUTH_JWT_SECRET_FILE: path } })
  const other = { ARQONBUS_AUTH_JWT_SECRET: 'x'.repeat(32) }
  const byOption = await runHere(['token', 'mint', '--sub', 'a', '--secret-file', path], { env: other })
  assert.deepEqual([byVariable.stdout, byOption.stdout], [expected.stdout, expected.stdout])
})

test('warns of a secret that no server takes', async () => {
  const short = { ARQONBUS_AUTH_JWT_SECRET: 'x'.repeat(31) }
  const { code, stderr } = await runHere(['token', 'mint', '--sub', 'a'], { env: short })
  assert.deepEqual([code, stderr], [0, 'arqon: the secret has less than 32 bytes: no server takes it\n'])
  const enough = { ARQONBUS_AUTH_JWT_SECRET: 'x'.repeat(32) }
  assert.equal((await runHere(['token', 'mint', '--sub', 'a'], { env: enough })).stderr, '')
})

test('fails without a secret, and says where to put one', async () => {
  assert.deepEqual(await runHere(['token', 'mint', '--sub', 'a']), {
    code: 1,
    stdout: '',
    stderr:
      'arqon: the secret is missing; give it with --secret-file, $ARQONBUS_AUTH_JWT_SECRET or $ARQONBUS_AUTH_JWT_SECRET_FILE\n'
  })
})

for (const [path, reason] of [
  ['/nowhere/secret', 'cannot be read: there is no such file'],
  ['/', 'cannot be read: it is a folder']
] as const) {
  test(`fails when the file of the secret is ${path}`, async () => {
    const { code, stderr } = await runHere(['token', 'mint', '--sub', 'a', '--secret-file', path])
    assert.deepEqual([code, stderr], [1, `arqon: the file of the secret, ${path}, ${reason}\n`])
  })
}

test('fails when a file is empty', async t => {
  const path = writeFile(t, '\n')
  const { stderr } = await runHere(['token', 'check', '--jwt-file', path])
  assert.equal(stderr, `arqon: the file of the token, ${path}, is empty\n`)
})

test('checks a token and prints what it holds, for programs', async () => {
  const token = signToken(validClaims(NOW_MS))
  const { code, stdout } = await runHere(['token', 'check', token], { env })
  assert.equal(code, 0)
  assert.deepEqual(JSON.parse(stdout), {
    valid: true,
    faults: [],
    signature: 'right',
    header: { alg: 'HS256', typ: 'JWT' },
    claims: validClaims(NOW_MS)
  })
})

test('checks a token and prints what is wrong, for people', async () => {
  const token = signToken({ sub: 'alice', exp: NOW_SECONDS - 300 }, { key: 'x'.repeat(32) })
  const { code, stdout, stderr } = await runHere(['token', 'check', token], { env, columns: 80 })
  assert.deepEqual([code, stderr], [1, ''])
  assert.equal(
    unpainted(stdout),
    `algorithm  HS256
signature  wrong
sub        alice
exp        2025-12-31T23:55:00.000Z (5 min ago)
✗ wrong signature: it was signed with another secret, or changed afterwards
✗ expired 5 min ago
`
  )
})

test('says that the signature was not checked, and shows times that are none as they are', async () => {
  const good = await runHere(['token', 'check', signToken(validClaims(NOW_MS))], { columns: 80 })
  assert.equal(good.code, 0)
  assert.match(
    unpainted(good.stdout),
    /signature {2}unchecked\n(?:.*\n)*as far as can be seen, valid; to check the signature,/
  )
  const bad = await runHere(['token', 'check', signToken({ exp: 1e15, iat: 'x' })], { columns: 80 })
  assert.match(unpainted(bad.stdout), /exp {8}1000000000000000\niat {8}"x"\n/)
})

test('finds the token to check where other subcommands do, or on standard input', async t => {
  const token = signToken(validClaims(NOW_MS))
  const given: readonly Awaited<ReturnType<typeof runHere>>[] = [
    await runHere(['token', 'check', token], { env }),
    await runHere(['token', 'check', '-'], { env, input: `${token}\n` }),
    await runHere(['token', 'check', '--jwt', token], { env }),
    await runHere(['token', 'check', '--jwt-file', writeFile(t, token)], { env }),
    await runHere(['token', 'check'], { env: { ...env, ARQONBUS_TOKEN: token } })
  ]
  assert.equal(new Set(given.map(({ stdout }) => stdout)).size, 1)
  assert.equal(given[0]?.code, 0)
})

test('fails without a token to check, and with text that cannot be one', async () => {
  const none = 'arqon: there is no token to check: give it, or name it with --jwt-file or $ARQONBUS_TOKEN\n'
  assert.equal((await runHere(['token', 'check'])).stderr, none)
  assert.equal((await runHere(['token', 'check', '-'])).stderr, none)
  assert.equal(
    (await runHere(['token', 'check'], { env: { ARQONBUS_TOKEN: 'a b' } })).stderr,
    'arqon: $ARQONBUS_TOKEN holds no token, but text with blanks or control characters\n'
  )
})
