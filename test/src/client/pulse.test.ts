import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pulse } from '../../../src/client/pulse.ts'
import { FakeRuntime } from './fake-runtime.ts'

function startPulse(isAwaiting = false) {
  const runtime = new FakeRuntime()
  const told: string[] = []
  const pulse = new Pulse({
    runtime,
    intervalMs: 20_000,
    timeoutMs: 5_000,
    isAwaiting: () => isAwaiting,
    ping: () => told.push('ping'),
    onSilence: () => told.push('silence')
  })
  return { runtime, told, pulse }
}

test('asks for a sign of life after the interval, and gives up after the time-out', () => {
  const { runtime, told } = startPulse()
  runtime.clock.advance(19_999)
  assert.deepEqual(told, [])
  runtime.clock.advance(1)
  assert.deepEqual(told, ['ping'])
  runtime.clock.advance(4_999)
  assert.deepEqual(told, ['ping'])
  runtime.clock.advance(1)
  assert.deepEqual(told, ['ping', 'silence'])
  assert.equal(runtime.clock.pending, 0)
})

test('is content with anything that is heard', () => {
  const { runtime, told, pulse } = startPulse()
  runtime.clock.advance(20_000)
  pulse.hear()
  runtime.clock.advance(19_000)
  assert.deepEqual(told, ['ping'])
  runtime.clock.advance(1_000)
  assert.deepEqual(told, ['ping', 'ping'])
})

test('asks sooner while an answer is awaited', () => {
  const { runtime, told } = startPulse(true)
  runtime.clock.advance(1_999)
  assert.deepEqual(told, [])
  runtime.clock.advance(1)
  assert.deepEqual(told, ['ping'])
})

test('asks at once after a sleep, and not after a short stall', () => {
  const { runtime, told } = startPulse()
  runtime.clock.set(runtime.clock.now() + 10_000)
  runtime.clock.advance(1_000)
  assert.deepEqual(told, [])
  runtime.clock.set(runtime.clock.now() + 10_001)
  runtime.clock.advance(1_000)
  assert.deepEqual(told, ['ping'])
})

test('asks once at a time', () => {
  const { told, pulse } = startPulse()
  pulse.probe()
  pulse.probe()
  assert.deepEqual(told, ['ping'])
})

test('leaves no timer behind when it is stopped', () => {
  const { runtime, told, pulse } = startPulse()
  pulse.probe()
  pulse.stop()
  assert.equal(runtime.clock.pending, 0)
  runtime.clock.advance(60_000)
  assert.deepEqual(told, ['ping'])
})
