import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Peer, setBus } from '../../support/bus.ts'

const at = { room: 'lab', channel: 'one' }

function notices(peer: Peer): unknown[] {
  return peer.frames.filter(frame => frame.type === 'system').map(({ payload }) => [payload.event, payload.channel])
}

test('who joins and leaves is told to the members that asked for it, and to nobody else', async t => {
  const stage = await setBus(t)
  const [watcher, member, ada] = [stage.connect(), stage.connect(), stage.connect({ screenName: 'Ada' })]
  await watcher.join('lab:one', { presence: true })
  await member.join('lab:one')
  watcher.frames.length = 0
  member.frames.length = 0
  await ada.join('lab:one')
  await ada.join('lab:one')
  await ada.command('leave_channel', at)
  await ada.command('leave_channel', at)
  await ada.join('lab:one')
  ada.transport.end()
  stage.turn()
  assert.deepEqual(
    watcher.frames.map(({ type, sender, room, payload, sequence }) => [
      type,
      sender,
      room,
      payload.event,
      payload.client_id,
      payload.screen_name,
      payload.participant_count,
      sequence
    ]),
    ['client_joined', 'client_left', 'client_joined', 'client_left'].map(event => [
      'system',
      'arqonbus',
      'lab',
      event,
      ada.id,
      'Ada',
      event === 'client_joined' ? 3 : 2,
      undefined
    ])
  )
  assert.equal(member.frames.length, 0)
})

test('channels made and deleted are told to those in the room who asked', async t => {
  const stage = await setBus(t)
  const [ada, bob, root] = [stage.connect(), stage.connect(), stage.connect({ role: 'admin' })]
  await ada.join('lab:one', { presence: true })
  await bob.join('other:one', { presence: true })
  ada.frames.length = 0
  bob.frames.length = 0
  await root.command('create_channel', { channel_id: 'lab:two', description: 'The second' })
  await root.command('delete_channel', { channel_id: 'lab:two' })
  assert.deepEqual(notices(ada), [
    ['channel_created', 'two'],
    ['channel_deleted', 'two']
  ])
  assert.equal(bob.frames.length, 0)
})
