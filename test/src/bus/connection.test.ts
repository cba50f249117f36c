import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BusStage, type Peer, setBus } from '../../support/bus.ts'

const at = { room: 'lab', channel: 'one' }

/** Sends the member of lab:one so many bytes, roughly, in one message. */
function feed(from: Peer, bytes: number): void {
  from.say({ type: 'message', ...at, payload: { text: 'x'.repeat(bytes) }, ack: false })
}

async function setPair(stage: BusStage): Promise<{ ada: Peer; bob: Peer }> {
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  return { ada, bob }
}

test('a peer that stops taking is closed with 4428 over the bound of bytes, not at it', async t => {
  const stage = await setBus(t, { limits: { maxOutboundBytes: 100_000 } })
  const bob = stage.connect()
  bob.transport.stop()
  bob.connection.write(Buffer.concat([Buffer.of(0x81, 127, 0, 0, 0, 0, 0, 1, 0x86, 0x96), Buffer.alloc(99_990, '1')]))
  stage.turn()
  assert.equal(bob.transport.bufferedBytes, 100_000)
  assert.equal(bob.connection.isOpen, true)
  bob.connection.send('1')
  stage.turn()
  assert.equal(bob.transport.closing?.code, 4428)
  assert.equal(stage.bus.roster.slowConsumerCount, 1)
  assert.equal(stage.bus.hub.size, 0)
})

test('nothing more is written to a peer that is closed because it does not read', async t => {
  const stage = await setBus(t)
  const { ada, bob } = await setPair(stage)
  bob.transport.writes.length = 0
  ada.transport.say({ type: 'message', ...at })
  bob.connection.close(4428)
  stage.turn()
  assert.equal(bob.transport.writes.length, 0)
})

test('a slow consumer is cut off a second after the close frame, and its bytes leave the books', async t => {
  const stage = await setBus(t, { limits: { maxOutboundBytes: 10_000 } })
  const { ada, bob } = await setPair(stage)
  bob.transport.stop()
  feed(ada, 20_000)
  assert.equal(bob.transport.closing?.code, 4428)
  assert.ok(stage.bus.roster.outboundBytes > 20_000)
  await stage.pass(1000)
  assert.equal(bob.transport.isTerminated, true)
  assert.equal(stage.bus.roster.outboundBytes, 0)
})

test('a peer whose oldest unsent byte is too old is closed with 4428', async t => {
  const stage = await setBus(t, { limits: { pongTimeoutMs: 600_000 } })
  const { ada, bob } = await setPair(stage)
  bob.transport.stop()
  feed(ada, 1000)
  await stage.pass(10_500)
  assert.equal(bob.connection.isOpen, true)
  await stage.pass(500)
  assert.equal(bob.transport.closing?.code, 4428)
})

test('a peer that takes slowly but steadily is not too old', async t => {
  const stage = await setBus(t, { limits: { pongTimeoutMs: 600_000 } })
  const { ada, bob } = await setPair(stage)
  bob.transport.stop()
  for (let n = 0; n < 60; n++) {
    feed(ada, 1000)
    if (n > 4) bob.transport.take(1000)
    await stage.pass(500)
  }
  assert.equal(bob.connection.isOpen, true)
})

test('a reader that stops while it is sent to is closed with 4428 within 12 s, whatever little it is', async t => {
  const stage = await setBus(t)
  const { ada, bob } = await setPair(stage)
  await stage.pass(1000)
  bob.transport.ping = () => {}
  for (let passed = 0; passed < 12_000; passed += 1000) {
    ada.say({ type: 'message', ...at })
    await stage.pass(1000)
  }
  assert.equal(bob.transport.closing?.code, 4428)
  assert.equal(stage.bus.hub.membersOf('default/lab:one').size, 0)
})

test('over the bound of all together the connections with the most unsent bytes are closed, and no more than needed', async t => {
  const stage = await setBus(t, { limits: { maxOutboundTotalBytes: 100_000 } })
  const ada = stage.connect()
  const readers = [1, 2, 3].map(() => stage.connect())
  for (const [n, reader] of readers.entries()) {
    await reader.join(`lab:c${n}`)
    reader.transport.stop()
  }
  for (const [n, size] of [20_000, 50_000, 29_000].entries()) {
    ada.say({ type: 'message', room: `lab:c${n}`, payload: { text: 'x'.repeat(size) }, ack: false })
  }
  assert.deepEqual(
    readers.map(reader => reader.connection.isOpen),
    [true, true, true]
  )
  ada.say({ type: 'message', room: 'lab:c0', payload: { text: 'x'.repeat(5000) }, ack: false })
  stage.turn()
  assert.deepEqual(
    readers.map(reader => reader.transport.closing?.code),
    [undefined, 4428, undefined]
  )
  await stage.pass(1000)
  assert.ok(stage.bus.roster.outboundBytes < 60_000)
  assert.equal(stage.bus.roster.slowConsumerCount, 1)
})

test('bytes that the peer takes leave the books', async t => {
  const stage = await setBus(t)
  const { ada, bob } = await setPair(stage)
  bob.transport.stop()
  feed(ada, 1000)
  assert.equal(stage.bus.roster.outboundBytes, bob.transport.bufferedBytes)
  assert.equal(bob.connection.unsentBytes, bob.transport.bufferedBytes)
  bob.transport.take()
  assert.deepEqual([stage.bus.roster.outboundBytes, bob.connection.unsentBytes], [0, 0])
})

test('a peer that answers pings stays, one that does not is closed with 4408', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await stage.pass(10_000)
  bob.transport.ping = () => {}
  await stage.pass(18_000)
  assert.deepEqual([ada.transport.pingCount > 0, ada.connection.isOpen], [true, true])
  assert.equal(bob.connection.isOpen, true)
  await stage.pass(8_000)
  assert.equal(bob.transport.closing?.code, 4408)
  assert.equal(ada.connection.isOpen, true)
  assert.equal(stage.bus.roster.slowConsumerCount, 0)
})

test('twenty violations in a minute are borne, and the next closes with 4400 after its answer', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  for (let n = 0; n < 19; n++) ada.say('junk')
  ada.transport.listener.binary()
  stage.turn()
  assert.equal(ada.connection.isOpen, true)
  assert.equal(ada.frames.length, 20)
  ada.say({ type: 'message' })
  assert.equal(ada.frames.length, 21)
  assert.equal(ada.transport.closing?.code, 4400)
})

test('violations are forgiven one every three seconds', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  for (let n = 0; n < 20; n++) ada.say('junk')
  await stage.pass(3000)
  ada.say('junk')
  assert.equal(ada.connection.isOpen, true)
  ada.say('junk')
  assert.equal(ada.transport.closing?.code, 4400)
})

test('refusals that break no rule are no violations', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  for (let n = 0; n < 50; n++) ada.say({ type: 'private', to: 'nobody' })
  for (let n = 0; n < 50; n++) ada.say({ type: 'command', command: 'nonsense' })
  assert.equal(ada.connection.isOpen, true)
})

test('fifty control frames in a second are borne, and the next closes with 1008', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  for (let n = 0; n < 50; n++) ada.transport.listener.control(true)
  assert.equal(ada.connection.isOpen, true)
  ada.transport.listener.control(true)
  assert.deepEqual(ada.transport.closing, { code: 1008, reason: 'too many control frames' })
})

test('a connection ends with 4410 at the end of its token, and not before', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ expiresAtMs: stage.clock.now() + 60_000 })
  await stage.pass(59_500)
  assert.equal(ada.connection.isOpen, true)
  await stage.pass(500)
  assert.equal(ada.transport.closing?.code, 4410)
})

test('a jump of the clock past the end of the token ends the connection', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ expiresAtMs: stage.clock.now() + 3_600_000 })
  stage.clock.set(stage.clock.now() + 3_600_000)
  await stage.pass(500)
  assert.equal(ada.transport.closing?.code, 4410)
})

test('a peer that does not answer the close frame is cut off two seconds after it last took something', async t => {
  const stage = await setBus(t)
  const { ada, bob } = await setPair(stage)
  bob.transport.stop()
  for (let n = 0; n < 3; n++) feed(ada, 1000)
  bob.connection.close(1011)
  for (let n = 0; n < 3; n++) {
    await stage.pass(1500)
    assert.equal(bob.transport.isTerminated, false)
    bob.transport.take(500)
  }
  await stage.pass(500)
  assert.equal(bob.transport.isTerminated, false)
  await stage.pass(2000)
  assert.equal(bob.transport.isTerminated, true)
})

test('a connection that is closed is in no index at once, hears nothing, and is forgotten when the peer is gone', async t => {
  const stage = await setBus(t)
  const { bob } = await setPair(stage)
  bob.transport.stop()
  bob.connection.close(1000)
  assert.equal(stage.bus.hub.size, 1)
  const { receivedCount } = stage.bus
  bob.transport.say({ type: 'ping' })
  bob.transport.listener.binary()
  bob.transport.listener.control(true)
  assert.equal(stage.bus.receivedCount, receivedCount)
  bob.connection.close(1011)
  assert.equal(bob.transport.closing?.code, 1000)
  bob.transport.end()
  await stage.pass(10_000)
  assert.equal(bob.transport.isTerminated, false)
})

test('a close while reading is paused takes up reading, so that the answer to it is seen', async t => {
  const stage = await setBus(t, { limits: { publishBurst: 1 } })
  const ada = stage.connect()
  ada.say({ type: 'ping' })
  ada.say({ type: 'ping' })
  assert.equal(ada.transport.isPaused, true)
  ada.connection.close(1011)
  assert.equal(ada.transport.isPaused, false)
})

test('what waits for the rate is forgotten when the connection is closed', async t => {
  const stage = await setBus(t, { limits: { publishBurst: 1 } })
  const ada = stage.connect()
  for (let n = 0; n < 3; n++) ada.say({ type: 'ping' })
  ada.connection.close(1011)
  stage.clock.advance(5000)
  assert.equal(stage.bus.receivedCount, 1)
})

test('a peer that breaks the rules of the transport takes part no more, and is cut off if it stays', async t => {
  const stage = await setBus(t)
  const { ada, bob } = await setPair(stage)
  bob.transport.listener.failed()
  bob.transport.listener.failed()
  assert.equal(stage.bus.hub.size, 1)
  ada.say({ type: 'message', ...at })
  assert.equal(bob.received().length, 0)
  await stage.pass(2000)
  assert.equal(bob.transport.isTerminated, true)
})

test('the frames that a connection gets and sends are counted', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.say({ type: 'ping' })
  ada.say({ type: 'response' })
  assert.deepEqual([ada.connection.receivedCount, ada.connection.sentCount], [2, 2])
})

for (const [frame, requestId] of [
  ['{"type":"ping","id":"arq_1"}', 'arq_1'],
  ['{"type":"nonsense","id":"arq_2"}', 'arq_2'],
  ['junk', undefined]
] as const) {
  test(`whoever floods with ${frame} is told RATE_LIMITED, then closed with 4429`, async t => {
    const limits = { publishPerSecond: 100, publishBurst: 100, rateAbuseMs: 1000, maxViolationsPerMinute: 100_000 }
    const stage = await setBus(t, { limits })
    const ada = stage.connect()
    while (ada.connection.isOpen) {
      if (ada.transport.isPaused) stage.clock.advance(10)
      else for (let n = 0; n < 50; n++) ada.say(frame)
      stage.turn()
    }
    const refusals = ada.frames.filter(({ error_code }) => error_code === 'RATE_LIMITED')
    assert.deepEqual(
      refusals.map(({ request_id, retry, retry_after_ms }) => [request_id, retry, retry_after_ms]),
      [[requestId, true, 1000]]
    )
    assert.equal(ada.transport.closing?.code, 4429)
    assert.ok(stage.clock.monotonic() >= 2000)
  })
}
