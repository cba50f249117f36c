import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tally } from '../../../../src/cli/bench/tally.ts'

test('counts each message of each member once, and what comes twice apart', () => {
  const tally = new Tally(2)
  tally.receive(0, 1, 5)
  tally.receive(1, 1, 7)
  tally.receive(0, 3, 6)
  tally.receive(0, 3, 9)
  assert.deepEqual([tally.delivered, tally.duplicated, tally.latencies.count, tally.latencies.maxMs], [3, 1, 3, 7])
})
