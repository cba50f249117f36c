import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type OmegaEvent, OmegaEvents } from '../../../src/omega/events.ts'

const PLENTY = 1_048_576

function eventOf(n: number, parts: Partial<OmegaEvent> = {}): OmegaEvent {
  return {
    event_id: `omega_evt_${n}`,
    substrate_id: 'omega_a',
    signal: 'spike',
    payload: { n },
    emitted_by: 'arq_client_ada',
    timestamp: '2026-01-01T00:00:00.000Z',
    ...parts
  }
}

function fill(maxCount: number, all: readonly OmegaEvent[]): OmegaEvents {
  const events = new OmegaEvents(maxCount)
  for (const event of all) events.add(event)
  return events
}

function numbersOf(events: readonly OmegaEvent[]): unknown[] {
  return events.map(({ payload }) => payload.n)
}

test('as many events as may be are remembered, and the next one has the oldest forgotten', () => {
  const events = fill(
    3,
    [1, 2, 3].map(n => eventOf(n))
  )
  assert.deepEqual(numbersOf(events.list({}, 10, PLENTY)), [1, 2, 3])
  events.add(eventOf(4))
  assert.deepEqual([events.count, numbersOf(events.list({}, 10, PLENTY))], [3, [2, 3, 4]])
})

test('the newest are listed, oldest first', () => {
  const events = fill(
    10,
    [1, 2, 3, 4].map(n => eventOf(n))
  )
  assert.deepEqual(numbersOf(events.list({}, 2, PLENTY)), [3, 4])
  assert.deepEqual(numbersOf(events.list({}, 4, PLENTY)), [1, 2, 3, 4])
})

test('the limit counts what the filter means', () => {
  const events = fill(10, [
    eventOf(1, { signal: 'rest' }),
    eventOf(2),
    eventOf(3, { substrate_id: 'omega_b', signal: 'rest' }),
    eventOf(4, { substrate_id: 'omega_b' })
  ])
  assert.deepEqual(numbersOf(events.list({ signal: 'rest' }, 2, PLENTY)), [1, 3])
  assert.deepEqual(numbersOf(events.list({ signal: 'rest' }, 1, PLENTY)), [3])
  assert.deepEqual(numbersOf(events.list({ substrateId: 'omega_b' }, 9, PLENTY)), [3, 4])
  assert.deepEqual(numbersOf(events.list({ substrateId: 'omega_b', signal: 'spike' }, 9, PLENTY)), [4])
  assert.deepEqual(numbersOf(events.list({ substrateId: 'omega_c' }, 9, PLENTY)), [])
})

test('a list has as much text as may be and not a byte more, but one event always', () => {
  const events = fill(
    10,
    [1, 2, 3].map(n => eventOf(n))
  )
  const bytes = Buffer.byteLength(JSON.stringify(eventOf(1)))
  assert.deepEqual(numbersOf(events.list({}, 9, bytes * 2)), [2, 3])
  assert.deepEqual(numbersOf(events.list({}, 9, bytes * 2 - 1)), [3])
  assert.deepEqual(numbersOf(events.list({}, 9, 1)), [3])
})

test('what the filter means is forgotten, and the rest keeps its order', () => {
  const events = fill(10, [eventOf(1), eventOf(2, { signal: 'rest' }), eventOf(3), eventOf(4, { signal: 'rest' })])
  assert.equal(events.clear({ signal: 'spike' }), 2)
  assert.deepEqual(numbersOf(events.list({}, 9, PLENTY)), [2, 4])
  assert.equal(events.clear({}), 2)
  assert.equal(events.count, 0)
})

test('whatever is added and cleared, the events are the last ones of a plain list', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.constantFrom('spike', 'rest') }) },
    { weight: 1, arbitrary: fc.record({ clear: fc.constantFrom('spike', 'rest', undefined) }) }
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 60 }), (maxCount, steps) => {
      const events = new OmegaEvents(maxCount)
      let plain: OmegaEvent[] = []
      for (const [n, one] of steps.entries()) {
        if ('add' in one) {
          const event = eventOf(n, { signal: one.add })
          events.add(event)
          plain = [...plain, event].slice(-maxCount)
        } else {
          const kept = one.clear === undefined ? [] : plain.filter(({ signal }) => signal !== one.clear)
          assert.equal(events.clear({ signal: one.clear }), plain.length - kept.length)
          plain = kept
        }
        assert.deepEqual(events.list({}, 100, PLENTY), plain)
      }
    })
  )
})
