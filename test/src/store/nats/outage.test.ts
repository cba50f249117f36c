import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER_MS } from '../../../../src/store/nats/bucket.ts'
import type { Store } from '../../../../src/store/store.ts'
import { Cable } from '../../../support/cable.ts'
import { startNats } from '../../../support/nats-server.ts'
import { makeNatsStore } from '../../../support/nats-store.ts'
import { timed } from '../../../support/timed.ts'
import { until } from '../../../support/until.ts'
import { keysOf, openNode, say, scope } from './stage.ts'

/** Longer than an answer may take, and shorter than anybody waits for one that never comes. */
const MOST_MS = 5_000

/** Everything that needs the servers. */
function questions(store: Store): (() => Promise<unknown>)[] {
  return [
    () => store.get(scope, 'a'),
    () => store.put(scope, 'a', '1'),
    () => store.put(scope, 'new', '1', { ifVersion: 0 }),
    () => store.create(scope, 'a', '1'),
    () => store.delete(scope, 'a'),
    () => store.increment(scope, 'a', 1)
  ]
}

/** Whether the store answers. */
async function isThere(store: Store): Promise<boolean> {
  return store.get(scope, 'probe').then(
    () => true,
    () => false
  )
}

/** Everything is refused as it should be, each within the time. */
async function assertRefused(asks: readonly (() => Promise<unknown>)[]): Promise<void> {
  const tookMs = await timed(() => Promise.all(asks.map(ask => assert.rejects(ask, { code: 'ENGINE_UNAVAILABLE' }))))
  assert.ok(tookMs < MOST_MS + 1_000, `${tookMs} ms`)
}

test('a store that finds no server says so, and can be closed', async () => {
  const store = makeNatsStore('nats://127.0.0.1:1', {}, undefined, {}, 300)
  await assert.rejects(store.open(), { code: 'ENGINE_UNAVAILABLE' })
  await assert.rejects(store.get(scope, 'a'), { code: 'ENGINE_UNAVAILABLE' })
  await store.close()
})

test('without a server everything is refused with ENGINE_UNAVAILABLE in time, and works again afterwards', async t => {
  const server = await startNats(t)
  const node = await openNode(t, server.url, { answerMs: ANSWER_MS })
  const { store } = node
  const { version } = await store.put(scope, 'a', '1')
  await server.kill()
  await assertRefused(questions(store))
  await assertRefused([
    ...questions(store),
    () => store.list(scope, { prefix: '', limit: 1 }),
    () => store.namespaces('acme'),
    () => store.stats('acme'),
    () => store.watch(scope, '', () => {})
  ])
  await server.restart()
  await until('it is there again', () => isThere(store))
  assert.deepEqual(await store.get(scope, 'a'), { text: '1', version })
  assert.equal((await store.increment(scope, 'a', 1)).value, 2)
  await until('it is told', () => node.changes.length === 2)
})

test('a server that stands still holds nobody up for longer than 5 seconds', async t => {
  const server = await startNats(t)
  const { store } = await openNode(t, server.url, { answerMs: ANSWER_MS })
  await store.put(scope, 'a', '1')
  server.pause()
  const asks = questions(store)
  await assertRefused([...asks, ...asks, ...asks])
  server.resume()
  await until('it is there again', () => isThere(store))
})

test('a store is closed at once while its server stands still', async t => {
  const server = await startNats(t)
  const { store } = await openNode(t, server.url, { answerMs: ANSWER_MS })
  server.pause()
  const asked = assert.rejects(store.put(scope, 'a', '1'), { code: 'ENGINE_UNAVAILABLE' })
  await store.close()
  await asked
  server.resume()
})

test('what others changed during an outage of one node is told there afterwards, the latest of each key', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const away = await openNode(t, cable.url, { answerMs: ANSWER_MS })
  const other = await openNode(t, server.url)
  for (const key of ['kept', 'changed', 'gone']) await other.store.put(scope, key, '1')
  await until('all are told', () => away.changes.length === 3)
  cable.cut()
  await until('it is refused', async () => !(await isThere(away.store)))
  await other.store.put(scope, 'changed', '2')
  await other.store.put(scope, 'changed', '3')
  await other.store.delete(scope, 'gone')
  await other.store.put(scope, 'new', '1')
  cable.mend()
  await until('all is told', () => away.changes.length === 6)
  assert.deepEqual(say(away.changes.slice(3)), ['set changed 3', 'delete gone', 'set new 1'])
  assert.deepEqual(await keysOf(away), ['changed', 'kept', 'new'])
  assert.deepEqual(await away.store.stats('acme'), await other.store.stats('acme'))
  await other.store.put(scope, 'after', '1')
  await until('it is told', () => away.changes.length === 7)
})

test('when the server has lost everything, so have the nodes, and they go on', async t => {
  const server = await startNats(t)
  const node = await openNode(t, server.url)
  const { version } = await node.store.put(scope, 'a', '1')
  await node.store.put(scope, 'b', '1')
  await server.kill()
  await server.restart({ isEmpty: true })
  await until('all is told', () => node.changes.length === 4)
  assert.deepEqual(say(node.changes.slice(2)).sort(), ['delete a', 'delete b'])
  assert.deepEqual(await keysOf(node), [])
  const again = await node.store.create(scope, 'a', '2')
  assert.ok(again > version)
  await until('it is told', () => node.changes.length === 5)
  assert.deepEqual(await keysOf(node), ['a'])
})
