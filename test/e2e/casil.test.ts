import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { BusEvent } from '../../src/bus/events.ts'
import { startServer, type TestClient, type TestServer } from '../helper.ts'
import { programArgs } from '../support/program.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const KEY = 'sk_live_00000000'
const REDACTED = '***REDACTED***'
const root = fileURLToPath(new URL('../..', import.meta.url))

const scoped = { ARQONBUS_CASIL_ENABLED: 'true', ARQONBUS_CASIL_SCOPE_INCLUDE: 'secure-*,pii-*' }

/** Somebody with a role, in a server that asks for tokens. */
function enter(server: TestServer, role: string, claims: object = {}): Promise<TestClient> {
  const token = signToken(validClaims(Date.now(), { sub: role, role, ...claims }))
  return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
}

function listen({ app }: TestServer): BusEvent[] {
  const events: BusEvent[] = []
  app.events.on(event => {
    if (event.type === 'casil_decision') events.push(event)
  })
  return events
}

/** The samples of decisions at `/metrics`. */
async function decisionsOf({ httpUrl }: TestServer): Promise<string[]> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text()
  return text.split('\n').filter(line => line.startsWith('arqonbus_casil_decisions_total{'))
}

async function historyOf(client: TestClient, address: string): Promise<object[]> {
  const { payload } = await client.command('op.history.get', { channel_id: address })
  return payload.data.entries.map(({ envelope }: { envelope: { payload: object } }) => envelope.payload)
}

test('from watching to blocking, while everybody stays connected', async t => {
  const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
  const server = await startServer(t, { ...auth, ...scoped })
  const events = listen(server)
  const [ada, bob, admin] = [await enter(server, 'user'), await enter(server, 'user'), await enter(server, 'admin')]
  const address = 'secure-vault:ops'
  await bob.join(address)

  const texts: string[] = []
  bob.socket.on('message', data => texts.push(data.toString()))
  const payload = `{ "note":"\\u0073k_live_00000000",  "password" : "x","n":1.50e1 }`
  ada.send(`{"type":"message","id":"arq_watched","room":"secure-vault","channel":"ops","payload":${payload}}`)
  await bob.next(frame => frame.id === 'arq_watched')
  assert.ok(texts.at(-1)?.includes(`"payload":${payload},`), texts.at(-1))
  assert.deepEqual(events, [
    {
      type: 'casil_decision',
      severity: 'info',
      tenant: 'default',
      clientId: ada.id,
      payload: {
        decision: 'ALLOW_WITH_REDACTION',
        reason_code: 'CASIL_POLICY_ALLOWED',
        policy_code: 'CASIL_POLICY_REDACTED',
        flags: { contains_probable_secret: true },
        risk_level: 'high',
        fired: ['payment-key', 'password', 'path password'],
        room: 'secure-vault',
        channel: 'ops',
        client_id: ada.id
      }
    }
  ])
  const sample = 'arqonbus_casil_decisions_total{decision="ALLOW_WITH_REDACTION",reason="CASIL_POLICY_ALLOWED"} 1'
  assert.ok((await decisionsOf(server)).includes(sample))

  const reloaded = await admin.command('op.casil.reload', { mode: 'enforce', block_on_probable_secret: true })
  assert.equal(reloaded.status, 'success')
  const got = bob.received().length
  const { id, timestamp, ...refusal } = await ada.ask({
    type: 'message',
    id: 'arq_blocked',
    room: address,
    payload: { note: KEY }
  })
  assert.deepEqual(refusal, {
    type: 'error',
    version: '1.0',
    request_id: 'arq_blocked',
    error: 'CASIL blocked message',
    error_code: 'CASIL_POLICY_BLOCKED_SECRET',
    retry: false,
    payload: { reason: 'CASIL_POLICY_BLOCKED_SECRET' },
    room: 'secure-vault',
    channel: 'ops',
    sender: 'arqonbus',
    metadata: {}
  })
  await bob.settle()
  assert.equal(bob.received().length, got)
  assert.deepEqual(await historyOf(bob, address), [{ note: KEY, password: 'x', n: 15 }])
  assert.equal((await admin.command('op.history.get', {})).payload.data.count, 1)
  assert.deepEqual(
    events.slice(1).map(({ severity }) => severity),
    ['warning']
  )
  const blocked = 'arqonbus_casil_decisions_total{decision="BLOCK",reason="CASIL_POLICY_BLOCKED_SECRET"} 1'
  assert.ok((await decisionsOf(server)).includes(blocked))

  const outside = await ada.ask({ type: 'message', room: 'lab:one', payload: { note: KEY } })
  assert.equal(outside.status, 'success')
  assert.equal(events.length, 2)
})

test('with redaction on the wire nobody gets the secret: members, history, acknowledgement, recovery', async t => {
  const server = await startServer(t, {
    ...scoped,
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_TRANSPORT_REDACTION: 'true'
  })
  const [ada, bob, late] = [await server.connect(), await server.connect(), await server.connect()]
  const { epoch } = (await bob.join('pii-desk:cases')).payload.data
  const sent = { name: 'B. Ode', password: 'tangerine', notes: [`the key is ${KEY}.`, { token: { a: 'tangerine' } }] }
  const redacted = { name: 'B. Ode', password: REDACTED, notes: [`the key is ${REDACTED}.`, { token: REDACTED }] }
  const answer = await ada.ask({ type: 'message', room: 'pii-desk:cases', payload: sent })
  assert.deepEqual(answer.payload, redacted)
  assert.deepEqual((await bob.next(frame => frame.type === 'message')).payload, redacted)
  assert.deepEqual(await historyOf(late, 'pii-desk:cases'), [redacted])
  await late.join('pii-desk:cases', { since: 0, epoch })
  assert.deepEqual((await late.next(frame => frame.type === 'message')).payload, redacted)
  for (const { frames } of [ada, bob, late]) assert.doesNotMatch(JSON.stringify(frames), /tangerine|sk_live/)
})

test('the policy of all tenants is not changed by the admin of one', async t => {
  const server = await startServer(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
  const [acme, root] = [
    await enter(server, 'admin', { tenant_id: 'acme' }),
    await enter(server, 'superadmin', { tenant_id: 'acme' })
  ]
  const before = (await acme.command('op.casil.get')).payload.data
  const refused = await acme.command('op.casil.reload', { enabled: true })
  assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
  assert.match(String(refused.error), /only a superadmin, or an admin without a tenant/)
  assert.deepEqual((await acme.command('op.casil.get')).payload.data, before)
  assert.equal((await root.command('op.casil.reload', { enabled: true })).status, 'success')
  assert.equal((await acme.command('op.casil.get')).payload.data.enabled, true)
})

test('a reload that is refused changes nothing for anybody', async t => {
  const server = await startServer(t, { ...scoped, ARQONBUS_ANONYMOUS_ROLE: 'admin' })
  const [ada, bob] = [await server.connect(), await server.connect()]
  const before = (await bob.command('op.casil.get')).payload.data
  const refused = await ada.command('op.casil.reload', { mode: 'enforce', redaction_patterns: ['fine', '('] })
  assert.equal(refused.error_code, 'VALIDATION_ERROR')
  assert.deepEqual(refused.payload.data.errors, ['redaction_patterns[1]: "(" is not RE2 syntax: missing closing )'])
  assert.deepEqual((await bob.command('op.casil.get')).payload.data, before)
})

/** Runs the program only to check the configuration. */
function checkConfig(env: Record<string, string>): Promise<{ code: number; output: string }> {
  const args = [...programArgs('src/main'), '--check-config']
  return new Promise(resolve => {
    const options = { cwd: root, env: { PATH: process.env.PATH ?? '', ...env } }
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
    })
  })
}

test('a policy that cannot be used keeps the server from starting, with every fault', async () => {
  const { code, output } = await checkConfig({
    ARQONBUS_CASIL_ENABLED: 'maybe',
    ARQONBUS_CASIL_MODE: 'strict',
    ARQONBUS_CASIL_DEFAULT_DECISION: 'redact',
    ARQONBUS_CASIL_MAX_INSPECT_BYTES: '0',
    ARQONBUS_CASIL_REDACTION_PATTERNS: '["fine", "(", "(?=x)", "(a+)+$"]'
  })
  assert.equal(code, 2)
  for (const fault of [
    'ARQONBUS_CASIL_ENABLED is "maybe"',
    'ARQONBUS_CASIL_MODE is "strict"',
    'ARQONBUS_CASIL_DEFAULT_DECISION is "redact"',
    'ARQONBUS_CASIL_MAX_INSPECT_BYTES is "0"',
    'ARQONBUS_CASIL_REDACTION_PATTERNS[1]: "("',
    'ARQONBUS_CASIL_REDACTION_PATTERNS[2]: "(?=x)"',
    'ARQONBUS_CASIL_REDACTION_PATTERNS[3]: "(a+)+$"'
  ]) {
    assert.ok(output.includes(fault), `${fault} is not in ${output}`)
  }
})

test('in prod a pattern that does not compile is told with the other reasons not to start', async () => {
  const { code, output } = await checkConfig({
    ARQONBUS_ENVIRONMENT: 'prod',
    ARQONBUS_CASIL_REDACTION_PATTERNS: '(',
    ARQONBUS_CASIL_MODES: 'enforce'
  })
  assert.equal(code, 78)
  assert.match(output, /ARQONBUS_CASIL_REDACTION_PATTERNS\[0\]: "\(" is not RE2 syntax/)
  assert.match(output, /ARQONBUS_CASIL_MODES is not a known variable; did you mean ARQONBUS_CASIL_MODE\?/)
  assert.match(output, /ARQONBUS_ENABLE_AUTH is off/)
})

test('more patterns than allowed, and one of 10 kB, are refused at the start', async () => {
  const patterns = [...Array.from({ length: 32 }, (_, index) => `key${index}`), 'x'.repeat(10_240)]
  const { code, output } = await checkConfig({ ARQONBUS_CASIL_REDACTION_PATTERNS: JSON.stringify(patterns) })
  assert.equal(code, 2)
  assert.match(output, /ARQONBUS_CASIL_REDACTION_PATTERNS: 33 patterns, more than max_patterns 32/)
  assert.match(output, /ARQONBUS_CASIL_REDACTION_PATTERNS\[32\]: "x{64}…" is longer than 512 characters/)
})
