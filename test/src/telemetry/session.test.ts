import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Liveness } from '../../../src/bus/liveness.ts'
import { loadConfig } from '../../../src/config.ts'
import { BlockError, BusError } from '../../../src/errors.ts'
import { Audience } from '../../../src/telemetry/audience.ts'
import { createInputDecoder } from '../../../src/telemetry/input.ts'
import { eventKinds } from '../../../src/telemetry/kinds.ts'
import type { Reported, SessionLimits, Viewer } from '../../../src/telemetry/session.ts'
import { welcomeText } from '../../../src/telemetry/wire.ts'
import { FakeTransport } from '../../support/transport.ts'
import { FeedStage } from './stage.ts'

const { config } = loadConfig({ env: {} })

interface Options {
  readonly limits?: Partial<SessionLimits>
  readonly maxClients?: number
  readonly publish?: (who: Viewer, report: Reported) => Promise<Reported>
}

/** An audience of peers without a network. */
class AudienceStage extends FeedStage {
  readonly log: object[] = []
  readonly published: [tenant: string, report: Reported][] = []
  readonly audience: Audience<Viewer>

  constructor({ limits = {}, maxClients = 50, publish }: Options = {}) {
    super()
    const { clock, ids, feed } = this
    const write = (line: object): void => void this.log.push(line)
    const log = { debug: write, info: write, warn: write, error: write, child: () => log }
    this.audience = new Audience<Viewer>({
      clock,
      ids,
      log: log as never,
      feed,
      decode: createInputDecoder({ depth: 32, keysPerObject: 1000, nodes: 10_000, keyBytes: 256 }),
      limits: { ...config, ...limits },
      maxClients,
      welcome: () => welcomeText(clock.iso(), { host: '127.0.0.1', port: 9101 }),
      makePulse: now => new Liveness({ ...config, livenessProbeMs: Number.POSITIVE_INFINITY }, () => 0.5, now),
      seesAll: ({ tenant }) => tenant === '*',
      publish:
        publish ??
        (async (who, report) => {
          this.published.push([who.tenant, report])
          return report
        })
    })
  }

  enter(parts: Partial<Viewer> = {}): FakeTransport {
    const peer = new FakeTransport()
    this.audience.attach({ tenant: 'acme', expiresAtMs: undefined, ...parts }, peer)
    return peer
  }
}

/** What a client was sent last. */
function last(peer: FakeTransport) {
  return peer.frames.at(-1) ?? assert.fail('nothing was sent')
}

/** What the server closed with. */
function codeOf(peer: FakeTransport): number | undefined {
  return peer.closing?.code
}

test('the welcome is what older clients know', () => {
  const { frames } = new AudienceStage().enter()
  assert.deepEqual(frames, [
    {
      event_type: 'telemetry_connected',
      timestamp: '2026-01-01T00:00:00.000Z',
      message: 'Connected to ArqonBus telemetry',
      server_config: { host: '127.0.0.1', port: 9101, filtered_events: [] }
    }
  ])
})

test('a ping is answered behind the events that were before it', () => {
  const stage = new AudienceStage()
  const peer = stage.enter()
  stage.happen('client_joined')
  peer.say({ type: 'ping' })
  assert.equal(peer.frames[1]?.event_type, 'client_joined')
  assert.deepEqual(last(peer), { type: 'pong', timestamp: '2026-01-01T00:00:00.000Z' })
  peer.say({ type: 'pong' })
  assert.equal(peer.frames.length, 3)
})

test('the first choice leaves only what is chosen, more can be chosen, and what is not wanted left out', () => {
  const stage = new AudienceStage()
  const peer = stage.enter()
  const choose = (type: string, events?: readonly string[]) => {
    peer.say({ type, events })
    const { type: answer, events: chosen } = last(peer)
    return [answer, chosen]
  }
  assert.deepEqual(choose('subscribe', ['stats']), ['subscribed', ['stats']])
  assert.deepEqual(choose('subscribe', ['client_left', 'stats']), ['subscribed', ['client_left', 'stats']])
  stage.happen('client_joined')
  stage.happen('client_left')
  stage.pass()
  assert.equal(last(peer).event_type, 'client_left')
  assert.equal(peer.frames.filter(({ event_type }) => event_type === 'client_joined').length, 0)
  assert.deepEqual(choose('unsubscribe', ['stats']), ['unsubscribed', ['client_left']])
  assert.deepEqual(choose('unsubscribe'), ['unsubscribed', []])
  assert.deepEqual(choose('subscribe'), ['subscribed', eventKinds])
  const others = eventKinds.filter(name => name !== 'stats')
  assert.deepEqual(choose('unsubscribe', ['stats']), ['unsubscribed', others])
})

test('a report is published and told to the others, as far as inspection let it through', async () => {
  const told: Reported = { eventType: 'disk', payload: { key: '***REDACTED***' } }
  const stage = new AudienceStage({ publish: async () => told })
  const [author, other, stranger, overseer] = [
    stage.enter(),
    stage.enter(),
    stage.enter({ tenant: 'umbrella' }),
    stage.enter({ tenant: '*' })
  ]
  author.say({ eventType: 'disk', payload: { key: 'secret' } })
  await nextTurn()
  stage.pass()
  assert.deepEqual([author.frames.length, stranger.frames.length], [1, 1])
  for (const peer of [other, overseer]) {
    const { event_type, source, client_id, payload } = last(peer)
    assert.deepEqual([event_type, source, payload], ['disk', 'telemetry', told.payload])
    assert.match(client_id, /^arq_client_/)
  }
})

for (const [what, error, expected] of [
  [
    'blocked',
    new BlockError('CASIL_POLICY_BLOCKED_SECRET', 'integriguard', 'telemetry-stream'),
    {
      error: 'CASIL blocked message',
      error_code: 'CASIL_POLICY_BLOCKED_SECRET',
      retry: false,
      payload: { reason: 'CASIL_POLICY_BLOCKED_SECRET' }
    }
  ],
  [
    'refused',
    new BusError('AUTHORIZATION_ERROR', { message: 'Not allowed to publish' }),
    {
      error: 'Not allowed to publish',
      error_code: 'AUTHORIZATION_ERROR',
      retry: false,
      payload: { errors: ['Not allowed to publish'] }
    }
  ]
] as const) {
  test(`a report that is ${what} is told to nobody, and its author learns why`, async () => {
    const stage = new AudienceStage({ publish: async () => Promise.reject(error) })
    const [author, other] = [stage.enter(), stage.enter()]
    author.say({ eventType: 'x', payload: {} })
    await nextTurn()
    stage.pass()
    assert.deepEqual(last(author), { type: 'error', ...expected })
    assert.equal(other.frames.length, 1)
  })
}

test('what fails inside is told by a reference only', async () => {
  const stage = new AudienceStage({ publish: async () => Promise.reject(new Error('the inside')) })
  const peer = stage.enter()
  peer.say({ eventType: 'x', payload: {} })
  await nextTurn()
  const { error, error_code } = last(peer)
  assert.equal(error_code, 'INTERNAL_ERROR')
  assert.match(error, /^Internal error \(error [0-9a-f]{12}\)$/)
  assert.equal(stage.log.length, 1)
})

test('a report whose answer comes when its author has gone harms nobody', async () => {
  let refuse = (_error: Error): void => {}
  const answer = new Promise<Reported>((_resolve, reject) => {
    refuse = reject
  })
  const stage = new AudienceStage({ publish: () => answer })
  const peer = stage.enter()
  peer.say({ eventType: 'x', payload: {} })
  peer.end()
  refuse(new BusError('TIMEOUT'))
  await nextTurn()
  assert.equal(peer.frames.length, 1)
})

test('20 faulty messages in a minute are answered, and with the 21st the socket is closed with 4400', () => {
  const peer = new AudienceStage().enter()
  for (let n = 1; n <= 19; n++) peer.say('{}')
  peer.listener.binary()
  assert.equal(last(peer).error_code, 'INFRA_PROTOCOL_ERROR')
  assert.equal(codeOf(peer), undefined)
  peer.say('no')
  assert.equal(last(peer).error_code, 'VALIDATION_ERROR')
  assert.equal(codeOf(peer), 4400)
})

test('beyond its messages a second a client is refused, and if it goes on closed with 4429', () => {
  const stage = new AudienceStage({ limits: { telemetryMessagesPerSecond: 10 } })
  const peer = stage.enter()
  for (let n = 1; n <= 10; n++) peer.say({ type: 'ping' })
  assert.equal(last(peer).type, 'pong')
  peer.say({ type: 'ping' })
  const { error_code, retry, retry_after_ms } = last(peer)
  assert.deepEqual([error_code, retry, retry_after_ms], ['RATE_LIMITED', true, 1000])
  stage.pass(1000)
  peer.say({ type: 'ping' })
  assert.equal(last(peer).type, 'pong')
  for (let n = 1; n <= 50 && peer.closing === undefined; n++) peer.say({ type: 'ping' })
  assert.equal(codeOf(peer), 4429)
})

test('a message of the largest size is read, and one byte more closes with 1009', () => {
  const stage = new AudienceStage({ limits: { maxTelemetryMessageBytes: 300 } })
  const peer = stage.enter()
  const frame = (size: number): string => {
    const empty = '{"type":"ping","x":"é"}'
    return empty.replace('é', `é${'x'.repeat(size - Buffer.byteLength(empty))}`)
  }
  peer.say(frame(300))
  assert.equal(last(peer).type, 'pong')
  peer.say(frame(301))
  assert.equal(codeOf(peer), 1009)
})

test('control frames beyond their number in a second close with 1008', () => {
  const peer = new AudienceStage({ limits: { maxControlFramesPerSecond: 3 } }).enter()
  for (let n = 1; n <= 3; n++) peer.listener.control(true)
  assert.equal(codeOf(peer), undefined)
  peer.listener.control(true)
  assert.equal(codeOf(peer), 1008)
})

test('the socket is closed with 4410 when its token ends', () => {
  const stage = new AudienceStage()
  const peer = stage.enter({ expiresAtMs: stage.clock.now() + 10_000 })
  stage.pass(9_500)
  assert.equal(codeOf(peer), undefined)
  stage.pass(500)
  assert.equal(codeOf(peer), 4410)
})

test('a client that answers pings stays, and one that does not is closed with 4408 and cut', async () => {
  const stage = new AudienceStage()
  const [alive, dead] = [stage.enter(), stage.enter()]
  dead.stop()
  stage.happen('client_joined')
  stage.pass(25_000)
  assert.deepEqual([alive.pingCount, dead.pingCount], [1, 1])
  stage.pass(7_500)
  assert.equal(codeOf(dead), undefined)
  stage.pass(1_000)
  assert.deepEqual([codeOf(alive), codeOf(dead)], [undefined, 4408])
  stage.pass(2_500)
  assert.deepEqual([alive.isTerminated, dead.isTerminated], [false, true])
  await nextTurn()
  assert.deepEqual([stage.audience.size, stage.feed.size], [1, 1])
})

test('what waits for a stopped client is bounded in the queue and in the socket', () => {
  const stage = new AudienceStage({ limits: { telemetryQueueBytes: 10_000 } })
  const [stopped, other] = [stage.enter(), stage.enter()]
  stopped.stop()
  const payload = { text: 'x'.repeat(1000) }
  for (let n = 0; n < 1000; n++) {
    stage.happen('client_joined', { payload })
    stage.pass(10)
  }
  assert.ok(stopped.bufferedBytes <= 65_536 + 10_000, `${stopped.bufferedBytes}`)
  assert.equal(other.frames.length, 1001)
  const taken = stopped.frames.length
  stopped.take()
  const notice = stopped.frames[taken]
  assert.equal(notice?.event_type, 'dropped')
  assert.equal(taken - 1 + notice?.payload.dropped + (stopped.frames.length - taken - 1), 1000)
})

test('a socket that has room again without having said so is written to at the next tick', () => {
  const stage = new AudienceStage()
  const peer = stage.enter()
  peer.stop()
  for (let n = 0; n < 3; n++) {
    stage.happen('client_joined', { payload: { text: 'x'.repeat(60_000) } })
    stage.pass()
  }
  assert.equal(peer.frames.length, 3)
  peer.bufferedBytes = 1
  stage.pass(500)
  assert.equal(peer.frames.length, 4)
})

test('who asks without reading the answers is sent away', () => {
  const limits = { telemetryQueueBytes: 2_000, telemetryMessagesPerSecond: 100_000 }
  const peer = new AudienceStage({ limits }).enter()
  peer.stop()
  for (let n = 0; n < 5_000 && peer.closing === undefined; n++) peer.say({ type: 'ping' })
  assert.equal(codeOf(peer), 4428)
  assert.ok(peer.bufferedBytes < 70_000)
})

test('a peer that broke the rules of the transport takes part no more and is cut', () => {
  const stage = new AudienceStage()
  const peer = stage.enter()
  peer.listener.failed()
  peer.say({ type: 'ping' })
  stage.happen('client_joined')
  stage.pass(3_000)
  assert.deepEqual([peer.frames.length, peer.isTerminated, stage.feed.size], [1, true, 0])
})

test('so many clients find a place, and one more does not until one is given back', () => {
  const { audience } = new AudienceStage({ maxClients: 2 })
  const [first] = [audience.take(), audience.take()]
  const isFull = { code: 'OVERLOADED', retryAfterMs: 1000 }
  assert.throws(() => audience.take(), isFull)
  first?.release()
  first?.release()
  audience.take()
  assert.throws(() => audience.take(), isFull)
})

test('a drain sends what waits and closes with 1012, and cuts whoever does not answer', async () => {
  const stage = new AudienceStage()
  const [peer, stopped] = [stage.enter(), stage.enter()]
  stopped.stop()
  stage.happen('system_stopping', { tenant: undefined })
  const drained = stage.audience.drain(1_000, () => '{"retry_ms":7}')
  assert.equal(last(peer).event_type, 'system_stopping')
  assert.deepEqual(peer.closing, { code: 1012, reason: '{"retry_ms":7}' })
  let isOver = false
  const over = drained.then(() => {
    isOver = true
  })
  for (let n = 0; n < 60 && !isOver; n++) {
    stage.pass(20)
    await nextTurn()
  }
  await over
  assert.equal(stopped.isTerminated, true)
  await nextTurn()
  assert.deepEqual([stage.audience.size, stage.feed.size, stage.clock.pending], [0, 0, 0])
})

test('without clients no timer runs', () => {
  const stage = new AudienceStage()
  assert.equal(stage.clock.pending, 0)
  const peer = stage.enter()
  assert.equal(stage.clock.pending, 1)
  peer.end()
  assert.equal(stage.clock.pending, 0)
})
