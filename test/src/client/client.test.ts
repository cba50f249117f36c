import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BusClientError } from '../../../src/client/index.ts'
import { ID_PATTERN } from '../../../src/protocol/envelope.ts'
import { acknowledgementOf, connectToPeer, messageText, type Received, responseOf } from './peer.ts'

function refuse(frame: Received, type: 'response' | 'error', more: object): string {
  return JSON.stringify({ type, request_id: frame.id, ...(type === 'response' ? { status: 'error' } : {}), ...more })
}

test('resolves a command with its message and data', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) =>
    socket.send(responseOf(frame, { version: '1.0.0' }, 'running'))
  )
  assert.deepEqual(await bus.command('status', { verbose: true }), { message: 'running', data: { version: '1.0.0' } })
  const [{ id, ...frame }] = peer.received as [Received]
  assert.deepEqual(frame, { type: 'command', command: 'status', args: { verbose: true } })
  assert.match(id, new RegExp(ID_PATTERN))
})

test('matches answers to commands by id, in whatever order they come', async t => {
  const frames: Received[] = []
  const { bus } = await connectToPeer(t, (frame, socket) => {
    if (frames.push(frame) === 3)
      for (const each of frames.reverse()) socket.send(responseOf(each, {}, String(each.command)))
  })
  const answers = await Promise.all(['a', 'b', 'c'].map(name => bus.command(name)))
  assert.deepEqual(
    answers.map(answer => answer.message),
    ['a', 'b', 'c']
  )
})

test('rejects a refused command with code, faults and when to retry', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) =>
    socket.send(
      refuse(frame, 'response', {
        error: 'Rate limit exceeded',
        error_code: 'RATE_LIMITED',
        retry: true,
        retry_after_ms: 250,
        payload: { message: 'Slow down', data: { errors: ['limit: must be less', { field: 'x' }] } }
      })
    )
  )
  await assert.rejects(bus.command('history', { room: 'science' }), {
    name: 'BusClientError',
    code: 'RATE_LIMITED',
    message: 'Slow down',
    retry: true,
    retryAfterMs: 250,
    faults: ['limit: must be less', '{"field":"x"}']
  })
})

test('takes from the table of errors whether a retry helps, where the answer does not say', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) =>
    socket.send(refuse(frame, 'response', { error_code: frame.command }))
  )
  for (const [code, retry] of [
    ['TIMEOUT', true],
    ['NOT_FOUND', false],
    ['LATER_THAN_THIS_CLIENT', false]
  ] as const) {
    await assert.rejects(bus.command(code), { code, message: code, retry })
  }
})

test('joins, leaves and reads history at an address given either way', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) =>
    socket.send(responseOf(frame, { sequence: 4, epoch: 'e1', history: [] }))
  )
  const joined = await bus.join('science:general', { since: 3, epoch: 'e1', presence: true })
  assert.deepEqual([joined.sequence, joined.epoch], [4, 'e1'])
  assert.deepEqual((await bus.history({ room: 'science', channel: 'general' }, { limit: 10 })).history, [])
  await bus.leave('science:general')
  const place = { room: 'science', channel: 'general' }
  assert.deepEqual(
    peer.received.map(({ command, args }) => [command, args]),
    [
      ['join_channel', { ...place, since: 3, epoch: 'e1', presence: true }],
      ['history', { ...place, limit: 10 }],
      ['leave_channel', place]
    ]
  )
})

test('resolves a publish with the position that the acknowledgement tells', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) =>
    socket.send(acknowledgementOf(frame, { sequence: 7, epoch: 'e9' }))
  )
  const published = await bus.publish('science:general', { text: 'hi' })
  const [frame] = peer.received as [Received]
  assert.deepEqual(published, { id: frame.id, sequence: 7, epoch: 'e9', duplicate: false })
  assert.deepEqual(frame, {
    type: 'message',
    id: frame.id,
    room: 'science',
    channel: 'general',
    payload: { text: 'hi' },
    ack: true
  })
})

test('publishes with the id, type, metadata and echo it is given, to a whole room', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) =>
    socket.send(acknowledgementOf(frame, { duplicate: true }))
  )
  const published = await bus.publish('science', {}, { id: 'arq_7', type: 'event', echo: true, metadata: { own: 1 } })
  assert.deepEqual(published, { id: 'arq_7', sequence: undefined, epoch: undefined, duplicate: true })
  assert.deepEqual(peer.received, [
    { type: 'event', id: 'arq_7', room: 'science', payload: {}, metadata: { own: 1, echo: true }, ack: true }
  ])
})

test('resolves an unacknowledged publish at once and reports its refusal as an error event', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) => {
    assert.equal(frame.ack, false)
    socket.send(refuse(frame, 'error', { error: 'No', error_code: 'AUTHORIZATION_ERROR', payload: { errors: ['No'] } }))
  })
  const refused = new Promise<BusClientError>(resolve => bus.on('error', resolve))
  const published = await bus.publish('science:general', {}, { ack: false })
  assert.deepEqual([published.sequence, published.duplicate], [undefined, false])
  const { code, message, faults } = await refused
  assert.deepEqual([code, message, faults], ['AUTHORIZATION_ERROR', 'No', ['No']])
})

test('rejects a refused publish with every fault', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) =>
    socket.send(
      refuse(frame, 'error', {
        error: 'Message validation failed',
        error_code: 'VALIDATION_ERROR',
        retry: false,
        payload: { errors: ['room: must be a name', 'payload: must be an object'] }
      })
    )
  )
  await assert.rejects(bus.publish('no room', []), {
    code: 'VALIDATION_ERROR',
    message: 'Message validation failed',
    faults: ['room: must be a name', 'payload: must be an object'],
    retry: false
  })
})

test('sends private messages and tells who was missing', async t => {
  const { bus, peer } = await connectToPeer(t, (frame, socket) =>
    socket.send(acknowledgementOf(frame, frame.to === 'arq_client_2' ? {} : { payload: { missing: ['arq_client_3'] } }))
  )
  assert.deepEqual((await bus.send('arq_client_2', { text: 'psst' })).missing, [])
  assert.deepEqual((await bus.send(['arq_client_2', 'arq_client_3'], {})).missing, ['arq_client_3'])
  const [{ id, ...frame }] = peer.received as [Received]
  assert.deepEqual(frame, { type: 'private', to: 'arq_client_2', payload: { text: 'psst' }, ack: true })
})

test('measures the time to the server and back', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) => {
    if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', request_id: frame.id }))
  })
  assert((await bus.ping()) > 0)
})

test('refuses a close code that is not the application to use', async t => {
  const { bus } = await connectToPeer(t, () => {})
  for (const code of [0, 1001, 1006, 2999, 5000, 3000.5]) {
    await assert.rejects(bus.close(code), { code: 'VALIDATION_ERROR' })
  }
})

test('iterates over messages from the call on and ends when this side closes', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) => {
    for (const sequence of [1, 2, 3]) socket.send(messageText(sequence))
    socket.send(responseOf(frame, {}))
  })
  const messages = bus.messages()
  await bus.command('go')
  await bus.close(4000)
  const sequences: (number | undefined)[] = []
  for await (const message of messages) sequences.push(message.sequence)
  assert.deepEqual(sequences, [1, 2, 3])
})

test('throws from the iteration when the connection is lost, after what had come', async t => {
  const { bus } = await connectToPeer(t, (_frame, socket) => {
    socket.send(messageText(1))
    socket.close(4428)
  })
  const messages = bus.messages()
  await assert.rejects(bus.command('go'), { closeCode: 4428 })
  assert.equal((await messages.next()).value?.sequence, 1)
  await assert.rejects(messages.next(), { code: 'CLOSED', closeCode: 4428, verdict: 'retry' })
  assert.deepEqual(await messages.next(), { done: true, value: undefined })
  await assert.rejects(bus.messages().next(), { code: 'CLOSED', closeCode: 4428 })
})

test('throws from the iteration when more wait than it buffers, after what it buffered', async t => {
  const { bus } = await connectToPeer(t, (frame, socket) => {
    for (const sequence of [1, 2, 3]) socket.send(messageText(sequence))
    socket.send(responseOf(frame, {}))
  })
  const messages = bus.messages({ maxBuffered: 2 })
  await bus.command('go')
  assert.equal((await messages.next()).value?.sequence, 1)
  assert.equal((await messages.next()).value?.sequence, 2)
  await assert.rejects(messages.next(), { code: 'OVERFLOW', message: 'more than 2 messages wait to be read' })
})
