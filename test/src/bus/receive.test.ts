import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { setBus } from '../../support/bus.ts'

const where = { room: 'science', channel: 'explore' }

test('everything wrong with a frame is reported at once, under its id if that is usable', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const [refusal, ...rest] = ada.ask({ id: 'arq_1', type: 'nonsense', room: '!', ack: 'maybe', payload: [] })
  assert.equal(rest.length, 0)
  assert.deepEqual(
    [refusal?.type, refusal?.request_id, refusal?.error_code, refusal?.error, refusal?.retry],
    ['error', 'arq_1', 'VALIDATION_ERROR', 'Message validation failed', false]
  )
  const fields = refusal?.payload.errors.map((fault: string) => fault.split(':', 1)[0])
  assert.deepEqual(fields.sort(), ['ack', 'payload', 'room', 'type'])
})

for (const [text, what] of [
  ['{"type":', 'not JSON'],
  ['[]', 'a list'],
  ['null', 'null'],
  ['"ping"', 'a string'],
  ['', 'empty']
] as const) {
  test(`a frame that is ${what} is a VALIDATION_ERROR without a request id, and the connection stays open`, async t => {
    const stage = await setBus(t)
    const ada = stage.connect()
    const [refusal] = ada.ask(text)
    assert.equal(refusal?.error_code, 'VALIDATION_ERROR')
    assert.equal(Object.hasOwn(refusal ?? {}, 'request_id'), false)
    assert.equal(ada.ask({ type: 'ping' })[0]?.type, 'pong')
  })
}

test('a binary frame is an INFRA_PROTOCOL_ERROR', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.transport.listener.binary()
  stage.turn()
  assert.equal(ada.frames[0]?.error_code, 'INFRA_PROTOCOL_ERROR')
  assert.equal(ada.connection.isOpen, true)
})

test('a ping is answered with a pong under its id', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const [named] = ada.ask({ type: 'ping', id: 'arq_p' })
  assert.deepEqual([named?.type, named?.request_id, named?.timestamp], ['pong', 'arq_p', stage.clock.iso()])
  assert.equal(Object.hasOwn(ada.ask({ type: 'ping' })[0] ?? {}, 'request_id'), false)
})

for (const type of ['pong', 'response', 'error']) {
  test(`a frame of the type ${type} is accepted and ignored`, async t => {
    const stage = await setBus(t)
    const ada = stage.connect()
    assert.equal(ada.ask({ type }).length, 0)
    assert.equal(stage.bus.refusedCount, 0)
  })
}

test('ack says whether the acknowledgement comes and whether it repeats the payload', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const message = { type: 'message', ...where, payload: { n: 1 } }
  assert.deepEqual(ada.ask(message)[0]?.payload, { n: 1 })
  assert.deepEqual(ada.ask({ ...message, ack: true })[0]?.payload, {})
  assert.equal(ada.ask({ ...message, ack: false }).length, 0)
  assert.equal(stage.bus.status().messages, 3)
})

test('a refused message is answered although no acknowledgement was wanted', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  assert.equal(ada.ask({ type: 'message', ack: false })[0]?.error_code, 'VALIDATION_ERROR')
})

test('every message is answered exactly once, whatever it is', async t => {
  const stage = await setBus(t, {
    limits: { maxViolationsPerMinute: 100_000, publishBurst: 100_000 },
    registry: { maxChannelsPerRoom: 12 }
  })
  const [ada, bob] = [stage.connect(), stage.connect()]
  await ada.join('science:explore')
  await bob.join('science:explore')
  const name = fc.constantFrom('science', 'explore', 'lab', 'science:share', '*', 'pm', 'no name', 'x1', 'x2', 'x3')
  const frame = fc.record(
    {
      type: fc.constantFrom('message', 'event', 'private', 'system'),
      room: name,
      channel: name,
      to: fc.constantFrom(ada.id, bob.id, 'nobody', [bob.id, 'nobody'], []),
      ack: fc.constantFrom(true, null),
      payload: fc.constantFrom({}, { target: bob.id }, 'text'),
      metadata: fc.constantFrom({}, { echo: true }, { sequence: 0 })
    },
    { requiredKeys: ['type'] }
  )
  let sent = 0
  await fc.assert(
    fc.asyncProperty(frame, async fields => {
      const id = `arq_n${++sent}`
      ada.frames.length = 0
      ada.transport.say({ ...fields, id })
      await stage.settle()
      const answers = ada.frames.filter(
        ({ type, request_id, id: own }) =>
          (type === 'error' && request_id === id) || (type === 'message_response' && own === id)
      )
      assert.equal(answers.length, 1)
    }),
    { numRuns: 300 }
  )
})

test('frames and refusals are counted', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.say({ type: 'ping' })
  ada.say('junk')
  ada.transport.listener.binary()
  assert.deepEqual([stage.bus.receivedCount, stage.bus.refusedCount], [3, 2])
})

test('payload and metadata travel byte for byte', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  const payload = '{ "n": 1.50, "e": 1e2, "u": "\\u00e9\\/", "a": [ ] }'
  const metadata = '{"k" :  1.0}'
  ada.say(`{"type":"message","room":"science","channel":"explore","metadata":${metadata},"payload":${payload}}`)
  const text = bob.transport.bytes.at(-1)?.toString() ?? ''
  assert.ok(text.includes(`"payload":${payload},"metadata":${metadata}`))
})

test("the sender's own time is kept if it asks for that, and only then", async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  const timestamp = '2020-01-01T00:00:00Z'
  ada.say({ type: 'message', ...where, timestamp, metadata: { client_timestamp: true } })
  ada.say({ type: 'message', ...where, timestamp, metadata: { n: 1 } })
  const [kept, lost] = bob.received()
  assert.deepEqual(kept?.metadata, { client_timestamp: timestamp })
  assert.deepEqual(lost?.metadata, { n: 1 })
  assert.deepEqual([kept?.timestamp, lost?.timestamp], [stage.clock.iso(), stage.clock.iso()])
})

test('whatever a frame claims about its sender is overwritten', async t => {
  const stage = await setBus(t)
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('science:explore')
  const claims = { sender: 'arqonbus', from: bob.id, from_client: bob.id, sequence: 99, epoch: 'mine', status: 'x' }
  ada.say({ type: 'message', ...where, ...claims, payload: {} })
  const [got] = bob.received()
  assert.deepEqual([got?.sender, got?.sequence, got?.from, got?.status], [ada.id, 1, undefined, undefined])
})

test('a handler that throws something unexpected is answered with a reference', async t => {
  const stage = await setBus(t, {
    broker: () => ({
      position() {
        throw new Error('the disk of node 7 is full')
      }
    })
  })
  const ada = stage.connect({ ...where })
  await stage.settle()
  assert.match(ada.frames[0]?.error, /^Internal error \(error [0-9a-f]{12}\)$/)
  assert.ok(
    stage.log.some(line => JSON.stringify(line).includes('node 7') && line.msg === 'a frame could not be handled')
  )
})
