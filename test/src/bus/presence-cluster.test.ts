import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../../support/bus.ts'
import { setPair } from '../../support/bus-pair.ts'

const at = { room: 'lab', channel: 'one' }

function noticesOf(peer: Peer): unknown[] {
  return peer.frames
    .filter(({ type }) => type === 'system')
    .map(({ payload }) => [payload.event, payload.client_id, payload.participant_count])
}

test('the members of all nodes are listed, in the order in which they came', async t => {
  const { one, two } = await setPair(t)
  const [ada, bob, cat] = [one.connect({ screenName: 'Ada' }), two.connect({ clientType: 'ai-agent' }), one.connect()]
  for (const peer of [ada, bob, cat]) {
    await peer.join('lab:one')
    one.clock.advance(10)
    two.clock.advance(10)
  }
  for (const peer of [ada, bob]) {
    const { data } = (await peer.command('channel_info', at)).payload
    assert.deepEqual(data.participants, [ada.id, bob.id, cat.id])
    assert.deepEqual([data.member_count, data.participant_count], [3, 3])
    const [first, second] = data.members
    assert.deepEqual([first.screen_name, second.client_type, second.screen_name], ['Ada', 'ai-agent', undefined])
    assert.match(second.joined_at, /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.equal(second.joined_at_ms, undefined)
  }
})

test('at most 1,000 members are listed, and all are counted', async t => {
  const { one, two } = await setPair(t)
  for (const stage of [one, two]) for (let n = 0; n < 501; n++) await stage.connect().join('lab:one')
  const { data } = (await one.connect().command('channel_info', at)).payload
  assert.deepEqual([data.members.length, data.member_count], [1000, 1002])
})

test('a list of channels asks the other nodes once for all of them', async t => {
  const { one, two, questions } = await setPair(t)
  const [ada, bob] = [one.connect(), two.connect()]
  for (const address of ['lab:one', 'lab:two']) await ada.join(address)
  await bob.join('lab:one')
  questions.length = 0
  const { channels } = (await ada.command('list_channels', { room: 'lab' })).payload.data
  assert.deepEqual(
    channels.map((channel: { name: string; participant_count: number }) => [channel.name, channel.participant_count]),
    [
      ['one', 2],
      ['two', 1]
    ]
  )
  assert.equal(questions.length, 1)
})

test('joining tells how many members there are on all nodes, the first time and again', async t => {
  const { one, two } = await setPair(t)
  const [ada, bob] = [one.connect(), two.connect()]
  await ada.join('lab:one')
  for (const turn of [1, 2]) {
    assert.equal((await bob.join('lab:one')).payload.data.participant_count, 2, `time ${turn}`)
  }
})

test('notices count the members of all nodes, and nobody is told of its own joining', async t => {
  const { one, two } = await setPair(t)
  const [watcher, bob] = [one.connect(), one.connect()]
  await two.connect().join('lab:one')
  await watcher.join('lab:one', { presence: true })
  await bob.join('lab:one', { presence: true })
  await bob.command('leave_channel', at)
  await one.settle()
  assert.deepEqual(noticesOf(watcher), [
    ['client_joined', bob.id, 3],
    ['client_left', bob.id, 2]
  ])
  assert.deepEqual(noticesOf(bob), [])
})

test('notices keep the order of what happened, also when the other nodes go while they are asked', async t => {
  const { one, two, hold, release, part, questions } = await setPair(t)
  const [watcher, ada, bob] = [one.connect(), one.connect(), one.connect()]
  await two.connect().join('lab:one')
  await watcher.join('lab:one', { presence: true })
  await one.settle()
  questions.length = 0
  hold()
  ada.say({ type: 'command', id: 'arq_1', command: 'join_channel', args: at })
  await one.settle()
  ada.transport.end()
  bob.say({ type: 'command', id: 'arq_2', command: 'join_channel', args: at })
  await one.settle()
  part()
  bob.transport.end()
  assert.deepEqual(noticesOf(watcher), [])
  release()
  await one.settle()
  assert.deepEqual(noticesOf(watcher), [
    ['client_joined', ada.id, 3],
    ['client_left', ada.id, 1],
    ['client_joined', bob.id, 2],
    ['client_left', bob.id, 1]
  ])
  assert.equal(questions.length, 1)
})

test('what happens while the nodes are asked is told after one question more', async t => {
  const { one, two, hold, release, questions } = await setPair(t)
  const watcher = one.connect()
  await two.connect().join('lab:one')
  await watcher.join('lab:one', { presence: true })
  await one.settle()
  questions.length = 0
  hold()
  const comers = Array.from({ length: 5 }, () => one.connect({ room: 'lab', channel: 'one' }))
  await one.settle()
  release()
  await one.settle()
  assert.deepEqual(
    noticesOf(watcher),
    comers.map(({ id }, index) => ['client_joined', id, index + 3])
  )
  assert.equal(questions.length, 2)
})

test('a channel with a member on another node is not deleted', async t => {
  const { one, two } = await setPair(t)
  const admin = one.connect({ role: 'admin' })
  await admin.command('create_channel', at)
  const bob = two.connect()
  await bob.join('lab:one')
  const refusal = await admin.command('delete_channel', at)
  assert.equal(refusal.error_code, 'CHANNEL_NOT_EMPTY')
  assert.match(refusal.error, /has 1 members/)
  await bob.command('leave_channel', at)
  assert.equal((await admin.command('delete_channel', at)).status, 'success')
})

test('the status counts the clients, connections and messages of the tenant on all nodes', async t => {
  const { one, two } = await setPair(t)
  const [ada, bob] = [one.connect({ tenant: 'acme' }), two.connect({ tenant: 'acme' })]
  two.connect({ tenant: 'other' })
  bob.ask({ type: 'message', room: 'lab:one', payload: {} })
  const { data } = (await ada.command('status')).payload
  assert.deepEqual([data.clients, data.connections, data.total_messages], [2, { active: 2, total: 2 }, 1])
  const all = (await two.connect({ role: 'superadmin' }).command('status')).payload.data
  assert.equal(all.clients, 4)
})

test('a node that has gone has no members, and what it was asked is answered by nobody', async t => {
  const { one, two, part } = await setPair(t)
  await two.connect().join('lab:one')
  const ada = one.connect()
  await ada.join('lab:one')
  part()
  const { data } = (await ada.command('channel_info', at)).payload
  assert.deepEqual(data.participants, [ada.id])
})
