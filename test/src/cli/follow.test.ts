import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { followFrames } from '../../../src/cli/follow.ts'
import { messageText, startPeer } from '../client/peer.ts'

test('an endless tail waits as long as it takes once the first frame has come', async t => {
  const peer = await startPeer(t)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const interrupt = new AbortController()
  const frames = new EventEmitter()
  const first = once(frames, 'frame')
  const followed = followFrames(new URL(peer.wsUrl), {
    headers: {},
    limit: 0,
    timeoutSeconds: 5,
    signal: interrupt.signal,
    onFrame: text => frames.emit('frame', text)
  })
  await first
  t.mock.timers.tick(60_000)
  const second = once(frames, 'frame')
  for (const socket of peer.clients) socket.send(messageText(1))
  assert.deepEqual(await second, [messageText(1)])
  interrupt.abort()
  await assert.rejects(followed, { name: 'AbortError' })
})

test('opens nothing once it has been interrupted', async t => {
  const peer = await startPeer(t)
  const options = {
    headers: {},
    limit: 1,
    timeoutSeconds: 5,
    signal: AbortSignal.abort(),
    onFrame: () => assert.fail()
  }
  await assert.rejects(followFrames(new URL(peer.wsUrl), options), { name: 'AbortError' })
  assert.equal(peer.clients.size, 0)
})

test('reports a frame that breaks the WebSocket protocol', async t => {
  const peer = await startPeer(t, {
    onConnection: (_socket, request) => request.socket.write(Buffer.from([0xf1, 0x00]))
  })
  const signal = new AbortController().signal
  const options = { headers: {}, limit: 1, timeoutSeconds: 5, signal, onFrame: () => assert.fail() }
  await assert.rejects(followFrames(new URL(peer.wsUrl), options), {
    name: 'Failure',
    message: `the connection to ${peer.wsUrl} failed: Invalid WebSocket frame: RSV2 and RSV3 must be clear`
  })
})

test('fails with the fault of whoever takes the frames', async t => {
  const peer = await startPeer(t)
  const followed = followFrames(new URL(peer.wsUrl), {
    headers: {},
    limit: 2,
    timeoutSeconds: 5,
    signal: new AbortController().signal,
    onFrame: () => {
      throw new RangeError('too deep')
    }
  })
  await assert.rejects(followed, { message: 'too deep' })
})
