import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Probe } from '../../../src/telemetry/probe.ts'
import { FakeClock } from '../../support/clock.ts'

test('the engine is asked every five seconds, and what its last answer took is kept', async () => {
  const clock = new FakeClock()
  const answers: (() => void)[] = []
  const probe = new Probe(clock, () => new Promise(resolve => answers.push(resolve)))
  clock.advance(4999)
  assert.equal(answers.length, 0)
  assert.equal(probe.ageSeconds, 4.999)
  clock.advance(1)
  assert.equal(answers.length, 1)
  clock.advance(20)
  answers[0]?.()
  await nextTurn()
  assert.equal(probe.lastSeconds, 0.02)
  assert.equal(probe.ageSeconds, 0)
  clock.advance(1000)
  assert.equal(probe.ageSeconds, 1)
  probe.close()
})

test('an error is counted, and the age goes on', async () => {
  const clock = new FakeClock()
  const probe = new Probe(clock, () => Promise.reject(new Error('down')))
  for (const failures of [1, 2]) {
    clock.advance(5000)
    await nextTurn()
    assert.equal(probe.failures, failures)
  }
  assert.equal(probe.ageSeconds, 10)
  assert.equal(probe.lastSeconds, 0)
  probe.close()
})

test('nothing is asked while an answer is awaited', async () => {
  const clock = new FakeClock()
  const answers: (() => void)[] = []
  const probe = new Probe(clock, () => new Promise(resolve => answers.push(resolve)))
  clock.advance(20_000)
  assert.equal(answers.length, 1)
  answers[0]?.()
  await nextTurn()
  assert.equal(probe.lastSeconds, 15)
  clock.advance(5000)
  assert.equal(answers.length, 2)
  probe.close()
})

test('a closed probe leaves no timer behind', () => {
  const clock = new FakeClock()
  const probe = new Probe(clock, async () => assert.fail())
  probe.close()
  assert.equal(clock.pending, 0)
})
