import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startServer, type TestClient, type TestServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

/** One server with a way in for every tenant. */
interface Tenancy {
  readonly server: TestServer
  enter(tenant: string, claims?: object): Promise<TestClient>
}

async function start(t: TestContext, env: Record<string, string> = {}): Promise<Tenancy> {
  const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
  const server = await startServer(t, { ...auth, ...env })
  return {
    server,
    enter(tenant_id, claims = {}) {
      const token = signToken(validClaims(Date.now(), { tenant_id, ...claims }))
      return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
    }
  }
}

const place = { room: 'lab', channel: 'bench' }

test('messages, events, room messages and announcements stay within their tenant', async t => {
  const { enter } = await start(t)
  const [ours, theirs] = [await enter('acme'), await enter('umbrella')]
  const writer = await enter('acme', { role: 'admin' })
  for (const client of [ours, theirs]) await client.join('lab:bench', { presence: true })
  for (const fields of [
    { type: 'message', ...place },
    { type: 'event', ...place },
    { type: 'message', room: 'lab' },
    { type: 'system', room: '*' }
  ]) {
    await writer.ask({ ...fields, payload: { secret: true } })
  }
  await writer.join('lab:bench')
  for (const client of [ours, theirs]) await client.settle()
  const told = (client: TestClient) => client.frames.filter(frame => frame.payload?.secret || frame.payload?.event)
  assert.equal(told(ours).length, 5)
  assert.deepEqual(told(theirs), [])
})

test('a private message does not reach another tenant, and says no more than that nobody is there', async t => {
  const { enter } = await start(t)
  const [sender, stranger, friend] = [await enter('acme'), await enter('umbrella'), await enter('acme')]
  const refused = await sender.ask({ type: 'private', to: stranger.id, payload: {} })
  const absent = await sender.ask({ type: 'private', to: 'arq_client_nobody', payload: {} })
  assert.deepEqual([refused.error_code, absent.error_code], ['TARGET_NOT_FOUND', 'TARGET_NOT_FOUND'])
  assert.equal(refused.error.replace(stranger.id, ''), absent.error.replace('arq_client_nobody', ''))

  const partly = await sender.ask({ type: 'private', to: [friend.id, stranger.id], payload: { text: 'hello' } })
  assert.deepEqual(partly.payload.missing, [stranger.id])
  await stranger.settle()
  assert.deepEqual(stranger.received(), [])
})

test('history, sequences and recovery of one tenant know nothing of another', async t => {
  const { enter } = await start(t)
  const [ours, theirs] = [await enter('acme'), await enter('umbrella', { role: 'admin' })]
  const sent: number[] = []
  for (let count = 0; count < 3; count++) sent.push((await ours.ask({ type: 'message', ...place })).sequence)
  assert.deepEqual(sent, [1, 2, 3])
  const window = { from_ts: '2026-01-01T00:00:00Z', to_ts: '2100-01-01T00:00:00Z' }
  const reads = [
    await theirs.command('history', place),
    await theirs.command('history', { room: 'lab' }),
    await theirs.command('op.history.get', {}),
    await theirs.command('op.history.replay', window)
  ]
  for (const { payload } of reads) assert.equal(payload.data.count, 0)
  assert.equal((await theirs.ask({ type: 'message', ...place })).sequence, 1)

  const { epoch } = (await ours.join('lab:bench')).payload.data
  const joined = await theirs.join('lab:bench', { since: 0, epoch })
  assert.equal(joined.payload.data.recovered, false)
})

test('an id that one tenant used is new to another, also for a subject of the same name', async t => {
  const { enter } = await start(t)
  const message = { type: 'message', id: 'arq_same', ...place }
  for (const tenant of ['acme', 'umbrella']) {
    assert.equal((await (await enter(tenant, { sub: 'ada' })).ask(message)).duplicate, undefined)
  }
})

test('lists, channel records and counts of one tenant do not move when another is busy', async t => {
  const { enter } = await start(t)
  const quiet = await enter('acme')
  const read = async () => {
    const status = (await quiet.command('status')).payload.data
    const { server, timestamp, ...counts } = status
    assert.equal(server.status, 'running')
    assert.ok(timestamp)
    const list = (await quiet.command('list_channels')).payload.data
    const info = (await quiet.command('channel_info', { channel_id: 'science:explore' })).payload.data
    return { counts, list, info }
  }
  const before = await read()
  const busy = [await enter('umbrella', { role: 'admin' }), await enter('umbrella')]
  for (const client of busy) {
    await client.join('science:explore')
    await client.join('private:plans')
    await client.ask({ type: 'message', room: 'science:explore', payload: {} })
  }
  await busy[0]?.command('create_channel', { room: 'private', channel: 'more' })
  assert.deepEqual(await read(), before)
})

test('a channel of another tenant looks as if it were not there', async t => {
  const { enter } = await start(t)
  const [ours, theirs] = [await enter('acme', { role: 'admin' }), await enter('umbrella', { role: 'admin' })]
  await ours.command('create_channel', place)
  for (const name of ['channel_info', 'delete_channel']) {
    const foreign = await theirs.command(name, place)
    const absent = await theirs.command(name, { room: 'lab', channel: 'nothing' })
    assert.deepEqual([foreign.error_code, absent.error_code], ['CHANNEL_NOT_FOUND', 'CHANNEL_NOT_FOUND'])
  }
  assert.equal((await theirs.command('create_channel', place)).status, 'success')
  assert.equal((await theirs.command('delete_channel', place)).status, 'success')
  assert.equal((await ours.command('channel_info', place)).status, 'success')
})

test('rooms are bounded for each tenant (lowered to 4, of which 3 exist)', async t => {
  const { enter } = await start(t, { ARQONBUS_MAX_ROOMS_PER_TENANT: '4' })
  for (const tenant of ['acme', 'umbrella']) {
    const client = await enter(tenant)
    assert.equal((await client.command('join_channel', { channel_id: 'one:c' })).status, 'success')
    assert.equal((await client.command('join_channel', { channel_id: 'two:c' })).error_code, 'LIMIT_EXCEEDED')
  }
})

test('an admin sees the numbers of its own tenant, a superadmin those of all', async t => {
  const { enter } = await start(t)
  await enter('umbrella')
  const active = async (role: string) =>
    (await (await enter('acme', { role })).command('status')).payload.data.active_connections
  assert.equal(await active('admin'), 1)
  assert.equal(await active('superadmin'), 3)
})
