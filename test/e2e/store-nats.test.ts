import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { hostileKeys } from '../contracts/store-values.ts'
import { type ServerFrame, startServer, type TestClient } from '../helper.ts'
import { type NatsServer, startNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'

/** A client of a node of its own on the NATS server. Commands are not bounded: it is asked again and again what has come about. */
async function joinCluster(t: TestContext, nats: NatsServer, node: string): Promise<TestClient> {
  const server = await startServer(t, {
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: nats.url,
    ARQONBUS_NODE_NAME: node,
    ARQONBUS_COMMAND_BURST: '100000',
    ARQONBUS_HEAVY_COMMAND_BURST: '100000'
  })
  return server.connect()
}

/** The data of a command that succeeds. */
async function run(client: TestClient, name: string, args: object = {}): Promise<ServerFrame> {
  const answer = await client.command(`op.store.${name}`, args)
  assert.equal(answer.status, 'success', JSON.stringify(answer))
  return answer.payload.data
}

function changesOf(client: TestClient): ServerFrame[] {
  return client.frames.filter(({ payload }) => payload?.event === 'store_changed').map(({ payload }) => payload)
}

test('what a client keeps on one node, clients of another read and are told of', async t => {
  const nats = await startNats(t)
  const [one, two] = [await joinCluster(t, nats, 'one'), await joinCluster(t, nats, 'two')]
  await run(two, 'watch', { prefix: 'jobs/' })
  const { version } = await run(one, 'set', { key: 'jobs/1', value: { state: 'new' } })
  const { value, ...found } = await run(two, 'get', { key: 'jobs/1' })
  assert.deepEqual(value, { state: 'new' })
  assert.equal(found.version, version)
  await until('it is told', () => changesOf(two).length === 1)
  await run(two, 'set', { key: 'jobs/1', value: { state: 'done' }, if_version: version })
  const refusal = await one.command('op.store.set', { key: 'jobs/1', value: 0, if_version: version })
  assert.equal(refusal.error_code, 'CONFLICT')
  await run(one, 'set', { key: 'jobs/2', value: 1, ttl_seconds: 1 })
  await until('all is told', () => changesOf(two).length === 4)
  assert.deepEqual(
    changesOf(two).map(({ operation, key }) => `${operation} ${key}`),
    ['set jobs/1', 'set jobs/1', 'set jobs/2', 'expire jobs/2']
  )
  assert.deepEqual((await run(two, 'list')).keys, ['jobs/1'])
})

test('whatever text is a key on one node is the same key on another', async t => {
  const nats = await startNats(t)
  const [one, two] = [await joinCluster(t, nats, 'one'), await joinCluster(t, nats, 'two')]
  for (const [at, key] of hostileKeys.entries()) await run(one, 'set', { key, value: at })
  for (const [at, key] of hostileKeys.entries()) assert.equal((await run(two, 'get', { key })).value, at)
  await until('all are listed', async () => (await run(two, 'list')).count === hostileKeys.length)
  assert.deepEqual((await run(two, 'list')).keys, [...hostileKeys].sort())
})

test('what was kept is there when all nodes have been started anew', async t => {
  const nats = await startNats(t)
  const first = await startServer(t, { ARQONBUS_BROKER: 'nats', ARQONBUS_NATS_URL: nats.url })
  const { version } = await run(await first.connect(), 'set', { key: 'a', value: [1] })
  await first.app.close()
  const client = await joinCluster(t, nats, 'next')
  const { value, version: found } = await run(client, 'get', { key: 'a' })
  assert.deepEqual({ value, found }, { value: [1], found: version })
})
