import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ServerFrame, startServer, type TestClient, type TestServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

/** Things that somebody makes, with the commands that make, list and remove them. */
interface Kind {
  readonly noun: string
  readonly make: string
  readonly args: object
  /** Name of its id. */
  readonly id: string
  readonly list: string
  /** Name of the list in the answer. */
  readonly listed: string
  readonly remove: string
  readonly perTenant: string
}

const kinds: readonly Kind[] = [
  {
    noun: 'webhook',
    make: 'op.webhook.register',
    args: { url: 'http://127.0.0.1:9/hook' },
    id: 'rule_id',
    list: 'op.webhook.list',
    listed: 'rules',
    remove: 'op.webhook.unregister',
    perTenant: 'ARQONBUS_MAX_WEBHOOKS_PER_TENANT'
  },
  {
    noun: 'cron job',
    make: 'op.cron.schedule',
    args: { room: 'lab', channel: 'one', payload: { n: 1 }, delay_seconds: 3600 },
    id: 'job_id',
    list: 'op.cron.list',
    listed: 'jobs',
    remove: 'op.cron.cancel',
    perTenant: 'ARQONBUS_MAX_CRON_JOBS_PER_TENANT'
  }
]

function start(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  return startServer(t, {
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
    ARQONBUS_COMMANDS_PER_SECOND: '100000',
    ARQONBUS_COMMAND_BURST: '100000',
    ARQONBUS_HEAVY_COMMANDS_PER_SECOND: '100000',
    ARQONBUS_HEAVY_COMMAND_BURST: '100000',
    ...env
  })
}

/** Somebody with a role; by the same name it is the same somebody again. */
function enter(server: TestServer, sub: string, role = 'user'): Promise<TestClient> {
  const token = signToken(validClaims(Date.now(), { sub, role, tenant_id: 'acme' }))
  return server.connect('/ws', { headers: { Authorization: `Bearer ${token}` } })
}

async function leave(client: TestClient): Promise<void> {
  client.socket.close()
  await client.closed
}

async function run(client: TestClient, name: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(name, args)
  assert.equal(answer.status, 'success', `${name}: ${answer.error}`)
  return answer.payload.data
}

async function make(client: TestClient, { make: name, args, id }: Kind, lifetime?: string): Promise<string> {
  return (await run(client, name, lifetime === undefined ? args : { ...args, lifetime }))[id]
}

async function idsOf(client: TestClient, { list, listed, id }: Kind): Promise<string[]> {
  return (await run(client, list))[listed].map((thing: ServerFrame) => thing[id])
}

for (const kind of kinds) {
  test(`a ${kind.noun} vanishes with the connection that made it, and nobody else's does`, async t => {
    const server = await start(t)
    const [ada, admin] = [await enter(server, 'ada'), await enter(server, 'admin', 'admin')]
    const [mine, own] = [await make(ada, kind), await make(admin, kind)]
    assert.deepEqual((await idsOf(admin, kind)).sort(), [mine, own].sort())
    await leave(ada)
    await until(`${mine} has vanished`, async () => !(await idsOf(admin, kind)).includes(mine))
    assert.deepEqual(await idsOf(admin, kind), [own])
    const refused = await admin.command(kind.remove, { [kind.id]: mine })
    assert.equal(refused.error_code, 'NOT_FOUND')
    assert.deepEqual(await idsOf(await enter(server, 'ada'), kind), [])
  })

  test(`a ${kind.noun} of the tenant stays when whoever made it leaves, until it is removed`, async t => {
    const server = await start(t)
    const first = await enter(server, 'admin', 'admin')
    const [passing, staying] = [await make(first, kind), await make(first, kind, 'tenant')]
    await leave(first)
    const next = await enter(server, 'admin', 'admin')
    await until(`${passing} has vanished`, async () => !(await idsOf(next, kind)).includes(passing))
    assert.deepEqual(await idsOf(next, kind), [staying])
    await run(next, kind.remove, { [kind.id]: staying })
    assert.deepEqual(await idsOf(next, kind), [])
  })

  test(`a ${kind.noun} of the tenant is for admins to make`, async t => {
    const ada = await enter(await start(t), 'ada')
    const refused = await ada.command(kind.make, { ...kind.args, lifetime: 'tenant' })
    assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
    assert.deepEqual(await idsOf(ada, kind), [])
  })

  test(`a ${kind.noun} more than the tenant may have is refused, however often its clients reconnect`, async t => {
    const server = await start(t, { [kind.perTenant]: '3' })
    for (let count = 0; count < 3; count++) {
      const admin = await enter(server, 'admin', 'admin')
      await make(admin, kind, 'tenant')
      await leave(admin)
    }
    for (const [sub, role, lifetime] of [
      ['admin', 'admin', 'tenant'],
      ['admin', 'admin', 'connection'],
      ['ada', 'user', 'connection']
    ] as const) {
      const refused = await (await enter(server, sub, role)).command(kind.make, { ...kind.args, lifetime })
      assert.equal(refused.error_code, 'LIMIT_EXCEEDED', `${lifetime} of ${sub}`)
    }
    const admin = await enter(server, 'admin', 'admin')
    const [first = ''] = await idsOf(admin, kind)
    await run(admin, kind.remove, { [kind.id]: first })
    await make(admin, kind)
  })

  test(`a ${kind.noun} that vanished counts no more`, async t => {
    const server = await start(t, { [kind.perTenant]: '1' })
    const ada = await enter(server, 'ada')
    const gone = await make(ada, kind)
    const admin = await enter(server, 'admin', 'admin')
    assert.equal((await admin.command(kind.make, kind.args)).error_code, 'LIMIT_EXCEEDED')
    await leave(ada)
    await until(`${gone} has vanished`, async () => (await idsOf(admin, kind)).length === 0)
    await make(admin, kind)
  })
}

test('a watch of the store vanishes with its connection, and whoever comes back watches anew', async t => {
  const server = await start(t, { ARQONBUS_MAX_STORE_WATCHES: '1' })
  const [before, witness] = [await enter(server, 'ada'), await enter(server, 'bob')]
  await run(before, 'op.store.watch', { prefix: 'a' })
  await run(witness, 'op.store.watch', { prefix: 'a' })
  await leave(before)
  const ada = await enter(server, 'ada')
  const change = (frame: ServerFrame) => frame.payload?.event === 'store_changed'
  await run(ada, 'op.store.set', { key: 'a1', value: 1 })
  await witness.next(change)
  await ada.settle()
  assert.deepEqual(ada.frames.filter(change), [])

  await run(ada, 'op.store.watch', { prefix: 'a' })
  assert.equal((await ada.command('op.store.watch', { prefix: 'b' })).error_code, 'LIMIT_EXCEEDED')
  await run(witness, 'op.store.set', { key: 'a2', value: 2 })
  assert.equal((await ada.next(change)).payload.key, 'a2')
})

test('a stored value stays when whoever stored it leaves, and counts on', async t => {
  const server = await start(t, { ARQONBUS_MAX_STORE_KEYS: '1' })
  const before = await enter(server, 'ada')
  await run(before, 'op.store.set', { key: 'a', value: 1 })
  await leave(before)
  const ada = await enter(server, 'ada')
  assert.equal((await run(ada, 'op.store.get', { key: 'a' })).value, 1)
  assert.equal((await ada.command('op.store.set', { key: 'b', value: 2 })).error_code, 'LIMIT_EXCEEDED')
})
