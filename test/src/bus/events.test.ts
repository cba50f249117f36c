import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BusEvent, createBusEvents } from '../../../src/bus/events.ts'

const event: BusEvent = { type: 'casil_decision', severity: 'info', tenant: 'default', payload: {} }

test('everybody who listens is told, until they stop', () => {
  const events = createBusEvents()
  const [first, second]: [BusEvent[], BusEvent[]] = [[], []]
  const stop = events.on(told => first.push(told))
  events.on(told => second.push(told))
  events.emit(event)
  stop()
  stop()
  events.emit(event)
  assert.deepEqual([first, second], [[event], [event, event]])
})

test('without listeners nothing happens', () => {
  assert.doesNotThrow(() => createBusEvents().emit(event))
})
