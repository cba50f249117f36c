import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { EventStreams } from '../../../src/telemetry/event-stream.ts'
import { until } from '../../support/until.ts'
import { FeedStage } from './stage.ts'

const ASK = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** Streams behind a real listener: whoever asks gets one, as the hook of a test says. */
async function setStreams(t: TestContext, answer: (streams: EventStreams, response: ServerResponse) => void) {
  const stage = new FeedStage()
  let placeCount = 0
  const take = () => {
    placeCount++
    return { release: () => void placeCount-- }
  }
  const streams = new EventStreams({ feed: stage.feed, clock: stage.clock, take, maxBytes: 262_144 })
  const errors: unknown[] = []
  const server = createServer((_request, response) => {
    response.on('error', error => errors.push(error))
    answer(streams, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
  })
  const dial = (text: string) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    sockets.push(socket)
    socket.write(text)
    return socket
  }
  return { stage, streams, errors, dial, places: () => placeCount }
}

const viewer = { tenant: 'acme', events: undefined, expiresAtMs: undefined }

test('a stream that nobody reads ends with its token: nothing is written after that, and its place is free again', async t => {
  const { stage, streams, errors, dial, places } = await setStreams(t, (streams, response) =>
    streams.open(response, { ...viewer, expiresAtMs: stage.clock.now() + 60_000 }, {})
  )
  const socket = dial(ASK)
  socket.pause()
  await until('it watches', () => streams.size === 1)
  const payload = { filler: 'x'.repeat(100_000) }
  for (let n = 0; n < 200; n++) {
    stage.happen('client_joined', { payload })
    stage.pass(50)
    await new Promise(setImmediate)
  }
  assert.ok(stage.feed.droppedCount > 0)
  stage.clock.advance(60_000)
  stage.happen('client_joined')
  await until('the stream is cut', () => streams.size === 0)
  stage.clock.advance(60_000)
  assert.deepEqual([places(), stage.feed.size, stage.clock.pending], [0, 0, 0])
  assert.deepEqual(errors, [])
})

test('streams that are closed while events wait get nothing more', async t => {
  const { stage, streams, errors, dial } = await setStreams(t, (streams, response) =>
    streams.open(response, viewer, {})
  )
  const socket = dial(ASK)
  await until('it watches', () => streams.size === 1)
  stage.happen('client_joined')
  streams.close()
  stage.happen('client_left')
  stage.pass()
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    text += chunk
    if (text.endsWith('0\r\n\r\n')) break
  }
  assert.equal(text.includes('client_left'), false)
  assert.deepEqual(errors, [])
})

test('a response behind another one is refused, and so is any once streams are closed', async t => {
  const codes: string[] = []
  const { streams, dial, places } = await setStreams(t, (streams, response) => {
    try {
      streams.open(response, viewer, {})
    } catch (error) {
      codes.push((error as { code: string }).code)
      response.end()
    }
  })
  const socket = dial(ASK.repeat(3))
  await until('two are refused', () => codes.length === 2)
  assert.deepEqual([codes, places()], [['OVERLOADED', 'OVERLOADED'], 1])
  socket.destroy()
  await until('the first is gone', () => streams.size === 0)
  assert.equal(places(), 0)
  streams.close()
  dial(ASK)
  await until('one more is refused', () => codes.length === 3)
  assert.equal(codes.at(-1), 'DRAINING')
})
