import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from '../../../src/auth/capabilities.ts'
import { type BusStage, type Peer, setBus } from '../../support/bus.ts'

const at = { room: 'lab', channel: 'one' }

/** Publishes so many messages to lab:one, numbered from `first`. */
function publish(peer: Peer, count: number, first = 1): void {
  for (let n = first; n < first + count; n++) peer.say({ type: 'message', ...at, payload: { n }, ack: false })
}

function notices(peer: Peer): unknown[] {
  return peer.frames.filter(frame => frame.type === 'system').map(({ payload }) => [payload.event, payload.channel])
}

function numbers(peer: Peer): number[] {
  return peer.received().map(frame => frame.payload.n)
}

/** Lets the channel pass its grace and the sweep come. */
async function outlive(stage: BusStage): Promise<void> {
  await stage.pass(330_000, 15_000)
}

test('joining is idempotent: the second time nothing is created, counted or delivered twice', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  const first = await bob.join('lab:one')
  stage.clock.advance(60_000)
  const second = await bob.join('lab:one')
  assert.deepEqual(
    [first, second].map(({ payload: { data } }) => [data.created, data.participant_count]),
    [
      [true, 1],
      [false, 1]
    ]
  )
  assert.equal(second.payload.data.joined_at, first.payload.data.joined_at)
  publish(ada, 1)
  assert.deepEqual(numbers(bob), [1])
  assert.equal(stage.bus.hub.membershipCount(bob.connection), 1)
})

test('a join tells the present end of the channel, and what comes after it is delivered', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  publish(ada, 3)
  const { data } = (await bob.join('lab:one')).payload
  assert.deepEqual([data.sequence, data.created, data.recovered], [3, false, undefined])
  publish(ada, 1, 4)
  assert.deepEqual(
    bob.received().map(({ sequence, epoch }) => ({ sequence, epoch })),
    [{ sequence: 4, epoch: data.epoch }]
  )
})

test('a join with a known position brings back what was missed, after the answer and before anything live', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  publish(ada, 5)
  const { epoch } = (await stage.connect().join('lab:one')).payload.data
  bob.transport.say({ type: 'command', id: 'arq_j', command: 'join_channel', args: { ...at, since: 2, epoch } })
  await stage.settle()
  publish(ada, 1, 6)
  const [response] = bob.frames
  assert.deepEqual([response?.request_id, response?.payload.data.recovered], ['arq_j', true])
  assert.deepEqual(numbers(bob), [3, 4, 5, 6])
})

test('what a client published itself is not brought back to it, unless it asked for an echo', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const { epoch } = (await ada.join('lab:one')).payload.data
  publish(ada, 1)
  ada.say({ type: 'message', ...at, payload: { n: 2 }, metadata: { echo: true } })
  const { recovered } = (await ada.join('lab:one', { since: 0, epoch })).payload.data
  assert.equal(recovered, true)
  assert.deepEqual(numbers(ada), [2, 2])
})

test('a join with an epoch or sequence that proves nothing is not recovered, and brings nothing back', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  publish(ada, 3)
  const { epoch } = (await stage.connect().join('lab:one')).payload.data
  for (const args of [
    { since: 1, epoch: 'another' },
    { since: 4, epoch }
  ]) {
    const bob = stage.connect()
    assert.equal((await bob.join('lab:one', args)).payload.data.recovered, false)
    assert.deepEqual(numbers(bob), [])
  }
})

test('as many messages as may be recovered are, and one more is not', async t => {
  const stage = await setBus(t, { limits: { maxRecovery: 3 } })
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  publish(ada, 4)
  const { epoch } = (await stage.connect().join('lab:one')).payload.data
  assert.equal((await bob.join('lab:one', { since: 1, epoch })).payload.data.recovered, true)
  assert.deepEqual(numbers(bob), [2, 3, 4])
  assert.equal((await eve.join('lab:one', { since: 0, epoch })).payload.data.recovered, false)
  assert.deepEqual(numbers(eve), [])
})

test('the last membership that may be had is granted, the next is LIMIT_EXCEEDED, and a present one can be repeated', async t => {
  const stage = await setBus(t, { limits: { maxMemberships: 2 } })
  const ada = stage.connect()
  await ada.join('lab:one')
  await ada.join('lab:two')
  const refused = await ada.command('join_channel', { channel_id: 'lab:three' })
  assert.deepEqual([refused.error_code, refused.retry], ['LIMIT_EXCEEDED', false])
  assert.match(refused.error, /2 channels/)
  assert.equal(stage.registry.find('default', 'lab', 'three'), undefined)
  await ada.join('lab:two')
  await ada.command('leave_channel', { channel_id: 'lab:one' })
  await ada.join('lab:three')
})

test('a join without permission to read is refused and creates nothing', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ capabilities: parseCapabilities({ subscribe: ['lab:two'] }, []) })
  const refused = await ada.command('join_channel', { channel_id: 'lab:one' })
  assert.equal(refused.error_code, 'AUTHORIZATION_ERROR')
  assert.equal(stage.registry.find('default', 'lab', 'one'), undefined)
  assert.equal((await ada.join('lab:two')).status, 'success')
})

test('with auto-creation off an unknown channel cannot be joined', async t => {
  const stage = await setBus(t, { registry: { isAutoCreating: false } })
  const refused = await stage.connect().command('join_channel', { channel_id: 'lab:one' })
  assert.equal(refused.error_code, 'CHANNEL_NOT_FOUND')
})

test('a join that fails in the engine is no membership, and one that is repeated stays a live one', async t => {
  let isDown = false
  const stage = await setBus(t, {
    broker: memory => ({ position: key => (isDown ? Promise.reject(new Error('down')) : memory.position(key)) })
  })
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  await bob.join('lab:one')
  isDown = true
  for (const peer of [bob, eve]) {
    const refused = await peer.command('join_channel', { channel_id: 'lab:one' })
    assert.equal(refused.error_code, 'EXECUTION_ERROR')
  }
  publish(ada, 1)
  assert.deepEqual(numbers(bob), [1])
  assert.deepEqual(numbers(eve), [])
  assert.equal(stage.bus.hub.membershipCount(eve.connection), 0)
})

test('a channel cannot be created twice', async t => {
  const stage = await setBus(t)
  const root = stage.connect({ role: 'admin' })
  await root.command('create_channel', { channel_id: 'lab:two' })
  assert.equal((await root.command('create_channel', { channel_id: 'lab:two' })).error_code, 'CHANNEL_EXISTS')
})

test('only an empty channel of the tenant that is not part of every server can be deleted, with its history', async t => {
  const stage = await setBus(t)
  const [root, ada] = [stage.connect({ role: 'admin' }), stage.connect()]
  stage.connect({ tenant: 'acme' }).say({ type: 'message', room: 'acme-only:one' })
  const epoch = (await ada.join('lab:one')).payload.data.epoch
  publish(ada, 2)
  const codes: unknown[] = []
  for (const channel_id of ['lab:one', 'science:explore', 'lab:none', 'acme-only:one']) {
    codes.push((await root.command('delete_channel', { channel_id })).error_code)
  }
  assert.deepEqual(codes, ['CHANNEL_NOT_EMPTY', 'CHANNEL_PROTECTED', 'CHANNEL_NOT_FOUND', 'CHANNEL_NOT_FOUND'])
  await ada.command('leave_channel', at)
  assert.equal((await root.command('delete_channel', at)).status, 'success')
  assert.equal(stage.broker.stats().messages, 1)
  const again = (await ada.join('lab:one', { since: 2, epoch })).payload.data
  assert.deepEqual([again.created, again.recovered, again.sequence], [true, false, 0])
})

test('an auto-created channel that stays empty for the grace is forgotten with its room and history', async t => {
  const stage = await setBus(t)
  const [ada, watcher] = [stage.connect(), stage.connect()]
  await watcher.join('lab:two', { presence: true })
  await ada.join('lab:one')
  publish(watcher, 2)
  await ada.command('leave_channel', at)
  watcher.frames.length = 0
  await outlive(stage)
  assert.equal(stage.registry.find('default', 'lab', 'one'), undefined)
  assert.deepEqual(notices(watcher), [['channel_deleted', 'one']])
  assert.equal(stage.broker.stats().messages, 0)
  await watcher.command('leave_channel', { channel_id: 'lab:two' })
  await outlive(stage)
  await stage.pass(15_000, 15_000)
  assert.equal(stage.registry.find('default', 'lab', ''), undefined)
  assert.equal(stage.broker.stats().channels, 0)
})

test('history survives a reconnect within the grace, and is recovered from', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const { epoch } = (await ada.join('lab:one')).payload.data
  publish(stage.connect(), 2)
  ada.transport.end()
  publish(stage.connect(), 1, 3)
  await stage.pass(285_000, 15_000)
  const again = stage.connect()
  const { recovered } = (await again.join('lab:one', { since: 2, epoch })).payload.data
  assert.equal(recovered, true)
  assert.deepEqual(numbers(again), [3])
})

test('a channel made by command, a seed, and a channel with a member outlive the grace', async t => {
  const stage = await setBus(t)
  const [root, ada] = [stage.connect({ role: 'admin' }), stage.connect()]
  await root.command('create_channel', { channel_id: 'made:one' })
  await ada.join('lab:one')
  await outlive(stage)
  for (const [room, channel] of [
    ['made', 'one'],
    ['lab', 'one'],
    ['science', 'explore']
  ] as const) {
    assert.ok(stage.registry.find('default', room, channel))
  }
})

test('use puts the grace off', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  publish(ada, 1)
  await stage.pass(285_000, 15_000)
  publish(ada, 1)
  await stage.pass(285_000, 15_000)
  assert.ok(stage.registry.find('default', 'lab', 'one'))
})

test('capabilities that shrink end the memberships that they no longer cover, with a notice', async t => {
  const stage = await setBus(t)
  const [ada, watcher] = [stage.connect(), stage.connect()]
  for (const address of ['lab:one', 'lab:two', 'science:explore']) await ada.join(address)
  await watcher.join('lab:one', { presence: true })
  watcher.frames.length = 0
  ada.connection.identity = {
    ...ada.connection.identity,
    capabilities: parseCapabilities({ subscribe: ['lab:two', 'science:*'] }, [])
  }
  stage.bus.channels.leaveForbidden(ada.connection)
  stage.turn()
  assert.deepEqual(
    stage.bus.hub.placesOf(ada.connection).map(place => place.key),
    ['default/lab:two', 'default/science:explore']
  )
  assert.deepEqual(notices(watcher), [['client_left', 'one']])
})
