import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setBus } from '../../support/bus.ts'

test('error frames are counted by code', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.say('junk')
  ada.say({ type: 'message', room: '!' })
  ada.say({ type: 'private', to: ['arq_client_none'] })
  const { refusals } = stage.bus
  assert.deepEqual([refusals.of('VALIDATION_ERROR'), refusals.of('TARGET_NOT_FOUND')], [2, 1])
  assert.equal(stage.bus.refusedCount, 3)
})

test('refused commands are counted by code, apart from frames', async t => {
  const stage = await setBus(t)
  await stage.connect().command('dance')
  assert.deepEqual(stage.bus.commands.refusals.list(), [{ key: 'UNKNOWN_COMMAND', count: 1 }])
  assert.deepEqual(stage.bus.refusals.list(), [])
})

test('a message that was published before is counted as a duplicate, acknowledged or not', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const message = { type: 'message', id: 'arq_same', room: 'lab:one' }
  ada.say(message)
  assert.equal(stage.bus.duplicateCount, 0)
  ada.say(message)
  ada.say({ ...message, ack: false })
  assert.equal(stage.bus.duplicateCount, 2)
})

test('joins that ask for what they missed are counted by what became of it, the others not at all', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  const { payload } = await ada.join('lab:one')
  const { sequence, epoch } = payload.data
  await stage.connect().join('lab:one', { since: sequence, epoch })
  await stage.connect().join('lab:one', { since: sequence, epoch: 'another' })
  const { recoveries } = stage.bus.channels
  assert.deepEqual([recoveries.of('recovered'), recoveries.of('not_recovered')], [1, 1])
})

test('connections that ended are counted by close code, made-up codes as one', async t => {
  const stage = await setBus(t)
  for (const code of [1000, 1006, 3999, 4999]) stage.connect().transport.end(code)
  stage.connect().connection.close(4428)
  assert.deepEqual(stage.bus.roster.closes.list(), [
    { key: '1000', count: 1 },
    { key: '1006', count: 1 },
    { key: 'other', count: 2 },
    { key: '4428', count: 1 }
  ])
})

test('the first message and then one in 64 is timed until its receivers were written to', async t => {
  const stage = await setBus(t, { limits: { publishBurst: 1000 } })
  const seconds: number[] = []
  const stop = stage.bus.deliveries.on(one => void seconds.push(one))
  const ada = stage.connect()
  ada.transport.say({ type: 'message', room: 'lab:one' })
  stage.clock.advance(30)
  assert.deepEqual(seconds, [])
  stage.turn()
  assert.deepEqual(seconds, [0.03])
  for (let count = 2; count <= 64; count++) ada.say({ type: 'message', room: 'lab:one' })
  assert.equal(seconds.length, 1)
  ada.say({ type: 'message', room: 'lab:one' })
  assert.equal(seconds.length, 2)
  stop()
  for (let count = 0; count < 64; count++) ada.say({ type: 'message', room: 'lab:one' })
  assert.equal(seconds.length, 2)
})

test('with an engine outside of the process a message is timed until the engine has handed it over', async t => {
  const waiting: (() => void)[] = []
  const engine = { roundTripMs: 0, reconnects: 0, inFlight: 0, gapsMended: 0, gapsLost: 0, peers: 0 }
  const stage = await setBus(t, {
    broker: memory => ({
      engine: () => engine,
      publish: (message, settled) => void waiting.push(() => memory.publish(message, settled))
    })
  })
  const seconds: number[] = []
  stage.bus.deliveries.on(one => void seconds.push(one))
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  ada.say({ type: 'message', room: 'lab:one' })
  stage.clock.advance(30)
  stage.turn()
  assert.deepEqual(seconds, [])
  for (const publish of waiting.splice(0)) publish()
  stage.turn()
  assert.deepEqual(seconds, [0.03])
})

test('the first inspection and then one in 16 is timed', async t => {
  const stage = await setBus(t, { policy: { enabled: true } })
  const seconds: number[] = []
  stage.gate.inspections.on(one => void seconds.push(one))
  const ada = stage.connect()
  const inspected: number[] = []
  for (let count = 1; count <= 17; count++) {
    ada.say({ type: 'message', room: 'lab:one', payload: { count } })
    inspected.push(seconds.length)
  }
  assert.deepEqual([inspected[0], inspected[15], inspected[16]], [1, 1, 2])
})
