import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCapabilities } from '../../../src/auth/capabilities.ts'
import { identityOf, setBus } from '../../support/bus.ts'
import { FakeTransport } from '../../support/transport.ts'

const where = { room: 'science', channel: 'explore' }

test('src/ runs without Fastify: one peer publishes and another receives', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  const [ack] = ada.ask({ type: 'message', id: 'arq_1', ...where, payload: { n: 1 }, metadata: { own: true } })
  const [got] = bob.received()
  assert.deepEqual(got, {
    id: 'arq_1',
    type: 'message',
    version: '1.0',
    timestamp: stage.clock.iso(),
    ...where,
    sender: ada.id,
    payload: { n: 1 },
    metadata: { own: true },
    sequence: 1,
    epoch: got?.epoch
  })
  assert.deepEqual(ack, {
    id: 'arq_1',
    type: 'message_response',
    version: '1.0',
    timestamp: stage.clock.iso(),
    ...where,
    status: 'success',
    payload: { n: 1 },
    sequence: 1,
    epoch: got?.epoch,
    sender: 'arqonbus',
    metadata: {}
  })
  assert.deepEqual([ada.frames.length, bob.received().length], [1, 1])
})

test('the first frame welcomes the client and tells its id', async t => {
  const stage = await setBus(t)
  const transport = new FakeTransport()
  const connection = stage.bus.attach(identityOf(), transport)
  assert.equal(transport.frames.length, 0)
  stage.turn()
  assert.equal(transport.frames.length, 1)
  const [welcome] = transport.frames
  assert.deepEqual([welcome?.type, welcome?.sender], ['message', 'arqonbus'])
  assert.deepEqual(welcome?.payload, {
    welcome: 'Connected to ArqonBus',
    client_id: connection.id,
    protocol: '1.0',
    limits: {},
    features: [],
    node: 'node-1'
  })
})

test('the acknowledgement precedes the echo, and both precede the answer to the next frame', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await ada.join('science:explore')
  ada.frames.length = 0
  ada.transport.say({ type: 'message', id: 'arq_1', ...where, metadata: { echo: true } })
  ada.transport.say({ type: 'ping' })
  stage.turn()
  assert.deepEqual(
    ada.frames.map(frame => frame.type),
    ['message_response', 'message', 'pong']
  )
})

test('the sender does not get its own message unless it asks for an echo', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await ada.join('science:explore')
  await bob.join('science:explore')
  ada.say({ type: 'event', id: 'arq_quiet', ...where })
  ada.say({ type: 'event', id: 'arq_loud', ...where, metadata: { echo: true } })
  assert.deepEqual(
    ada.received().map(frame => frame.id),
    ['arq_loud']
  )
  assert.deepEqual(
    bob.received().map(frame => frame.id),
    ['arq_quiet', 'arq_loud']
  )
})

test('messages of several publishers arrive in the order in which they were accepted', async t => {
  const stage = await setBus(t)
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  await eve.join('science:explore')
  for (let n = 0; n < 20; n++) {
    ;(n % 3 === 0 ? ada : bob).transport.say({ type: 'message', ...where, payload: { n } })
  }
  stage.turn()
  const got = eve.received()
  assert.deepEqual(
    got.map(frame => frame.payload.n),
    Array.from({ length: 20 }, (_, n) => n)
  )
  assert.deepEqual(
    got.map(frame => frame.sequence),
    Array.from({ length: 20 }, (_, n) => n + 1)
  )
})

test('a client with an initial address is a member there and may leave the address out', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ room: 'science', channel: 'explore' })
  const bob = stage.connect({ room: 'science' })
  await stage.settle()
  ada.say({ type: 'message', payload: { to: 'the channel' } })
  bob.say({ type: 'message', payload: { to: 'the room' } })
  const [atAda, atBob] = [ada.received(), bob.received()]
  assert.deepEqual([atAda.length, atAda[0]?.room, atAda[0]?.channel], [1, 'science', undefined])
  assert.deepEqual([atBob.length, atBob[0]?.room, atBob[0]?.channel], [0, undefined, undefined])
  assert.equal(stage.bus.hub.membershipCount(bob.connection), 1)
})

test('an initial address that may not be read is answered with an error, and the connection lives', async t => {
  const stage = await setBus(t)
  const capabilities = parseCapabilities({ subscribe: ['science:*'] }, [])
  const ada = stage.connect({ room: 'secret', channel: 'plans', capabilities })
  await stage.settle()
  assert.equal(ada.frames[0]?.error_code, 'AUTHORIZATION_ERROR')
  assert.equal(ada.ask({ type: 'ping' })[0]?.type, 'pong')
  assert.equal(stage.bus.hub.membershipCount(ada.connection), 0)
})

test('frames that come while the initial address is being joined wait for it', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ room: 'science', channel: 'explore' })
  ada.say({ type: 'ping' })
  assert.equal(ada.frames.length, 0)
  assert.equal(ada.transport.isPaused, true)
  await stage.settle()
  assert.deepEqual(
    ada.frames.map(frame => frame.type),
    ['pong']
  )
  assert.equal(ada.transport.isPaused, false)
})

test('the numbers of a tenant are its own', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect({ tenant: 'acme' })]
  ada.say({ type: 'message', room: 'lab', channel: 'one' })
  stage.connect().transport.end()
  stage.clock.advance(2000)
  const own = stage.bus.status('default')
  assert.deepEqual([own.clients, own.accepted, own.messages, own.channels - 10], [1, 2, 1, 1])
  const other = stage.bus.status('acme')
  assert.deepEqual([other.clients, other.accepted, other.messages, other.channels - 10], [1, 1, 0, 0])
  const all = stage.bus.status()
  assert.deepEqual([all.clients, all.accepted, all.messages, all.uptimeSeconds], [2, 3, 1, 2])
  assert.equal(bob.connection.isOpen, true)
})

test('a tenant of which only the seeds are left is forgotten with its numbers', async t => {
  const stage = await setBus(t, { registry: { emptyGraceMs: 1000 } })
  const bob = stage.connect({ tenant: 'acme' })
  bob.say({ type: 'message', room: 'lab', channel: 'one' })
  bob.transport.end()
  await stage.pass(30_000, 15_000)
  await stage.pass(15_000, 15_000)
  assert.equal(stage.registry.forgetTenant('acme'), false)
  assert.deepEqual(stage.bus.tallies.tenants(), [])
  assert.equal(stage.bus.status('acme').accepted, 0)
  assert.equal(stage.bus.status().accepted, 1)
})

test('what a connection has left of its limits goes down as it uses them', async t => {
  const stage = await setBus(t, { limits: { maxMemberships: 3 } })
  const ada = stage.connect()
  const before = stage.bus.limitsLeft(ada.connection)
  await ada.join('science:explore')
  await ada.command('status')
  assert.deepEqual(before, { memberships_left: 3, commands_left: 100, heavy_commands_left: 20 })
  assert.deepEqual(stage.bus.limitsLeft(ada.connection), {
    memberships_left: 2,
    commands_left: 98,
    heavy_commands_left: 19
  })
})

test('the time through the stages is told for every message, also for a refused one', async t => {
  const seconds: number[] = []
  const stage = await setBus(t, { observeRouting: value => seconds.push(value) })
  const ada = stage.connect()
  ada.say({ type: 'message', ...where })
  ada.say({ type: 'message' })
  assert.deepEqual(seconds, [0, 0])
})

test('an error that nobody expected is answered with a reference, and its text stays in the log', async t => {
  const stage = await setBus(t, {
    broker: () => ({
      publish() {
        throw new Error('the disk of node 7 is full')
      }
    })
  })
  const ada = stage.connect()
  const answers = ada.ask({ type: 'message', id: 'arq_1', ...where })
  assert.equal(answers.length, 1)
  const [refusal] = answers
  assert.deepEqual([refusal?.error_code, refusal?.retry, refusal?.request_id], ['INTERNAL_ERROR', true, 'arq_1'])
  const reference = /^Internal error \(error ([0-9a-f]{12})\)$/.exec(refusal?.error)?.[1]
  assert.ok(reference)
  const line = stage.log.find(entry => entry.reference === reference)
  assert.match(JSON.stringify(line), /the disk of node 7 is full/)
  assert.equal(JSON.stringify(ada.frames).includes('disk'), false)
})

test('a sweep that fails is logged and tried again', async t => {
  let attempts = 0
  const stage = await setBus(t, {
    registry: { emptyGraceMs: 0 },
    broker: () => ({
      async forget() {
        attempts++
        throw new Error('not now')
      }
    })
  })
  const ada = stage.connect()
  ada.say({ type: 'message', room: 'lab', channel: 'one' })
  ada.say({ type: 'message', room: 'lab', channel: 'two' })
  await stage.pass(30_000, 15_000)
  assert.equal(attempts, 2)
  const lines = stage.log.filter(entry => entry.msg === 'unused channels could not be forgotten')
  assert.equal(lines.length, 2)
})

test('a closed bus has no timer left and has cut every connection', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await stage.bus.close()
  await stage.settle()
  assert.equal(ada.transport.isTerminated, true)
  assert.equal(stage.clock.pending, 0)
  assert.equal(stage.bus.hub.size, 0)
  assert.equal(stage.bus.roster.outboundBytes, 0)
})

test('the bus is under pressure after the event loop was held up for longer than allowed, until it turns in time', async t => {
  const stage = await setBus(t, { limits: { maxEventLoopDelayMs: 1000 } })
  const { clock } = stage
  const monotonic = clock.monotonic.bind(clock)
  let lateMs = 0
  clock.monotonic = () => monotonic() + lateMs
  for (const [more, isUnder] of [
    [0, false],
    [1000, false],
    [1001, true],
    [0, false]
  ] as const) {
    lateMs += more
    clock.advance(500)
    assert.equal(stage.bus.isUnderPressure, isUnder)
  }
})
