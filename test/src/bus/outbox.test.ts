import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flusher, OutboundLedger, Outbox, Stall } from '../../../src/bus/outbox.ts'
import { frameOf } from '../../../src/protocol/frame.ts'

test('all that was added in a turn is flushed once at its end, in the order of adding', () => {
  const deferred: (() => void)[] = []
  const flushed: string[] = []
  const flusher = new Flusher(run => void deferred.push(run))
  for (const name of ['a', 'b']) flusher.add({ flush: () => flushed.push(name) })
  assert.equal(deferred.length, 1)
  assert.equal(flushed.length, 0)
  deferred[0]?.()
  assert.deepEqual(flushed, ['a', 'b'])
})

test('what is added while the flusher flushes has its turn next time', () => {
  const deferred: (() => void)[] = []
  let count = 0
  const flusher = new Flusher(run => void deferred.push(run))
  const again = {
    flush() {
      count++
      flusher.add(again)
    }
  }
  flusher.add(again)
  deferred.shift()?.()
  assert.deepEqual([count, deferred.length], [1, 1])
})

test('an outbox gives its frames in order, once, and knows their bytes', () => {
  const outbox = new Outbox()
  const frames = ['one', 'two'].map(frameOf)
  for (const frame of frames) outbox.push(frame)
  assert.equal(outbox.bytes, 10)
  assert.deepEqual(outbox.take(), frames)
  assert.equal(outbox.bytes, 0)
  assert.deepEqual(outbox.take(), [])
})

test('the ledger asks for relief over its bound, not at it, only when bytes come, and once per turn', () => {
  let relieved = 0
  let deferred: (() => void)[] = []
  const ledger = new OutboundLedger(
    100,
    () => relieved++,
    run => deferred.push(run)
  )
  const turn = (): number => {
    const runs = deferred
    deferred = []
    for (const run of runs) run()
    return relieved
  }
  ledger.add(100)
  assert.equal(turn(), 0)
  ledger.add(1)
  ledger.add(50)
  ledger.add(50)
  assert.equal(relieved, 0)
  assert.equal(turn(), 1)
  ledger.add(-20)
  assert.equal(turn(), 1)
  ledger.add(10)
  assert.equal(turn(), 2)
  ledger.add(1)
  ledger.add(-192)
  assert.equal(turn(), 2)
  assert.equal(ledger.bytes, 0)
})

test('bytes that go nowhere grow old', () => {
  const stall = new Stall()
  assert.equal(stall.ageMs(1000, 500, 0), 0)
  assert.equal(stall.ageMs(2000, 1500, 4000), 4000)
  assert.equal(stall.ageMs(9000, 8001, 9000), 9000)
})

test('progress past the moment that was remembered starts the age anew', () => {
  const stall = new Stall()
  stall.ageMs(1000, 500, 0)
  assert.equal(stall.ageMs(3000, 2001, 5000), 5000)
  assert.equal(stall.ageMs(3000, 2000, 6000), 0)
  assert.equal(stall.ageMs(3000, 1, 8000), 2000)
})

test('an empty buffer has no age, and forgets the one it had', () => {
  const stall = new Stall()
  stall.ageMs(1000, 500, 0)
  assert.equal(stall.ageMs(1000, 0, 9000), 0)
  assert.equal(stall.ageMs(2000, 500, 10_000), 0)
})
