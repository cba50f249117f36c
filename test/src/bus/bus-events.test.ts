import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setBus } from '../../support/bus.ts'

test('whoever watches is told of connections, channels, memberships and commands, and never of content', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ role: 'admin', clientType: 'ai-agent' })
  await ada.command('create_channel', { room: 'lab', channel: 'one', description: 'hidden words' })
  await ada.join('lab:one')
  ada.say({ type: 'message', room: 'lab:one', payload: { text: 'hidden words' } })
  await ada.command('leave_channel', { room: 'lab', channel: 'one' })
  await ada.command('delete_channel', { room: 'lab', channel: 'one' })
  await ada.command('delete_channel', { room: 'lab', channel: 'one' })
  ada.transport.end(1000)
  assert.deepEqual(
    stage.events.map(({ type, clientId, tenant }) => [type, clientId, tenant]),
    [
      'client_connected',
      'channel_created',
      'command_executed',
      'client_joined',
      'command_executed',
      'message_routed',
      'client_left',
      'command_executed',
      'channel_deleted',
      'command_executed',
      'command_failed',
      'client_disconnected'
    ].map(type => [type, ada.id, 'default'])
  )
  assert.ok(!JSON.stringify(stage.events).includes('hidden words'))
})

test('of many messages in a second some are told, and how many there were between them', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const routed = () => stage.events.filter(({ type }) => type === 'message_routed').map(({ payload }) => payload)
  for (let n = 0; n < 25; n++) ada.say({ type: 'message', room: 'lab:one', payload: {} })
  assert.equal(routed().length, 10)
  stage.clock.advance(100)
  ada.say({ type: 'message', room: 'lab:one', payload: {} })
  assert.equal(routed().length, 11)
  assert.deepEqual(routed().at(-1), { ...routed().at(-1), room: 'lab', channel: 'one', unsampled: 15 })
})

test('how many messages of a tenant are told does not depend on another tenant', async t => {
  const stage = await setBus(t)
  const north = stage.connect({ tenant: 'north' })
  const south = stage.connect({ tenant: 'south' })
  for (let n = 0; n < 40; n++) north.say({ type: 'message', room: 'lab:one', payload: {} })
  south.say({ type: 'message', room: 'lab:one', payload: {} })
  const routed = stage.events.filter(({ type, tenant }) => type === 'message_routed' && tenant === 'south')
  assert.deepEqual(
    routed.map(({ payload }) => (payload as { unsampled: number }).unsampled),
    [0]
  )
})

test('what was published is told once its sender was answered, and not what is a duplicate or private', async t => {
  const stage = await setBus(t)
  const told: [string, number][] = []
  stage.bus.published.on(({ id }, { sequence }) => told.push([id, sequence]))
  const [ada, bob] = [stage.connect(), stage.connect()]
  ada.say({ type: 'message', id: 'arq_one', room: 'lab:one', payload: {} })
  ada.say({ type: 'message', id: 'arq_one', room: 'lab:one', payload: {} })
  ada.say({ type: 'private', id: 'arq_two', to: bob.id, payload: {} })
  ada.say({ type: 'event', id: 'arq_three', room: 'lab:one', payload: {} })
  assert.deepEqual(told, [
    ['arq_one', 1],
    ['arq_three', 2]
  ])
})

test('frames of clients that others may be told of are told before they are worked on', async t => {
  const stage = await setBus(t)
  const told: unknown[] = []
  stage.bus.frames.on((connection, { type }) => told.push([connection.id, type]))
  const ada = stage.connect()
  for (const type of ['message', 'event', 'private', 'command', 'ping', 'response', 'telemetry'])
    ada.say({ type, command: 'ping', to: type === 'private' ? ada.id : null, room: 'lab:one', payload: {} })
  assert.deepEqual(
    told,
    ['message', 'event', 'private', 'command'].map(type => [ada.id, type])
  )
})

test('whoever owns something of a connection is told when it takes part no more', async t => {
  const stage = await setBus(t)
  const left: string[] = []
  stage.bus.left.on(({ id }) => left.push(id))
  const [ada, bob] = [stage.connect(), stage.connect()]
  ada.transport.end(1006)
  assert.deepEqual(left, [ada.id])
  bob.transport.end(1000)
  assert.deepEqual(left, [ada.id, bob.id])
})
