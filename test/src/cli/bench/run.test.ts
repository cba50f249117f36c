import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Progress } from '../../../../src/cli/bench/progress.ts'
import { runPlan } from '../../../../src/cli/bench/run.ts'

import { connectToPeer, messageText } from '../../client/peer.ts'
import { createTerminal } from '../terminal.ts'

const plan = { members: 1, rate: 1000, seconds: 0.002, bytes: 0 }

/** Runs against a peer that hands on the first message, as often as it is told, and never the others. */
function runWith(t: TestContext, copies: number) {
  return runAgainst(t, (frame, socket) => {
    if (frame.type !== 'message') return
    const { payload } = frame as { readonly payload?: { readonly n: number } }
    if (payload?.n !== 1) return
    for (let copy = 1; copy <= copies; copy++) {
      socket.send(JSON.stringify({ ...JSON.parse(messageText(copy)), payload }))
    }
  })
}

async function runAgainst(t: TestContext, onFrame: Parameters<typeof connectToPeer>[1]) {
  const { bus } = await connectToPeer(t, onFrame)
  t.after(() => bus.close())
  const progress = new Progress(createTerminal())
  const { signal } = new AbortController()
  return runPlan({
    publisher: bus,
    members: [bus],
    address: 'science:general',
    plan,
    progress,
    patienceMs: 500,
    signal
  })
}

test('waits for what is missing only so long, and counts it as lost', async t => {
  const { sent, tally } = await runWith(t, 1)
  assert.deepEqual([sent, tally.delivered, tally.duplicated], [2, 1, 0])
})

test('counts what comes more than once', async t => {
  const { tally } = await runWith(t, 3)
  assert.deepEqual([tally.delivered, tally.duplicated], [1, 2])
})

test('tells a refusal that comes after the last message', async t => {
  const run = runAgainst(t, ({ type, id, payload }, socket) => {
    if (type !== 'message' || (payload as { readonly n: number }).n !== 2) return
    const refusal = { type: 'error', request_id: id, error_code: 'CHANNEL_NOT_FOUND' }
    setTimeout(() => socket.send(JSON.stringify(refusal)), 50)
  })
  await assert.rejects(run, { message: 'the server refuses messages: CHANNEL_NOT_FOUND' })
})
