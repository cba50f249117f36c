import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Closure, connect } from '../../../src/client/index.ts'
import { Link, type LinkEvents } from '../../../src/client/link.ts'
import { ID_PATTERN } from '../../../src/protocol/envelope.ts'
import { until } from '../../support/until.ts'
import {
  acknowledgementOf,
  connectToPeer,
  messageText,
  type PeerOptions,
  responseOf,
  startPeer,
  welcomeFrame
} from './peer.ts'

for (const id of ['order-7', 'arq_', 'arq_a b', `arq_${'x'.repeat(125)}`]) {
  test(`refuses the message id ${id.slice(0, 12)} as the server would, without sending it`, async t => {
    const { bus, peer } = await connectToPeer(t, () => {})
    assert.doesNotMatch(id, new RegExp(ID_PATTERN))
    for (const ack of [true, false]) {
      await assert.rejects(bus.publish('science:general', {}, { id, ack }), { code: 'VALIDATION_ERROR' })
    }
    await bus.close()
    assert.deepEqual(peer.received, [])
  })
}

for (const id of ['arq_1', 'arq_a.b-c_D', `arq_${'x'.repeat(124)}`]) {
  test(`takes the message id ${id.slice(0, 12)} as the server would`, async t => {
    const { bus } = await connectToPeer(t, (frame, socket) => socket.send(acknowledgementOf(frame)))
    assert.match(id, new RegExp(ID_PATTERN))
    assert.equal((await bus.publish('science:general', {}, { id })).id, id)
  })
}

test('refuses a payload that is not JSON', async t => {
  const { bus } = await connectToPeer(t, () => {})
  await assert.rejects(bus.publish('science:general', { big: 1n }), {
    code: 'VALIDATION_ERROR',
    message: 'message: must be JSON'
  })
})

test('refuses an id whose answer is awaited already', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) => socket.send(acknowledgementOf(frame)))
  const first = bus.publish('science:general', {}, { id: 'arq_same' })
  await assert.rejects(bus.publish('science:general', {}, { id: 'arq_same' }), { code: 'CONFLICT' })
  assert.equal((await first).sequence, 1)
  assert.equal(peer.received.length, 1)
})

/** A server that takes frames of 1,000 bytes, and a payload that makes a publish so long. */
async function connectToNarrowPeer(t: TestContext) {
  const limits = { max_message_bytes: 1_000 }
  const peer = await startPeer(t, {
    onConnection: socket =>
      socket.send(JSON.stringify({ ...welcomeFrame, payload: { ...welcomeFrame.payload, limits } })),
    onFrame: (frame, socket) => socket.send(acknowledgementOf(frame))
  })
  const bus = await connect(peer.wsUrl)
  t.after(() => bus.close())
  await bus.publish('science:general', { text: '' }, { id: 'arq_0' })
  const restBytes = 1_000 - JSON.stringify(peer.received[0]).length
  return { bus, peer, restBytes }
}

for (const [name, letter, bytes] of [
  ['ASCII', 'x', 1],
  ['longer letters', 'ü', 2],
  ['the longest letters', '🙂', 4]
] as const) {
  test(`sends a frame of just the bytes that the server takes, and refuses a longer one: ${name}`, async t => {
    const { bus, peer, restBytes } = await connectToNarrowPeer(t)
    const text = letter.repeat(Math.floor(restBytes / bytes)) + 'x'.repeat(restBytes % bytes)
    assert.equal((await bus.publish('science:general', { text }, { id: 'arq_1' })).sequence, 1)
    const refusal = {
      code: 'LIMIT_EXCEEDED',
      message: 'the server takes no frame of more than 1000 bytes',
      retry: false
    }
    await assert.rejects(bus.publish('science:general', { text: `${text}x` }, { id: 'arq_2' }), refusal)
    await assert.rejects(bus.send('arq_client_2', { text: `${text}${text}` }), refusal)
    assert.equal(peer.received.length, 2)
    assert.equal(bus.state, 'open')
  })
}

test('takes no more to send when the server does not read', async t => {
  const { bus, stream } = await connectToPeer(t, () => {})
  stream.pause()
  const payload = { text: 'x'.repeat(1024 * 1024) }
  const flood = async () => {
    for (let sent = 0; sent < 100; sent++) await bus.publish('science:general', payload, { ack: false })
  }
  await assert.rejects(flood, { code: 'OVERFLOW', retry: true })
  stream.resume()
  await bus.close()
})

/** A link that has been welcomed, however long that took, and waits so long for answers. */
async function linkToPeer(t: TestContext, onFrame: NonNullable<PeerOptions['onFrame']>, timeoutMs: number) {
  const peer = await startPeer(t, { onFrame })
  const socket = new WebSocket(peer.wsUrl)
  await once(socket, 'message')
  return { link: new Link(socket, timeoutMs, Number.POSITIVE_INFINITY), stream: peer.streams[0]! }
}

test('gives up on an answer that does not come and ignores it when it is late', async t => {
  const late: (() => void)[] = []
  const { link } = await linkToPeer(t, (frame, socket) => late.push(() => socket.send(acknowledgementOf(frame))), 50)
  link.on('error', error => assert.fail(error))
  await assert.rejects(link.request('arq_1', '{"type":"message","id":"arq_1"}', 'publish arq_1'), {
    code: 'TIMEOUT',
    message: 'no answer to publish arq_1 within 50 ms',
    retry: true
  })
  const heard = new Promise<LinkEvents['frame']>(resolve => link.on('frame', resolve))
  await until('it was asked', () => late.length > 0)
  late[0]!()
  const { frame, isAnswer } = await heard
  assert.deepEqual([frame.type, isAnswer], ['message_response', false])
})

test('rejects everything pending, and everything later, with the close code', async t => {
  const { bus } = await connectToPeer(t, (_frame, socket) => socket.close(1012, '{"retry_ms":700}'))
  const closed = new Promise<Closure>(resolve => bus.on('close', resolve))
  const expected = {
    name: 'BusClientError',
    code: 'CLOSED',
    message:
      'the connection was closed with 1012 (the server drains; the reason is `{"retry_ms": n}`): retry after 700 ms',
    closeCode: 1012,
    verdict: 'retry',
    retry: true,
    retryAfterMs: 700
  }
  const pending = [bus.publish('science:general', {}), bus.command('status'), bus.ping(), bus.send('arq_client_2', {})]
  for (const request of pending) await assert.rejects(request, expected)
  assert.deepEqual(await closed, { code: 1012, reason: '{"retry_ms":700}', verdict: 'retry', retryAfterMs: 700 })
  await assert.rejects(bus.publish('science:general', {}), expected)
  await assert.rejects(bus.publish('science:general', {}, { ack: false }), expected)
})

test('rejects what is pending when the connection breaks off', async t => {
  const { bus } = await connectToPeer(t, (_frame, socket) => socket.terminate())
  await assert.rejects(bus.command('status'), { code: 'CLOSED', closeCode: 1006, verdict: 'retry' })
})

test('hands every frame to its listeners and messages to theirs, until they are removed', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) => {
    socket.send(messageText(1))
    socket.send(messageText(2))
    socket.send(responseOf(frame, {}))
  })
  const types: string[] = []
  const sequences: (number | undefined)[] = []
  bus.on('frame', frame => types.push(frame.type))
  const remove = bus.on('message', message => {
    sequences.push(message.sequence)
    remove()
  })
  await bus.command('go')
  assert.deepEqual(types, ['message', 'message', 'response'])
  assert.deepEqual(sequences, [1])
})

for (const garbage of [
  { type: 'message' },
  { type: 'message', sender: 'x', payload: [] },
  { type: 'system', sender: 'arqonbus' },
  { type: 'private', to: ['x'], payload: {}, metadata: { reply: { id: 'arq_1' } } }
]) {
  test(`hands out no message that is none, and goes on after it: ${JSON.stringify(garbage)}`, async t => {
    const { bus } = await connectToPeer(t, (frame, socket) => {
      socket.send(JSON.stringify(garbage))
      socket.send(acknowledgementOf(frame))
    })
    bus.on('message', () => assert.fail('a message'))
    assert.equal((await bus.publish('science:general', {})).sequence, 1)
  })
}

for (const garbage of ['not json', '[1]', '{"no":"type"}', Buffer.from([1, 2, 3])]) {
  test(`reports the frame ${JSON.stringify(garbage)} as an error and goes on`, async t => {
    const { bus } = await connectToPeer(t, (frame, socket) => {
      socket.send(garbage)
      socket.send(responseOf(frame, {}))
    })
    const errors: string[] = []
    bus.on('error', error => errors.push(error.code))
    await bus.command('go')
    assert.deepEqual(errors, ['PROTOCOL'])
  })
}

test('reports a frame that breaks the WebSocket protocol, then the end', async t => {
  const { bus, stream } = await connectToPeer(t, () => {})
  const codes: (string | number)[] = []
  bus.on('error', error => codes.push(error.code))
  const closed = new Promise<void>(resolve =>
    bus.on('close', closure => {
      codes.push(closure.code)
      resolve()
    })
  )
  stream.write(Buffer.from([0xf1, 0x00]))
  await closed
  assert.deepEqual(codes, ['PROTOCOL', 1006])
})

test('closes once, with the code it is given', async t => {
  const { bus, socket } = await connectToPeer(t, () => {})
  const seen = new Promise(resolve => socket.on('close', resolve))
  await Promise.all([bus.close(4000), bus.close()])
  assert.equal(await seen, 4000)
  await bus.close()
})

test('does not wait for ever for a peer that does not close', async t => {
  const { link, stream } = await linkToPeer(t, () => {}, 50)
  stream.pause()
  const closed = new Promise<Closure>(resolve => link.on('close', resolve))
  const rejected = assert.rejects(link.request('arq_1', '{}', 'status'), { code: /TIMEOUT|CLOSED/ })
  await link.close(1000)
  assert.equal((await closed).code, 1006)
  await rejected
})

test('refuses requests while it closes', async t => {
  const { bus } = await connectToPeer(t, () => {})
  const closing = bus.close()
  await assert.rejects(bus.command('status'), { code: 'CLOSED', message: 'the connection is closing' })
  await closing
})
