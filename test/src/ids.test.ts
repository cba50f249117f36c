import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { createIds } from '../../src/ids.ts'
import { FakeClock } from '../support/clock.ts'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function uuidOf(message: string): string {
  assert.ok(message.startsWith('arq_'))
  return message.slice('arq_'.length)
}

/** The 48 bits of time that an id carries. */
function timeOf(message: string): number {
  return Number.parseInt(uuidOf(message).replaceAll('-', '').slice(0, 12), 16)
}

test('a message id is arq_ and a UUIDv7 of the present', () => {
  const clock = new FakeClock(1_767_225_600_123)
  const id = createIds(clock, randomBytes).message()
  assert.match(uuidOf(id), UUID_V7)
  assert.equal(timeOf(id), 1_767_225_600_123)
})

test('whatever the random bytes, an id is a UUIDv7', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), byte => {
      const ids = createIds(new FakeClock(), size => new Uint8Array(size).fill(byte))
      assert.match(uuidOf(ids.message()), UUID_V7)
    })
  )
})

test('a client id is arq_client_ and 32 hexadecimal digits', () => {
  assert.match(createIds(new FakeClock(), randomBytes).client(), /^arq_client_[0-9a-f]{32}$/)
})

test('a short id is twelve hexadecimal digits of the random bytes', () => {
  const ids = createIds(new FakeClock(), size => Uint8Array.from({ length: size }, (_, index) => index + 10))
  assert.equal(ids.short(), '0a0b0c0d0e0f')
})

test('random bytes are drawn for many ids at a time, and none serve twice', () => {
  let draws = 0
  const ids = createIds(new FakeClock(), size => {
    draws++
    return randomBytes(size)
  })
  const made = Array.from({ length: 5_000 }, () => ids.short())
  assert.equal(new Set(made).size, made.length)
  assert.ok(draws < 10, String(draws))
})

test('message ids and client ids never share a UUID', () => {
  const ids = createIds(new FakeClock(), randomBytes)
  const message = uuidOf(ids.message()).replaceAll('-', '')
  assert.notEqual(ids.client(), `arq_client_${message}`)
})

test('ids of one millisecond are unique and sorted, past the end of the counter', () => {
  const clock = new FakeClock(1_000)
  const ids = createIds(clock, randomBytes)
  const made = Array.from({ length: 10_000 }, () => ids.message())
  assert.equal(new Set(made).size, made.length)
  assert.deepEqual(made.toSorted(), made)
  assert.equal(timeOf(made.at(-1)!), 1_002)
})

test('ids go on unique and sorted however the clock moves', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ jumpMs: fc.integer({ min: -50, max: 50 }), count: fc.integer({ min: 1, max: 20 }) }), {
        maxLength: 40,
        size: 'max'
      }),
      steps => {
        const clock = new FakeClock(1_000_000)
        const ids = createIds(clock, randomBytes)
        const made: string[] = []
        for (const { jumpMs, count } of steps) {
          clock.set(clock.now() + jumpMs)
          for (let turn = 0; turn < count; turn++) made.push(ids.message())
        }
        assert.equal(new Set(made).size, made.length)
        assert.deepEqual(made.toSorted(), made)
      }
    )
  )
})

test('two makers with their own randomness do not meet', () => {
  const clock = new FakeClock()
  const [one, other] = [createIds(clock, randomBytes), createIds(clock, randomBytes)]
  assert.notEqual(one.message(), other.message())
})
