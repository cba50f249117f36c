import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createId, systemRuntime } from '../../../src/client/runtime.ts'
import { ID_PATTERN } from '../../../src/protocol/envelope.ts'

test('makes ids that the server takes, each another one', () => {
  const ids = Array.from({ length: 1000 }, createId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, new RegExp(ID_PATTERN))
})

test('runs what it was given once, unless that is taken back', async () => {
  let count = 0
  systemRuntime.after(1, () => count++)()
  await new Promise<void>(resolve => systemRuntime.after(2, resolve))
  assert.equal(count, 0)
})

test('tells when the network comes and goes, where the runtime knows', t => {
  const events = new EventTarget()
  const names = ['addEventListener', 'removeEventListener'] as const
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: events[name].bind(events), configurable: true })
  }
  t.after(() => {
    for (const name of names) Reflect.deleteProperty(globalThis, name)
  })
  const told: boolean[] = []
  const stop = systemRuntime.onNetwork(isOnline => told.push(isOnline))
  for (const name of ['offline', 'online']) events.dispatchEvent(new Event(name))
  stop()
  events.dispatchEvent(new Event('online'))
  assert.deepEqual(told, [false, true])
})

test('listens to nothing where there are no such events', () => {
  systemRuntime.onNetwork(() => assert.fail())()
})
