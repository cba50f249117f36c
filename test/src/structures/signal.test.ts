import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Signal } from '../../../src/structures/signal.ts'

test('everybody who listens is told, until they stop', () => {
  const signal = new Signal<[word: string, count: number]>()
  const [first, second]: [unknown[], unknown[]] = [[], []]
  const stop = signal.on((...told) => first.push(told))
  signal.on((...told) => second.push(told))
  signal.emit('a', 1)
  stop()
  stop()
  signal.emit('b', 2)
  assert.deepEqual(first, [['a', 1]])
  assert.deepEqual(second, [
    ['a', 1],
    ['b', 2]
  ])
})

test('it is heard only while somebody listens', () => {
  const signal = new Signal<[]>()
  assert.equal(signal.isHeard, false)
  signal.emit()
  const stop = signal.on(() => {})
  assert.equal(signal.isHeard, true)
  stop()
  assert.equal(signal.isHeard, false)
})
