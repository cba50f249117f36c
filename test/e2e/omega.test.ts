import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const KEY = 'sk_live_00000000'
const env = {
  ARQONBUS_OMEGA_ENABLED: 'true',
  ARQONBUS_ENABLE_AUTH: 'true',
  ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET
}

/** Somebody with claims, in a server that asks for tokens. */
function enter(server: TestServer, claims: Readonly<Record<string, unknown>>): Promise<TestClient> {
  const token = signToken(validClaims(Date.now(), { sub: 'somebody', ...claims }))
  return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
}

async function run(client: TestClient, name: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(`op.omega.${name}`, args)
  assert.equal(answer.status, 'success', answer.error)
  return answer.payload.data
}

async function register(client: TestClient): Promise<string> {
  return (await run(client, 'register_substrate', { name: 'reservoir', kind: 'simulated' })).substrate_id
}

function toldOf(client: TestClient): ServerFrame[] {
  return client.frames.filter(frame => frame.type === 'telemetry')
}

test('an event reaches the lab channel, its history and the list, within the tenant', async t => {
  const server = await startServer(t, env)
  const admin = await enter(server, { role: 'admin', tenant_id: 'acme' })
  const member = await enter(server, { tenant_id: 'acme' })
  const foreign = await enter(server, { role: 'admin', tenant_id: 'other' })
  for (const client of [member, foreign]) await client.join('omega-lab:signals')
  const substrate_id = await register(admin)
  const event = await run(admin, 'emit_event', { substrate_id, signal: 'spike', payload: { amplitude: 0.8 } })

  const told = await member.next(frame => frame.type === 'telemetry')
  assert.deepEqual([told.sender, told.room, told.channel], ['op-omega', 'omega-lab', 'signals'])
  assert.deepEqual(told.payload, { omega_event: event })
  const history = await member.command('history', { channel_id: 'omega-lab:signals' })
  assert.deepEqual(
    history.payload.data.history.map((entry: ServerFrame) => entry.payload),
    [told.payload]
  )
  assert.deepEqual((await run(member, 'list_events')).events, [event])

  assert.deepEqual((await run(foreign, 'list_events')).events, [])
  assert.deepEqual((await run(foreign, 'list_substrates')).count, 0)
  const removal = await foreign.command('op.omega.unregister_substrate', { substrate_id })
  assert.deepEqual([removal.error_code, removal.error], ['NOT_FOUND', `Not found: ${substrate_id}`])
  const emission = await foreign.command('op.omega.emit_event', { substrate_id, signal: 'spike' })
  assert.equal(emission.error_code, 'VALIDATION_ERROR')
  await foreign.settle()
  assert.deepEqual(toldOf(foreign), [])
})

test('substrates and events stay when whoever made them leaves', async t => {
  const server = await startServer(t, env)
  const admin = await enter(server, { role: 'admin' })
  const substrate_id = await register(admin)
  await run(admin, 'emit_event', { substrate_id, signal: 'spike' })
  admin.socket.close()
  await admin.closed
  const next = await enter(server, { role: 'admin' })
  const { substrate_count, event_count } = await run(next, 'status')
  assert.deepEqual([substrate_count, event_count], [1, 1])
  assert.equal((await run(next, 'unregister_substrate', { substrate_id })).removed_events, 1)
})

test('a substrate more than a tenant may have is refused, however often an admin reconnects', async t => {
  const server = await startServer(t, { ...env, ARQONBUS_OMEGA_MAX_SUBSTRATES: '2' })
  for (let count = 0; count < 2; count++) {
    const admin = await enter(server, { role: 'admin' })
    await register(admin)
    admin.socket.close()
    await admin.closed
  }
  const admin = await enter(server, { role: 'admin' })
  const refused = await admin.command('op.omega.register_substrate', { name: 'reservoir', kind: 'simulated' })
  assert.equal(refused.error_code, 'VALIDATION_ERROR')
  assert.equal(refused.error, 'Validation error: Tier-Omega substrate limit reached')
})

test('an event more than a tenant may have pushes out the oldest', async t => {
  const server = await startServer(t, { ...env, ARQONBUS_OMEGA_MAX_EVENTS: '2' })
  const admin = await enter(server, { role: 'admin' })
  const substrate_id = await register(admin)
  const remembered: unknown[] = []
  for (let n = 1; n <= 3; n++) {
    await run(admin, 'emit_event', { substrate_id, signal: 'spike', payload: { n } })
    const { events } = await run(admin, 'list_events')
    remembered.push(events.map((event: ServerFrame) => event.payload.n))
  }
  assert.deepEqual(remembered, [[1], [1, 2], [2, 3]])
})

test('content that the policy of the lab channel blocks is told to nobody and remembered nowhere', async t => {
  const server = await startServer(t, {
    ...env,
    ARQONBUS_CASIL_ENABLED: 'true',
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true',
    ARQONBUS_CASIL_SCOPE_INCLUDE: 'omega-*'
  })
  const [admin, member] = [await enter(server, { role: 'admin' }), await enter(server, {})]
  await member.join('omega-lab:signals')
  const substrate_id = await register(admin)
  const refused = await admin.command('op.omega.emit_event', { substrate_id, signal: 'spike', payload: { key: KEY } })
  assert.equal(refused.error_code, 'CASIL_POLICY_BLOCKED_SECRET')
  assert.equal((await run(member, 'list_events')).count, 0)
  await member.settle()
  assert.deepEqual(toldOf(member), [])
})

test('an admin who may not publish in the lab channel does not signal', async t => {
  const server = await startServer(t, env)
  const admin = await enter(server, { role: 'admin', channels: { publish: ['science:*'], subscribe: ['*'] } })
  const substrate_id = await register(admin)
  const refused = await admin.command('op.omega.emit_event', { substrate_id, signal: 'spike' })
  assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
  assert.equal((await run(admin, 'status')).event_count, 0)
})
