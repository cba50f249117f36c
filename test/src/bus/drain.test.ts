import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BusStage, Peer } from '../../support/bus.ts'
import { setBus } from '../../support/bus.ts'

const limits = { drainTimeoutMs: 20_000, drainRetryMs: 5_000 }

/** Drains and tells after how many milliseconds it was done. */
async function drain(stage: BusStage): Promise<number> {
  const startMs = stage.clock.monotonic()
  let isDone = false
  const drained = stage.bus.drain().then(() => {
    isDone = true
  })
  await stage.settle()
  while (!isDone) await stage.pass(20, 20)
  await drained
  return stage.clock.monotonic() - startMs
}

function retryMsOf(peer: Peer): number {
  assert.equal(peer.transport.closing?.code, 1012)
  const reason = JSON.parse(peer.transport.closing?.reason ?? '')
  assert.deepEqual(Object.keys(reason), ['retry_ms'])
  return reason.retry_ms
}

test('all are told to come back after a time between nothing and the bound, which chance decides', async t => {
  const chances: number[] = []
  const stage = await setBus(t, { limits, random: () => chances.shift() ?? 0.5 })
  const peers = [1, 2, 3].map(() => stage.connect())
  chances.push(0, 0.25, 0.999_999)
  assert.ok((await drain(stage)) < 100)
  assert.deepEqual(peers.map(retryMsOf), [0, 1250, 5000])
  assert.equal(stage.bus.hub.size, 0)
})

test('a bus without connections is drained at once', async t => {
  const stage = await setBus(t, { limits })
  assert.equal(await drain(stage), 0)
  assert.equal(stage.bus.isDraining, true)
  assert.equal(await drain(stage), 0)
})

test('what was read is worked on and answered before the close, also what waited for the rate', async t => {
  const stage = await setBus(t, { limits: { ...limits, publishPerSecond: 1, publishBurst: 2 } })
  const [ada, bob] = [stage.connect(), stage.connect()]
  await bob.join('lab:one')
  for (let n = 0; n < 10; n++) ada.say({ type: 'message', id: `arq_${n}`, room: 'lab:one', payload: { n } })
  assert.equal(ada.frames.length, 2)
  await drain(stage)
  assert.deepEqual(
    ada.frames.map(frame => frame.id),
    Array.from({ length: 10 }, (_, n) => `arq_${n}`)
  )
  assert.equal(bob.received().length, 10)
})

test('slow work is waited for, and its answer precedes the close', async t => {
  let finish = (): void => {}
  const stage = await setBus(t, {
    limits,
    broker: memory => ({
      async position(key) {
        await new Promise<void>(resolve => {
          finish = resolve
        })
        return memory.position(key)
      }
    })
  })
  const ada = stage.connect()
  ada.say({ type: 'command', id: 'arq_j', command: 'join_channel', args: { channel_id: 'lab:one' } })
  ada.say({ type: 'ping', id: 'arq_p' })
  const drained = drain(stage)
  await stage.pass(1000, 100)
  assert.equal(ada.transport.closing === undefined, true)
  finish()
  await drained
  assert.deepEqual(
    ada.frames.map(({ request_id, status, type }) => [request_id, status ?? type]),
    [
      ['arq_j', 'success'],
      ['arq_p', 'pong']
    ]
  )
  assert.equal(ada.transport.closing?.code, 1012)
})

test('work that does not end is waited for half of the time', async t => {
  const stage = await setBus(t, { limits, broker: () => ({ position: () => new Promise(() => {}) }) })
  const ada = stage.connect()
  ada.say({ type: 'command', command: 'join_channel', args: { channel_id: 'lab:one' } })
  const tookMs = await drain(stage)
  assert.ok(tookMs >= 10_000 && tookMs < 10_100)
  assert.equal(ada.transport.closing?.code, 1012)
})

test('all stop reading in the first turn of the drain', async t => {
  const stage = await setBus(t, { limits })
  const peers = [0, 1, 2].map(() => stage.connect())
  const drained = drain(stage)
  assert.deepEqual(
    peers.map(peer => peer.transport.isPaused),
    [true, true, true]
  )
  await drained
})

test('clients that take nothing are cut off two seconds after the close, and the drain does not wait longer', async t => {
  const stage = await setBus(t, { limits })
  const [ada, stopped] = [stage.connect(), stage.connect()]
  await stopped.join('lab:one')
  stopped.transport.stop()
  ada.say({ type: 'message', room: 'lab:one' })
  const tookMs = await drain(stage)
  assert.ok(tookMs >= 2_000 && tookMs < 2_600)
  assert.deepEqual([ada.transport.isTerminated, stopped.transport.isTerminated], [false, true])
})

test('at the deadline everybody who is left is cut off', async t => {
  const stage = await setBus(t, { limits: { ...limits, drainTimeoutMs: 1_000 } })
  const stopped = stage.connect()
  stopped.transport.stop()
  const tookMs = await drain(stage)
  assert.ok(tookMs >= 1_000 && tookMs < 1_100)
  await stage.settle()
  assert.deepEqual([stopped.transport.isTerminated, stopped.transport.isEnded], [true, true])
})

test('who was still being let in when the drain began is told to come back as well', async t => {
  const stage = await setBus(t, { limits })
  await drain(stage)
  const late = stage.connect({ room: 'lab', channel: 'one' })
  await stage.settle()
  assert.equal(retryMsOf(late), 2500)
  assert.equal(late.transport.isEnded, true)
  assert.equal(stage.bus.hub.size, 0)
  assert.equal(stage.bus.hub.membersOf('default/lab:one').size, 0)
})
