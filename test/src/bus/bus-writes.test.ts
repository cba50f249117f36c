import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setBus } from '../../support/bus.ts'

const where = { room: 'science', channel: 'explore' }

test('every member is handed the same bytes', async t => {
  const stage = await setBus(t)
  const [ada, bob, eve] = [stage.connect(), stage.connect(), stage.connect()]
  await bob.join('science:explore')
  await eve.join('science:explore')
  ada.say({ type: 'message', ...where })
  assert.equal(bob.transport.bytes.at(-1), eve.transport.bytes.at(-1))
})

test('many messages of one turn cost each member one write', async t => {
  const stage = await setBus(t)
  const publishers = Array.from({ length: 10 }, () => stage.connect())
  const member = stage.connect()
  await member.join('science:explore')
  member.transport.writes.length = 0
  for (let n = 0; n < 50; n++) publishers[n % 10]?.transport.say({ type: 'message', ...where, payload: { n } })
  assert.equal(member.transport.writes.length, 0)
  stage.turn()
  assert.deepEqual(member.transport.writes, [50])
  for (const publisher of publishers) assert.deepEqual(publisher.transport.writes, [5])
})

test('a member with 64 KiB waiting is written to within the turn', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  bob.transport.writes.length = 0
  const payload = { text: 'x'.repeat(20_000) }
  for (let n = 0; n < 5; n++) ada.transport.say({ type: 'message', ...where, payload, ack: false })
  assert.deepEqual(bob.transport.writes, [4])
  stage.turn()
  assert.deepEqual(bob.transport.writes, [4, 1])
})

test('what was queued before a close is written before the close frame, and nothing after it', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  bob.frames.length = 0
  ada.transport.say({ type: 'message', ...where, payload: { n: 1 } })
  bob.connection.close(1011)
  ada.transport.say({ type: 'message', ...where, payload: { n: 2 } })
  stage.turn()
  assert.deepEqual(
    bob.received().map(frame => frame.payload.n),
    [1]
  )
  assert.equal(bob.transport.closing?.code, 1011)
  assert.deepEqual(bob.transport.writes.at(-1), 1)
})
