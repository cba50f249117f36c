import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateChange } from '../../../src/client/index.ts'
import { until } from '../../support/until.ts'
import { startStage } from './stage.ts'

function namesOf(states: readonly StateChange[]): string[] {
  return states.map(({ state }) => state)
}

test('comes back after a lost connection, step by step', async t => {
  const { bus, lose, comeBack, states } = await startStage(t)
  await lose()
  assert.deepEqual([states[0]?.state, states[0]?.delayMs, states[0]?.error?.closeCode], ['waiting', 125, 1006])
  await comeBack()
  assert.deepEqual(namesOf(states), ['waiting', 'connecting', 'recovering', 'open'])
  assert.equal(bus.clientId, 'arq_client_2')
})

test('waits twice as long after each connection that did not hold', async t => {
  const { lose, comeBack, states } = await startStage(t)
  for (let round = 0; round < 3; round++) {
    await lose()
    await comeBack()
  }
  assert.deepEqual(
    states.flatMap(({ delayMs }) => delayMs ?? []),
    [125, 250, 500]
  )
})

test('waits a short time again after a connection that held', async t => {
  const { lose, comeBack, runtime, states } = await startStage(t)
  await lose()
  await comeBack()
  runtime.clock.advance(5_000)
  await lose()
  assert.equal(states.at(-1)?.delayMs, 125)
})

test('comes back when the server said so', async t => {
  const { lose, states } = await startStage(t)
  await lose(1012, '{"retry_ms":4321}')
  assert.equal(states[0]?.delayMs, 4321)
})

for (const code of [1013, 4429]) {
  test(`waits longer after ${code}`, async t => {
    const { lose, states } = await startStage(t)
    await lose(code)
    assert.equal(states[0]?.delayMs, 1000)
  })
}

for (const code of [1000, 1008, 4400, 4403]) {
  test(`does not come back after ${code}`, async t => {
    const { bus, lose, runtime } = await startStage(t, { answer: ({ type }) => type === 'message' })
    const publish = assert.rejects(bus.publish('science:general', {}), { code: 'CLOSED', closeCode: code })
    const closed = new Promise<number>(resolve => bus.on('close', closure => resolve(closure.code)))
    await lose(code)
    await publish
    assert.deepEqual([await closed, bus.state, runtime.clock.pending, runtime.listenerCount], [code, 'closed', 0, 0])
    await assert.rejects(bus.publish('science:general', {}), { closeCode: code })
    await assert.rejects(bus.command('status'), { closeCode: code })
  })
}

test('gets a new token for every connection, also when the old one has expired', async t => {
  let count = 0
  const { requests, lose, comeBack } = await startStage(t, {
    connectOptions: { getToken: () => `token-${++count}` }
  })
  await lose(4410)
  await comeBack()
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization ?? headers['sec-websocket-protocol']),
    [1, 2].map(n => (requests[0]?.headers.authorization ? `Bearer token-${n}` : `arqonbus.v1, bearer.token-${n}`))
  )
})

test('ends with an expired token where there is no other', async t => {
  const { bus, lose } = await startStage(t, { connectOptions: { token: 'token' } })
  await lose(4410)
  assert.equal(bus.state, 'closed')
})

test('goes on trying while no token can be had', async t => {
  let isBroken = false
  const { lose, comeBack, runtime, bus, states } = await startStage(t, {
    connectOptions: {
      getToken: () => {
        if (isBroken) throw new Error('the issuer is away')
        return 'token'
      }
    }
  })
  isBroken = true
  await lose()
  runtime.clock.advance(60_000)
  await until('it waits again', () => bus.state === 'waiting')
  assert.equal(states.at(-1)?.error?.code, 'TOKEN')
  isBroken = false
  await comeBack()
})

test('goes on trying when a token does not come', async t => {
  let hangs = false
  const { lose, comeBack, runtime, bus, states } = await startStage(t, {
    connectOptions: { timeoutMs: 500, getToken: () => (hangs ? new Promise(() => {}) : 'token') }
  })
  hangs = true
  await lose()
  runtime.clock.advance(states.at(-1)?.delayMs ?? 0)
  assert.equal(bus.state, 'connecting')
  await until('it waits again', () => bus.state === 'waiting')
  assert.equal(states.at(-1)?.error?.code, 'TOKEN')
  hangs = false
  await comeBack()
})

test('closes while a token does not come', async t => {
  let hangs = false
  const { bus, lose, runtime, states } = await startStage(t, {
    connectOptions: { getToken: () => (hangs ? new Promise(() => {}) : 'token') }
  })
  hangs = true
  await lose()
  runtime.clock.advance(states.at(-1)?.delayMs ?? 0)
  await bus.close()
  assert.equal(bus.state, 'closed')
})

test('gives up when three new tokens in a row are refused', async t => {
  let isStrict = false
  const { bus, lose, runtime, sockets } = await startStage(t, {
    connectOptions: { getToken: () => 'token' },
    onConnection: socket => {
      if (isStrict) socket.close(4401)
      return isStrict
    }
  })
  isStrict = true
  await lose()
  await until('it gives up', () => {
    runtime.clock.advance(60_000)
    return bus.state === 'closed'
  })
  assert.equal(sockets.length, 4)
})

test('tries at once when the network comes back', async t => {
  const { bus, lose, runtime } = await startStage(t)
  await lose()
  runtime.switch(false)
  assert.equal(bus.state, 'waiting')
  runtime.switch(true)
  await until('the client is back', () => bus.state === 'open')
})

test('takes a silent connection for lost', async t => {
  const { bus, runtime, states, sockets } = await startStage(t, { answer: ({ type }) => type === 'ping' })
  runtime.switch(false)
  runtime.clock.advance(4_999)
  assert.equal(bus.state, 'open')
  runtime.clock.advance(1)
  assert.equal(bus.state, 'waiting')
  assert.equal(states[0]?.error?.closeCode, 1006)
  runtime.clock.advance(60_000)
  await until('the client is back', () => bus.state === 'open')
  assert.equal(sockets.length, 2)
})

test('closes while it waits, and leaves nothing behind', async t => {
  const { bus, lose, runtime, states } = await startStage(t)
  await lose()
  const publish = assert.rejects(bus.publish('science:general', {}), { code: 'CLOSED' })
  await bus.close()
  await publish
  assert.deepEqual([bus.state, runtime.clock.pending, runtime.listenerCount], ['closed', 0, 0])
  assert.deepEqual(states.at(-1), { state: 'closed', previous: 'waiting' })
})

test('closes while it connects', async t => {
  let isSlow = false
  const { bus, lose, runtime, sockets } = await startStage(t, { onConnection: () => isSlow })
  isSlow = true
  await lose()
  runtime.clock.advance(60_000)
  await until('it connects', () => sockets.length === 2)
  await bus.close()
  assert.equal(bus.state, 'closed')
  await until('the socket is gone', () => sockets[1]?.readyState === 3)
})
