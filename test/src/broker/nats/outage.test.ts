import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Cable } from '../../../support/cable.ts'
import { startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

/** Removes a stream, as an operator might. */
async function remove(url: string, stream: string): Promise<void> {
  const connection = await connect({ servers: url })
  await (await jetstreamManager(connection)).streams.delete(stream)
  await connection.close()
}

test('what was published during an outage of one node is delivered there afterwards, once and in order', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const [member, publisher] = [await openNode(t, cable.url), await openNode(t, server.url)]
  const { key } = publisher
  await member.broker.subscribe(key)
  const ids = async (count: number): Promise<string[]> => {
    const messages = Array.from({ length: count }, () => publisher.message())
    await Promise.all(messages.map(message => publisher.publish(message)))
    return messages.map(({ id }) => id)
  }
  const expected = await ids(3)
  for (const count of [0, 1, 40]) {
    await until('it has caught up', () => member.sink.idsOf(key).length === expected.length)
    cable.cut()
    await until('it is refused', () =>
      member.publish().then(
        () => false,
        () => true
      )
    )
    expected.push(...(await ids(count)))
    cable.mend()
    await until('it is there again', () =>
      member.broker.probe().then(
        () => true,
        () => false
      )
    )
    expected.push(...(await ids(2)))
  }
  await until('all are there', () => member.sink.idsOf(key).length >= expected.length)
  assert.deepEqual(member.sink.idsOf(key), expected)
  assert.deepEqual(member.sink.losses, [])
  const { reconnects, gapsLost, gapsMended } = member.broker.engine?.() ?? assert.fail()
  assert.equal(reconnects, 3)
  assert.equal(gapsLost, 0)
  assert.ok(gapsMended >= 2)
})

test('members are sent away when more was published during an outage than the stream keeps, and then go on', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const limits = { historyCount: 5 }
  const [member, publisher] = [await openNode(t, cable.url, limits), await openNode(t, server.url, limits)]
  const { key } = publisher
  await member.broker.subscribe(key)
  const first = publisher.message()
  await publisher.publish(first)
  await until('the first is there', () => member.sink.idsOf(key).length === 1)
  cable.cut()
  await publisher.publishMany(6)
  cable.mend()
  await until('they are sent away', () => member.sink.losses.length > 0)
  assert.deepEqual(member.sink.losses, [key])
  const last = publisher.message()
  await publisher.publish(last)
  await until('the last is there', () => member.sink.idsOf(key).includes(last.id))
  assert.deepEqual(member.sink.idsOf(key), [first.id, last.id])
})

test('a channel forgotten during an outage sends its members away', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const [member, other] = [await openNode(t, cable.url), await openNode(t, server.url)]
  const { key } = other
  await member.broker.subscribe(key)
  await other.publish()
  await until('it is there', () => member.sink.publications.length === 1)
  cable.cut()
  await until('it is taken for gone', () => other.broker.engine?.().peers === 0)
  await other.broker.forget(key)
  cable.mend()
  await until('they are sent away', () => member.sink.losses.length > 0)
  assert.deepEqual(member.sink.losses, [key])
})

test('a server that comes back with nothing has another epoch, honours no old position and sends members away', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url)
  await stage.broker.subscribe(stage.key)
  const old = await stage.publish()
  await server.kill()
  await server.restart({ isEmpty: true })
  await until('members are sent away', () => stage.sink.losses.length > 0)
  await until('it publishes again', () =>
    stage.publish().then(
      () => true,
      () => false
    )
  )
  const fresh = await stage.publish()
  assert.notEqual(fresh.epoch, old.epoch)
  const { recovered, position } = await stage.broker.recover(stage.key, old, 10)
  assert.equal(recovered, false)
  assert.equal(position.epoch, fresh.epoch)
})

test('a stream that is removed is made anew by the first node that notices, and the members of all are sent away', async t => {
  const server = await startNats(t)
  const nodes = [await openNode(t, server.url), await openNode(t, server.url)] as const
  const [{ key }] = nodes
  for (const { broker } of nodes) await broker.subscribe(key)
  const old = await nodes[0].publish()
  await remove(server.url, 'AQ_MSG')
  for (const node of nodes) {
    await until('it is ready again', () =>
      node.broker.probe().then(
        () => true,
        () => false
      )
    )
    assert.deepEqual(node.sink.losses, [key])
  }
  const message = nodes[0].message()
  const { sequence, epoch } = await nodes[0].publish(message)
  assert.notEqual(epoch, old.epoch)
  for (const { broker, sink } of nodes) {
    await until('it is delivered', () => sink.idsOf(key).at(-1) === message.id)
    assert.deepEqual(await broker.position(key), { sequence, epoch })
  }
  for (const { broker } of nodes) assert.equal((await broker.recover(key, old, 10)).recovered, false)
})

test('without a connection everything is refused at once and nothing is delivered', async t => {
  const server = await startNats(t)
  const stage = await openNode(t, server.url)
  const { broker, key } = stage
  stage.sink.clients.add('ann')
  await stage.publish()
  await server.kill()
  await until('it is noticed', () =>
    stage.publish().then(
      () => false,
      () => true
    )
  )
  for (const question of [
    () => stage.publish(),
    () => stage.send(stage.message({ type: 'private', to: ['ann'] })),
    () => broker.subscribe(key),
    () => broker.position(key),
    () => broker.recover(key, { sequence: 0, epoch: 'any' }, 10),
    () => broker.read(key, { limit: 10, keep: 'newest' }),
    () => broker.forget(key),
    () => broker.probe()
  ]) {
    await assert.rejects(Promise.race([question(), nextTurn()]), { code: 'ENGINE_UNAVAILABLE' })
  }
  assert.deepEqual(stage.sink.transients, [])
})

test('no message that was acknowledged is missing after a crash of the server under load, and members see each once', async t => {
  const server = await startNats(t)
  const [member, publisher] = [
    await openNode(t, server.url, { historyCount: 50_000 }),
    await openNode(t, server.url, { historyCount: 50_000 })
  ]
  const { key } = publisher
  await member.broker.subscribe(key)
  const acknowledged = new Map<number, string>()
  let isWanted = true
  let refusals = 0
  const loads = Array.from({ length: 20 }, async () => {
    while (isWanted) {
      const message = publisher.message()
      try {
        acknowledged.set((await publisher.publish(message)).sequence, message.id)
      } catch {
        refusals++
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
  })
  for (let turn = 0; turn < 3; turn++) {
    const before = acknowledged.size
    await until('it publishes', () => acknowledged.size > before + 500)
    const refused = refusals
    await server.kill()
    await until('it is refused', () => refusals > refused)
    await server.restart()
  }
  const before = acknowledged.size
  await until('it publishes', () => acknowledged.size > before + 500)
  isWanted = false
  await Promise.all(loads)
  const last = await publisher.publish()
  await until('the last is there', () => member.sink.publications.at(-1)?.sequence === last.sequence)
  assert.deepEqual(member.sink.losses, [])
  const delivered = member.sink.publications.map(({ sequence, message }) => [sequence, message.id] as const)
  for (const [index, [sequence]] of delivered.entries())
    if (index > 0) assert.ok(sequence > (delivered[index - 1]?.[0] ?? 0))
  const seen = new Map(delivered)
  for (const [sequence, id] of acknowledged) assert.equal(seen.get(sequence), id)
  const { publications } = await publisher.broker.read(key, { limit: 50_000, keep: 'oldest' })
  assert.deepEqual(
    publications.map(({ sequence, message }) => [sequence, message.id]),
    delivered
  )
})

test('after a message that got no answer the probe stores one for trial, until one is stored', async t => {
  const server = await startNats(t)
  const node = await openNode(t, server.url)
  const { broker } = node
  const stored = async (): Promise<number> => {
    await broker.probe()
    return broker.stats().messages
  }
  await node.publish()
  const before = await stored()
  assert.equal(await stored(), before)
  server.pause()
  await assert.rejects(node.publish(), { code: 'ENGINE_UNAVAILABLE' })
  await assert.rejects(broker.probe(), { code: 'ENGINE_UNAVAILABLE' })
  server.resume()
  await until('it is well again', () =>
    broker.probe().then(
      () => true,
      () => false
    )
  )
  const after = await stored()
  assert.ok(after > before)
  assert.equal(await stored(), after)
  assert.equal((await node.publish()).duplicate, false)
})
