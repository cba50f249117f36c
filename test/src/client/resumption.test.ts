import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { messageText, responseOf } from './peer.ts'
import { commandsOf, idsOf, startStage } from './stage.ts'

test('joins its channels again from where it was, and hands over what was missed once', async t => {
  const { bus, peer, lose, comeBack, sockets } = await startStage(t)
  const heard: (number | undefined)[] = []
  const channel = bus.channel('science:general')
  channel.on('message', ({ sequence }) => heard.push(sequence))
  await channel.join({ presence: true })
  for (const sequence of [1, 2]) sockets[0]?.send(messageText(sequence))
  await until('both have come', () => heard.length === 2)
  const recoveries: unknown[] = []
  bus.on('recovered', ({ channel: name, recovered, since }) => recoveries.push([name, recovered, since]))
  await lose()
  await comeBack()
  for (const sequence of [2, 3]) sockets[1]?.send(messageText(sequence))
  await until('the third has come', () => heard.length === 3)
  assert.deepEqual(heard, [1, 2, 3])
  assert.deepEqual(recoveries, [['science:general', true, { sequence: 2, epoch: 'e1' }]])
  assert.deepEqual(commandsOf(peer.received, 'join_channel')[1], {
    room: 'science',
    channel: 'general',
    since: 2,
    epoch: 'e1',
    presence: true
  })
})

test('tells when something may have been missed', async t => {
  let joins = 0
  const { bus, lose, comeBack } = await startStage(t, {
    answer: (frame, socket) => {
      if (frame.command !== 'join_channel' || ++joins === 1) return false
      socket.send(responseOf(frame, { sequence: 90, epoch: 'e2', recovered: false }))
      return true
    }
  })
  const channel = bus.channel('science:general')
  await channel.join()
  const told: unknown[] = []
  channel.on('recovered', recovery => told.push(recovery))
  await lose()
  await comeBack()
  const since = { sequence: 0, epoch: 'e1' }
  const end = { sequence: 90, epoch: 'e2' }
  assert.deepEqual(told, [{ channel: 'science:general', recovered: false, since, end }])
  assert.deepEqual(channel.position, end)
})

test('a channel that may not be joined again is left, and its loop ends with the reason', async t => {
  let joins = 0
  const refusal = { type: 'response', status: 'error', error_code: 'AUTHORIZATION_ERROR', payload: { message: 'no' } }
  const { bus, lose, comeBack } = await startStage(t, {
    answer: (frame, socket) => {
      if (frame.command !== 'join_channel' || ++joins === 1) return false
      socket.send(JSON.stringify({ ...refusal, request_id: frame.id }))
      return true
    }
  })
  const channel = bus.channel('science:general')
  await channel.join()
  const messages = channel.messages()
  await lose()
  await comeBack()
  assert.equal(channel.isJoined, false)
  await assert.rejects(messages.next(), { code: 'AUTHORIZATION_ERROR' })
})

test('joins again as fast as the server lets it', async t => {
  let isStrict = false
  const limit = { type: 'response', status: 'error', error_code: 'RATE_LIMITED', retry: true, retry_after_ms: 300 }
  const { bus, lose, comeBack, runtime } = await startStage(t, {
    answer: (frame, socket) => {
      if (!isStrict) return false
      isStrict = false
      socket.send(JSON.stringify({ ...limit, request_id: frame.id, payload: { message: 'slower' } }))
      return true
    }
  })
  await bus.join('science:general')
  isStrict = true
  await lose()
  runtime.clock.advance(1_000)
  await until('it was told to wait', () => bus.state === 'recovering' && !isStrict)
  await comeBack()
  assert.equal(bus.channel('science:general').isJoined, true)
})

test('what is not acknowledged is sent again under its id, before what came later', async t => {
  let isMute = true
  const { bus, peer, lose, comeBack } = await startStage(t, { answer: ({ type }) => type === 'message' && isMute })
  const first = bus.publish('science:general', { n: 1 }, { id: 'arq_1' })
  await until('it was sent', () => peer.received.length === 1)
  isMute = false
  await lose()
  const second = bus.publish('science:general', { n: 2 }, { id: 'arq_2' })
  void bus.publish('science:general', { n: 3 }, { id: 'arq_3', ack: false })
  const fourth = bus.publish('science:general', { n: 4 }, { id: 'arq_4' })
  assert.equal(bus.pendingCount, 4)
  await comeBack()
  assert.deepEqual(
    (await Promise.all([first, second, fourth])).map(({ id }) => id),
    ['arq_1', 'arq_2', 'arq_4']
  )
  assert.deepEqual(idsOf(peer.received), ['arq_1', 'arq_1', 'arq_2', 'arq_3', 'arq_4'])
  assert.equal(bus.pendingCount, 0)
})

test('as many messages wait as may, and one more is refused', async t => {
  const { bus, lose, comeBack } = await startStage(t, { connectOptions: { maxQueued: 2 } })
  await lose()
  const waiting = [bus.publish('science:general', {}), bus.publish('science:general', {})]
  await assert.rejects(bus.publish('science:general', {}), { code: 'OVERFLOW', retry: true })
  const command = bus.command('status')
  await comeBack()
  await Promise.all([...waiting, command])
})

test('nothing waits where the client was told to refuse, but what is under way goes on', async t => {
  let isMute = true
  const { bus, peer, lose, comeBack } = await startStage(t, {
    connectOptions: { offline: 'refuse' },
    answer: ({ type }) => type === 'message' && isMute
  })
  const first = bus.publish('science:general', {})
  await until('it was sent', () => peer.received.length === 1)
  isMute = false
  await lose()
  const offline = { code: 'OFFLINE', retry: true }
  await assert.rejects(bus.publish('science:general', {}), offline)
  await assert.rejects(bus.publish('science:general', {}, { ack: false }), offline)
  await assert.rejects(bus.command('status'), offline)
  await comeBack()
  await first
})

test('without authentication it is looked up first what became of a message', async t => {
  let isMute = true
  const fates: Record<string, object[]> = {
    arq_there: [{ id: 'arq_there', sender: 'arq_client_1', channel: 'general', sequence: 1, epoch: 'e1' }],
    arq_gone: [],
    arq_lost: [{ id: 'arq_x', sender: 'arq_client_9', channel: 'general', sequence: 7, epoch: 'e1' }]
  }
  for (const [id, stored] of Object.entries(fates)) {
    isMute = true
    const { bus, peer, lose, comeBack } = await startStage(t, {
      hasAuth: false,
      answer: (frame, socket) => {
        if (frame.type === 'private') {
          socket.send(JSON.stringify({ type: 'error', request_id: frame.id, error_code: 'TARGET_NOT_FOUND' }))
        } else if (frame.command === 'op.history.replay') {
          const timestamp = '2026-01-01T00:00:00.000Z'
          socket.send(responseOf(frame, { entries: stored.map(one => ({ envelope: { ...one, timestamp } })) }))
        } else return frame.type === 'message' && isMute
        return true
      }
    })
    const outcome = Promise.allSettled([bus.publish('science:general', {}, { id })])
    await until('it was sent', () => peer.received.length === 1)
    isMute = false
    await lose()
    await comeBack()
    const [settled] = await outcome
    if (id === 'arq_lost') assert.equal((settled as PromiseRejectedResult).reason.code, 'UNCERTAIN')
    else assert.equal((settled as PromiseFulfilledResult<{ duplicate: boolean }>).value.duplicate, id === 'arq_there')
    assert.equal(idsOf(peer.received).length, id === 'arq_gone' ? 2 : 1)
  }
})

for (const [awayMs, lookUps] of [
  [100_000, 0],
  [100_001, 1]
] as const) {
  test(`a message of ${awayMs} ms ago is ${lookUps ? 'looked up, as the server may forget its id' : 'sent again'}`, async t => {
    let isMute = true
    const { bus, peer, lose, comeBack, runtime } = await startStage(t, {
      answer: (frame, socket) => {
        if (frame.type === 'private') {
          socket.send(JSON.stringify({ type: 'error', request_id: frame.id, error_code: 'TARGET_NOT_FOUND' }))
        } else if (frame.command === 'op.history.replay') socket.send(responseOf(frame, { entries: [] }))
        else return frame.type === 'message' && isMute
        return true
      }
    })
    const publish = bus.publish('science:general', {})
    await until('it was sent', () => idsOf(peer.received).length === 1)
    isMute = false
    await lose()
    runtime.clock.set(runtime.clock.now() + awayMs - 125)
    await comeBack(125)
    await publish
    assert.equal(commandsOf(peer.received, 'op.history.replay').length, lookUps)
  })
}

test('own messages that come back in a recovery are passed over', async t => {
  const { bus, lose, comeBack, sockets } = await startStage(t)
  const heard: (number | undefined)[] = []
  const channel = bus.channel('science:general')
  channel.on('message', ({ sequence }) => heard.push(sequence))
  await channel.join()
  await lose()
  await comeBack()
  for (const [sequence, sender, metadata] of [
    [1, 'arq_client_1', {}],
    [2, 'arq_client_1', { echo: true }],
    [3, 'arq_client_7', {}]
  ]) {
    sockets[1]?.send(JSON.stringify({ ...JSON.parse(messageText(Number(sequence))), sender, metadata }))
  }
  await until('the last has come', () => heard.at(-1) === 3)
  assert.deepEqual(heard, [2, 3])
})

test('the initial channel is joined by the address first, and then from where it was', async t => {
  const { bus, peer, requests, lose, comeBack } = await startStage(t, {
    connectOptions: { room: 'science', channel: 'general' }
  })
  await until('the position is known', () => bus.channel('science:general').position !== undefined)
  await lose()
  await comeBack()
  assert.deepEqual(
    requests.map(({ url }) => url),
    ['/?room=science&channel=general', '/']
  )
  assert.deepEqual(commandsOf(peer.received, 'join_channel')[1], {
    room: 'science',
    channel: 'general',
    since: 0,
    epoch: 'e1',
    presence: false
  })
})

test('a loop over a channel ends when the channel is left, and when the client closes', async t => {
  const { bus } = await startStage(t)
  const channel = bus.channel('science:general')
  for (const end of [() => channel.leave(), () => bus.close()]) {
    if (bus.state === 'open') await channel.join()
    const messages = channel.messages()
    await end()
    assert.deepEqual(await messages.next(), { done: true, value: undefined })
  }
  assert.deepEqual(await channel.messages().next(), { done: true, value: undefined })
})

test('a channel is left also where the connection breaks meanwhile, or there is none', async t => {
  const { bus, lose, peer } = await startStage(t, { answer: ({ command }) => command === 'leave_channel' })
  const channel = bus.channel('science:general')
  await channel.join()
  const left = channel.leave()
  await until('it was asked', () => peer.received.length === 2)
  await lose()
  await left
  await channel.leave()
  assert.equal(channel.isJoined, false)
})

test('a channel needs a name', async t => {
  const { bus } = await startStage(t)
  assert.throws(() => bus.channel('science'), { code: 'VALIDATION_ERROR' })
  await assert.rejects(bus.join('science:general', { since: 3 }), { code: 'VALIDATION_ERROR' })
})
