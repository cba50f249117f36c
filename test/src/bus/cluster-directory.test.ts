import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterDirectory } from '../../../src/bus/cluster-directory.ts'
import { setPair } from '../../support/bus-pair.ts'

test('clients of all nodes come in parts, by client id, each once', async t => {
  const { one, two } = await setPair(t)
  const directories = [one, two].map(({ bus }) => new ClusterDirectory(bus))
  const ids = [one, two, two, one, two, two, two].map(stage => stage.connect({ tenant: 'north' }).id).sort()
  for (const stage of [one, two]) stage.connect({ tenant: 'south' })
  for (const directory of directories) {
    for (const limit of [1, 2, 3, 7, 8]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await directory.clients('north', { limit, cursor })
        assert.ok(page.entries.length <= limit)
        seen.push(...page.entries.map(({ client_id }) => client_id))
        cursor = page.nextCursor
      } while (cursor !== undefined)
      assert.deepEqual(seen, ids)
    }
  }
})

test('a node whose part is too large for one answer makes the page shorter, and nobody is left out', async t => {
  const { one, two } = await setPair(t)
  const [here] = [one, two].map(({ bus }) => new ClusterDirectory(bus))
  const avatar = 'x'.repeat(200_000)
  const ids = [
    ...Array.from({ length: 6 }, () => two.connect({ avatar }).id),
    ...Array.from({ length: 6 }, () => one.connect().id)
  ].sort()
  const seen: string[][] = []
  let cursor: string | undefined
  do {
    const page = await here!.clients('default', { limit: 100, cursor })
    seen.push(page.entries.map(({ client_id }) => client_id))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  assert.ok(seen.length > 1)
  assert.deepEqual(seen.flat(), ids)
})

test('a client of another node is shown, and one of another tenant is not there', async t => {
  const { one, two } = await setPair(t)
  const [directory] = [one, two].map(({ bus }) => new ClusterDirectory(bus))
  const [ada, bob] = [two.connect({ tenant: 'north', screenName: 'Ada' }), one.connect({ tenant: 'north' })]
  await ada.join('lab:one')
  const entry = await directory!.client('north', ada.id)
  assert.deepEqual(entry, { ...entry, client_id: ada.id, screen_name: 'Ada', channels: ['lab:one'] })
  assert.equal((await directory!.client('north', bob.id)).client_id, bob.id)
  for (const run of [
    () => directory!.client('south', ada.id),
    () => directory!.disconnect('south', ada.id),
    () => directory!.client('north', 'arq_client_nobody'),
    () => directory!.disconnect('north', 'arq_client_nobody')
  ])
    await assert.rejects(run, { code: 'NOT_FOUND' })
  assert.equal(ada.connection.isOpen, true)
})

test('a client is disconnected with 4403 on whatever node it is', async t => {
  const { one, two } = await setPair(t)
  const [directory] = [one, two].map(({ bus }) => new ClusterDirectory(bus))
  for (const peer of [one.connect(), two.connect()]) {
    await directory!.disconnect('default', peer.id)
    assert.equal(peer.transport.closing?.code, 4403)
    await assert.rejects(directory!.client('default', peer.id), { code: 'NOT_FOUND' })
  }
})

test('rooms count the clients of all nodes, each once', async t => {
  const { one, two } = await setPair(t)
  const [directory] = [one, two].map(({ bus }) => new ClusterDirectory(bus))
  await one.connect().join('lab:one')
  const bob = two.connect()
  for (const address of ['lab:one', 'lab:two']) await bob.join(address)
  const { entries } = await directory!.rooms('default', { limit: 100 })
  const [lab] = entries.filter(({ room }) => room === 'lab')
  assert.equal(lab?.participant_count, 2)
})
