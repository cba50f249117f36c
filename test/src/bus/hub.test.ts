import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '../../../src/bus/hub.ts'
import { keyOf } from '../../../src/protocol/address.ts'
import { BusStage, setBus } from '../../support/bus.ts'

test('a message to a room reaches a member of several of its channels once', async t => {
  const stage = await setBus(t)
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  for (const channel of ['explore', 'share', 'design']) await bob.join(`science:${channel}`)
  await eve.join('integriguard:dashboard-events')
  const [ack] = ada.ask({ type: 'message', room: 'science', payload: { n: 1 } })
  assert.deepEqual(
    bob.received().map(({ room, channel, sequence, payload }) => ({ room, channel, sequence, payload })),
    [{ room: 'science', channel: undefined, sequence: 1, payload: { n: 1 } }]
  )
  assert.equal(eve.received().length, 0)
  assert.deepEqual([ack?.room, ack?.channel, ack?.sequence], ['science', undefined, 1])
})

test('a member of a room gets its messages until it has left the last of its channels', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  await bob.join('science:share')
  await bob.command('leave_channel', { channel_id: 'science:share' })
  ada.say({ type: 'message', room: 'science', payload: { n: 1 } })
  await bob.command('leave_channel', { channel_id: 'science:explore' })
  ada.say({ type: 'message', room: 'science', payload: { n: 2 } })
  assert.deepEqual(
    bob.received().map(frame => frame.payload.n),
    [1]
  )
})

test('a channel and its room are numbered apart', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const sequences = ['science:explore', 'science', 'science:explore', 'science'].map(
    room => ada.ask({ type: 'message', room })[0]?.sequence
  )
  assert.deepEqual(sequences, [1, 1, 2, 2])
})

test('tenants with rooms and channels of the same names know nothing of each other', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  const [ann, ben] = [stage.connect({ tenant: 'acme' }), stage.connect({ tenant: 'acme' })]
  for (const peer of [bob, ben]) await peer.join('lab:one', { presence: true })
  bob.frames.length = 0
  ben.frames.length = 0
  ada.say({ type: 'message', room: 'lab:one', payload: { from: 'default' } })
  ada.say({ type: 'message', room: 'lab', payload: { from: 'default' } })
  const [first] = ann.ask({ type: 'message', room: 'lab:one', payload: { from: 'acme' } })
  assert.equal(first?.sequence, 1)
  assert.deepEqual(
    bob.frames.map(frame => frame.payload.from),
    ['default', 'default']
  )
  assert.deepEqual(
    ben.frames.map(frame => frame.payload.from),
    ['acme']
  )
  await ada.join('lab:one')
  assert.equal(ben.frames.length, 1)
})

test('a client id is found within its tenant only', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ tenant: 'acme' })
  assert.equal(stage.bus.hub.find('acme', ada.id), ada.connection)
  assert.equal(stage.bus.hub.find('default', ada.id), undefined)
  assert.deepEqual([...stage.bus.hub.connections()], [ada.connection])
})

test('a connection that is gone leaves nothing behind in any index', async t => {
  const unsubscribed: string[] = []
  const stage = await setBus(t, {
    broker: memory => ({
      unsubscribe(key) {
        unsubscribed.push(key)
        memory.unsubscribe(key)
      }
    })
  })
  const { hub } = stage.bus
  const [ada, bob] = [stage.connect(), stage.connect({ room: 'science' })]
  for (const address of ['lab:one', 'lab:two', 'science:explore']) await ada.join(address, { presence: true })
  await bob.join('lab:one')
  ada.transport.end()
  assert.equal(hub.size, 1)
  assert.deepEqual([...hub.connectionsOf('default')], [bob.connection])
  assert.deepEqual(unsubscribed.sort(), ['default/lab:two', 'default/science:explore'])
  bob.transport.end()
  assert.equal(hub.size, 0)
  assert.deepEqual(unsubscribed.sort(), [
    'default/lab:',
    'default/lab:one',
    'default/lab:two',
    'default/science:',
    'default/science:explore'
  ])
  for (const key of unsubscribed) {
    assert.equal(hub.membersOf(key).size, 0)
    assert.equal(hub.roomMembersOf(key).size, 0)
  }
  assert.deepEqual(hub.placesOf(ada.connection), [])
  assert.equal(hub.membershipCount(ada.connection), 0)
  assert.equal(hub.joinedAtMs(ada.connection, 'default/lab:one'), undefined)
  assert.equal(hub.connectionsOf('default').size, 0)
})

test('leaving the last channel that was watched ends the notices of the room', async t => {
  const stage = await setBus(t)
  const [ada, root] = [stage.connect(), stage.connect({ role: 'admin' })]
  await ada.join('lab:one', { presence: true })
  await ada.join('lab:two', { presence: true })
  await ada.join('lab:three')
  ada.frames.length = 0
  await ada.command('leave_channel', { channel_id: 'lab:one' })
  await root.command('create_channel', { channel_id: 'lab:four' })
  await ada.command('leave_channel', { channel_id: 'lab:two' })
  await root.command('create_channel', { channel_id: 'lab:five' })
  const notices = ada.frames.filter(frame => frame.type === 'system').map(({ payload }) => payload.channel)
  assert.deepEqual(notices, ['four'])
})

test('joining again with presence off ends the notices', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await ada.join('lab:one', { presence: true })
  await ada.join('lab:one', { presence: false })
  ada.frames.length = 0
  await bob.join('lab:one')
  assert.equal(ada.frames.length, 0)
})

test('a message that nobody is there for is not encoded, and one that is delivered is counted per receiver', async t => {
  const stage = await setBus(t)
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  const { hub } = stage.bus
  ada.say({ type: 'message', room: 'lab:one' })
  assert.equal(hub.deliveredCount, 0)
  for (const peer of [ada, bob, eve]) await peer.join('lab:one')
  ada.say({ type: 'message', room: 'lab:one' })
  assert.equal(hub.deliveredCount, 2)
  ada.say({ type: 'private', to: bob.id })
  assert.equal(hub.deliveredCount, 3)
})

test('a member for whom more is held back than it could catch up with is closed with 4428', async t => {
  const stage = await setBus(t, { limits: { publishBurst: 100_000 } })
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  const { hub } = stage.bus
  const key = keyOf('default', 'lab', 'one')
  hub.hold(bob.connection, key)
  const frame = JSON.stringify({ type: 'message', room: 'lab:one', ack: false })
  for (let n = 0; n < 10_000; n++) ada.transport.say(frame)
  assert.equal(bob.connection.isOpen, true)
  ada.transport.say(frame)
  assert.equal(bob.connection.isOpen, false)
  assert.equal(bob.transport.closing?.code, 4428)
  assert.equal(bob.connection.held?.size ?? 0, 0)
  assert.equal(hub.membersOf(key).size, 0)
})

test('a place that was never joined can be left and released without harm', () => {
  const stage = new BusStage()
  const { hub } = stage.bus
  const ada = stage.connect()
  const place: Place = {
    tenant: 'default',
    room: 'lab',
    name: 'one',
    key: keyOf('default', 'lab', 'one'),
    roomKey: keyOf('default', 'lab', '')
  }
  assert.equal(hub.leave(ada.connection, place), false)
  hub.release(ada.connection, place.key, 0)
  assert.equal(ada.connection.held, undefined)
})

test('members of a channel or a room of which deliveries were lost are closed with 4428, and nobody else', async t => {
  const stage = await setBus(t)
  const [one, two, three] = [stage.connect(), stage.connect(), stage.connect()]
  await one.join('lab:a')
  await two.join('lab:b')
  await three.join('other:a')
  stage.bus.hub.lost(keyOf('default', 'lab', 'a'))
  assert.deepEqual([one.connection.isOpen, two.connection.isOpen, three.connection.isOpen], [false, true, true])
  assert.equal(one.transport.closing?.code, 4428)
  stage.bus.hub.lost(keyOf('default', 'lab', ''))
  assert.deepEqual([two.connection.isOpen, three.connection.isOpen], [false, true])
  stage.bus.hub.lost(keyOf('default', 'nobody', 'here'))
})
