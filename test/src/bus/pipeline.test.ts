import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from '../../../src/auth/capabilities.ts'
import type { ServerFrame } from '../../helper.ts'
import { type Peer, setBus } from '../../support/bus.ts'

const where = { room: 'science', channel: 'explore' }

/** Sends a frame and expects exactly one answer: the refusal. */
function refusalOf(peer: Peer, frame: object): ServerFrame {
  const answers = peer.ask({ id: 'arq_x', ...frame })
  assert.equal(answers.length, 1)
  const [answer] = answers as [ServerFrame]
  assert.equal(answer.type, 'error')
  assert.equal(answer.request_id, 'arq_x')
  return answer
}

test('a system message of somebody who is no admin is refused', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  for (const room of ['*', 'science']) {
    assert.equal(refusalOf(ada, { type: 'system', room }).error_code, 'AUTHORIZATION_ERROR')
  }
  assert.equal(bob.frames.length, 0)
})

test('an announcement of an admin reaches every connection of the tenant but its own, and is in no history', async t => {
  const stage = await setBus(t)
  const root = stage.connect({ role: 'admin' })
  const [ada, other] = [stage.connect(), stage.connect({ tenant: 'acme' })]
  const answers = root.ask({ type: 'system', id: 'arq_all', room: '*', payload: { text: 'hello' } })
  assert.deepEqual(
    answers.map(({ type, room, sequence }) => ({ type, room, sequence })),
    [{ type: 'message_response', room: '*', sequence: undefined }]
  )
  assert.deepEqual(
    ada.frames.map(({ type, id, sender }) => ({ type, id, sender })),
    [{ type: 'system', id: 'arq_all', sender: root.id }]
  )
  assert.equal(other.frames.length, 0)
  assert.equal(stage.broker.stats().messages, 0)
})

test('an announcement with an echo comes back to the admin, after the acknowledgement', async t => {
  const stage = await setBus(t)
  const root = stage.connect({ role: 'superadmin' })
  const answers = root.ask({ type: 'system', room: '*', metadata: { echo: true } })
  assert.deepEqual(
    answers.map(frame => frame.type),
    ['message_response', 'system']
  )
})

for (const type of ['message', 'event', 'telemetry']) {
  test(`the room "*" is refused for the type ${type}, also to admins`, async t => {
    const stage = await setBus(t)
    const root = stage.connect({ role: 'admin' })
    const payload = { eventType: 'x', payload: {} }
    const refusal = refusalOf(root, { type, room: '*', payload })
    assert.deepEqual(refusal.payload.errors, ['room: "*" is only for system messages'])
  })
}

test('what the capabilities do not cover is refused, and no channel comes into being by the attempt', async t => {
  const stage = await setBus(t)
  const capabilities = parseCapabilities({ publish: ['lab:one'], subscribe: ['*'] }, [])
  const ada = stage.connect({ capabilities })
  for (const frame of [
    { type: 'message', room: 'lab', channel: 'two' },
    { type: 'event', room: 'lab' },
    { type: 'message', room: 'other', channel: 'one' }
  ]) {
    assert.equal(refusalOf(ada, frame).error_code, 'AUTHORIZATION_ERROR')
  }
  assert.equal(stage.registry.list('default', 'lab').length, 0)
  assert.equal(ada.ask({ type: 'message', room: 'lab', channel: 'one' })[0]?.status, 'success')
})

test('a room as a whole is open only to capabilities that cover all of it', async t => {
  const stage = await setBus(t)
  const capabilities = parseCapabilities({ publish: ['lab:*'] }, [])
  const ada = stage.connect({ capabilities })
  assert.equal(ada.ask({ type: 'message', room: 'lab' })[0]?.status, 'success')
})

test('with auto-creation off an unknown channel or room is CHANNEL_NOT_FOUND and a known one works', async t => {
  const stage = await setBus(t, { registry: { isAutoCreating: false } })
  const ada = stage.connect()
  assert.equal(refusalOf(ada, { type: 'message', room: 'science', channel: 'new' }).error_code, 'CHANNEL_NOT_FOUND')
  assert.equal(refusalOf(ada, { type: 'message', room: 'new' }).error_code, 'CHANNEL_NOT_FOUND')
  assert.equal(ada.ask({ type: 'message', ...where })[0]?.status, 'success')
  assert.equal(ada.ask({ type: 'message', room: 'science' })[0]?.status, 'success')
})

test('a message without an address from a connection without an initial one is refused', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const refusal = refusalOf(ada, { type: 'message' })
  assert.equal(refusal.error_code, 'VALIDATION_ERROR')
  assert.deepEqual(refusal.payload.errors, ['room: is required, since the connection has no initial address'])
})

test('a channel without a room is refused, also with an initial address', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ room: 'science', channel: 'explore' })
  await stage.settle()
  assert.deepEqual(refusalOf(ada, { type: 'message', channel: 'share' }).payload.errors, [
    'room: is required with a channel'
  ])
})

test('a channel that contradicts the one in the room is refused, and one that repeats it is not', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  assert.deepEqual(refusalOf(ada, { type: 'message', room: 'lab:one', channel: 'two' }).payload.errors, [
    'channel: must be "one", as in room "lab:one", or absent'
  ])
  const [ack] = ada.ask({ type: 'message', room: 'lab:one', channel: 'one' })
  assert.deepEqual([ack?.room, ack?.channel], ['lab', 'one'])
})

const bounds = [
  ['maxRoomsPerTenant', 'rooms', (n: number) => `room-${n}:one`, 3],
  ['maxChannelsPerRoom', 'channels of a room', (n: number) => `lab:channel-${n}`, 0],
  ['maxChannels', 'channels of the process', (n: number) => `room-${n}:one`, 0]
] as const
for (const [limit, what, addressOf, seeded] of bounds) {
  test(`a message into the last of the ${what} that may be made is accepted, and one into the next is not`, async t => {
    const stage = await setBus(t, { registry: { [limit]: seeded + 2 } })
    const ada = stage.connect()
    for (const n of [1, 2]) assert.equal(ada.ask({ type: 'message', room: addressOf(n) })[0]?.status, 'success')
    const refusal = refusalOf(ada, { type: 'message', room: addressOf(3) })
    assert.equal(refusal.error_code, 'LIMIT_EXCEEDED')
    assert.match(refusal.error, new RegExp(`can have ${seeded + 2} `))
    assert.equal(ada.ask({ type: 'message', room: addressOf(2) })[0]?.status, 'success')
  })
}

test('the rooms of one tenant are not counted against another', async t => {
  const stage = await setBus(t, { registry: { maxRoomsPerTenant: 4 } })
  assert.equal(stage.connect().ask({ type: 'message', room: 'lab:one' })[0]?.status, 'success')
  assert.equal(stage.connect({ tenant: 'acme' }).ask({ type: 'message', room: 'lab:one' })[0]?.status, 'success')
})

test('telemetry without an address goes to its own channel and is not acknowledged', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('integriguard:telemetry-stream')
  assert.equal(ada.ask({ type: 'telemetry', payload: { eventType: 'x', payload: {} } }).length, 0)
  assert.equal(bob.received()[0]?.type, 'telemetry')
})

test('a private message reaches its targets once each and is in no history', async t => {
  const stage = await setBus(t)
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  const [ack] = ada.ask({ type: 'private', id: 'arq_p', to: [bob.id, bob.id], payload: { n: 1 } })
  assert.deepEqual([ack?.status, ack?.payload, ack?.sequence], ['success', { n: 1 }, undefined])
  assert.deepEqual(
    bob.frames.map(({ id, type, to, sender, sequence }) => ({ id, type, to, sender, sequence })),
    [{ id: 'arq_p', type: 'private', to: [bob.id], sender: ada.id, sequence: undefined }]
  )
  assert.equal(eve.frames.length, 0)
  assert.equal(stage.broker.stats().messages, 0)
})

test('a private message may name a place, in either spelling', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  ada.say({ type: 'private', to: bob.id, room: 'lab:one' })
  ada.say({ type: 'private', to: bob.id, room: 'lab', channel: 'one' })
  assert.deepEqual(
    bob.frames.map(({ room, channel }) => [room, channel]),
    [
      ['lab', 'one'],
      ['lab', 'one']
    ]
  )
  assert.equal(stage.registry.find('default', 'lab', 'one'), undefined)
})

test('a client that writes to itself gets the acknowledgement first', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.transport.say({ type: 'private', to: ada.id })
  await stage.settle()
  assert.deepEqual(
    ada.frames.map(frame => frame.type),
    ['message_response', 'private']
  )
})

test('the acknowledgement of a private message names the targets that are not connected', async t => {
  const stage = await setBus(t)
  const [ada, bob, gone] = [stage.connect(), stage.connect(), stage.connect()]
  gone.transport.end()
  const [ack] = ada.ask({ type: 'private', to: [gone.id, bob.id], payload: { n: 1 } })
  assert.deepEqual(ack?.payload, { n: 1, missing: [gone.id] })
  assert.deepEqual(bob.frames[0]?.payload, { n: 1 })
})

test('a client of another tenant and one that never was are TARGET_NOT_FOUND alike', async t => {
  const stage = await setBus(t)
  const [ada, foreign] = [stage.connect(), stage.connect({ tenant: 'acme' })]
  const unknown = 'arq_client_00000000000000000000000000000000'
  const refusals = [foreign.id, unknown].map(to => {
    const { id, error, payload, ...rest } = refusalOf(ada, { type: 'private', to })
    return JSON.stringify({ error, payload, ...rest }).replaceAll(to, 'TARGET')
  })
  assert.equal(refusals[0], refusals[1])
  assert.match(refusals[0] ?? '', /"error_code":"TARGET_NOT_FOUND"/)
  assert.equal(foreign.frames.length, 0)
  assert.equal(refusalOf(ada, { type: 'private', to: [foreign.id, unknown] }).error_code, 'TARGET_NOT_FOUND')
})

test('the same id of the same sender in the same channel is a duplicate: delivered once, acknowledged with the first position', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  const [first] = ada.ask({ type: 'message', id: 'arq_1', ...where })
  const [second] = ada.ask({ type: 'message', id: 'arq_1', ...where })
  assert.deepEqual([first?.sequence, first?.duplicate], [1, undefined])
  assert.deepEqual([second?.sequence, second?.duplicate], [1, true])
  assert.equal(bob.received().length, 1)
  const [elsewhere] = ada.ask({ type: 'message', id: 'arq_1', room: 'science', channel: 'share' })
  const [other] = stage.connect().ask({ type: 'message', id: 'arq_1', ...where })
  assert.deepEqual([elsewhere?.duplicate, other?.duplicate, other?.sequence], [undefined, undefined, 2])
})

test('with a token the publisher is its subject, so that a repeated id is a duplicate from any of its connections', async t => {
  const stage = await setBus(t)
  const frame = { type: 'message', id: 'arq_1', ...where }
  stage.connect({ subject: 'ada' }).ask(frame)
  assert.equal(stage.connect({ subject: 'ada' }).ask(frame)[0]?.duplicate, true)
  assert.equal(stage.connect({ subject: 'bob' }).ask(frame)[0]?.duplicate, undefined)
})

test('when the engine is gone every kind of message is refused with ENGINE_UNAVAILABLE', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await stage.broker.close()
  assert.equal(refusalOf(ada, { type: 'message', ...where }).error_code, 'ENGINE_UNAVAILABLE')
  assert.equal(refusalOf(ada, { type: 'private', to: ada.id }).error_code, 'ENGINE_UNAVAILABLE')
})

test('a broker that settles with nothing counts as unavailable', async t => {
  const stage = await setBus(t, { broker: () => ({ publish: (_message, settled) => settled(undefined, undefined) }) })
  assert.equal(refusalOf(stage.connect(), { type: 'message', ...where }).error_code, 'ENGINE_UNAVAILABLE')
})
