import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DiscardPolicy, jetstreamManager } from '@nats-io/jetstream'
import { pino } from 'pino'
import { Archive } from '../../../../src/broker/nats/archive.ts'
import { Link } from '../../../../src/broker/nats/link.ts'
import { MovedOn, Window } from '../../../../src/broker/nats/window.ts'
import { birthMark, wrap } from '../../../../src/broker/nats/wire.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import type { BusError } from '../../../../src/errors.ts'
import { FakeClock } from '../../../support/clock.ts'
import { makeMessage } from '../../../support/messages.ts'
import { natsDefaults } from '../../../support/nats-broker.ts'
import { type NatsServer, startNats } from '../../../support/nats-server.ts'
import { until } from '../../../support/until.ts'

interface Stage {
  readonly server: NatsServer
  readonly link: Link
  /** What was written to the log. */
  readonly lines: Record<string, unknown>[]
  readonly window: Window
  readonly clock: FakeClock
  /** Publishes and notes what became of it: a sequence or a code. */
  publish(body?: string, sinceMs?: number): (number | string)[]
}

/** A window to a real stream, on a clock that stands still. */
async function setWindow(t: TestContext): Promise<Stage> {
  const server = await startNats(t)
  const system = createSystemClock()
  const lines: Record<string, unknown>[] = []
  const log = pino({ base: null, timestamp: false }, { write: line => void lines.push(JSON.parse(line)) })
  const link = await Link.open({
    servers: [server.url],
    creds: undefined,
    name: 'test',
    connectTimeoutMs: 5_000,
    clock: system,
    log
  })
  await Archive.open({ link, clock: system, log }, natsDefaults)
  const clock = new FakeClock()
  const window = new Window(link, clock, log)
  t.after(async () => {
    window.close()
    await link.close()
  })
  return {
    server,
    link,
    lines,
    window,
    clock,
    publish(body = 'x', sinceMs = clock.monotonic()) {
      const outcome: (number | string)[] = []
      const number = window.nextNumber()
      const { headers } = wrap(makeMessage(), 1, { node: 'n', number })
      window.publish({ number, subject: 'aq.m.a.b.c', headers, body, sinceMs }, (error, placed) =>
        outcome.push(placed?.sequence ?? error?.code ?? 'neither')
      )
      return outcome
    }
  }
}

test('messages are stored in the order of the calls, whatever number of them waits', async t => {
  const { window, publish } = await setWindow(t)
  const outcomes = Array.from({ length: 5_000 }, () => publish())
  assert.equal(window.size, 5_000)
  await until('all are answered', () => window.size === 0)
  assert.deepEqual(
    outcomes.flat(),
    outcomes.map((_, index) => index + 1)
  )
})

test('a message without an answer in time shows that nothing is stored, until one is', async t => {
  const { server, window, clock, publish } = await setWindow(t)
  server.pause()
  const late = publish()
  clock.advance(4_000)
  assert.deepEqual([late, window.isStalled], [['ENGINE_UNAVAILABLE'], true])
  server.resume()
  publish()
  await until('it is stored', () => window.size === 0)
  assert.equal(window.isStalled, false)
})

test('what the stream refuses is told with its reason, once in ten seconds, and counts as not stored until one is', async t => {
  const { link, lines, window, clock, publish } = await setWindow(t)
  const { streams } = await jetstreamManager(link.connection)
  await streams.update('AQ_MSG', { max_msgs: 1, discard: DiscardPolicy.New })
  publish()
  const refused = [publish(), publish()]
  await until('all are answered', () => window.size === 0)
  assert.deepEqual([refused.flat(), window.isStalled], [['ENGINE_UNAVAILABLE', 'ENGINE_UNAVAILABLE'], true])
  const line = { level: 40, reason: 'maximum messages exceeded', msg: 'NATS did not store a message' }
  assert.deepEqual(lines, [line])
  clock.advance(10_000)
  assert.deepEqual(lines, [line, { ...line, repeated: 1 }])
  await streams.update('AQ_MSG', { max_msgs: -1 })
  publish()
  await until('it is stored', () => window.size === 0)
  assert.equal(window.isStalled, false)
})

test('10,000 messages may wait, one more is refused', async t => {
  const { server, window, publish } = await setWindow(t)
  server.pause()
  const outcomes = Array.from({ length: 10_001 }, () => publish())
  assert.equal(window.size, 10_000)
  assert.deepEqual(outcomes[10_000], ['ENGINE_UNAVAILABLE'])
  server.resume()
  await until('all are answered', () => window.size === 0)
  assert.equal(outcomes.slice(0, 10_000).flat().length, 10_000)
})

test('16 MiB may wait, one byte more is refused', async t => {
  const { server, window, publish } = await setWindow(t)
  server.pause()
  const half = 'x'.repeat(512 * 1024)
  const outcomes = Array.from({ length: 32 }, () => publish(half))
  assert.equal(window.size, 32)
  assert.deepEqual(publish('x'), ['ENGINE_UNAVAILABLE'])
  server.resume()
  await until('all are answered', () => window.size === 0)
  assert.equal(outcomes.flat().filter(outcome => typeof outcome === 'number').length, 32)
  assert.equal(publish('x').length, 0)
})

test('what has no answer in time gets ENGINE_UNAVAILABLE, and no answer afterwards', async t => {
  const { server, window, clock, publish } = await setWindow(t)
  server.pause()
  const early = publish('x', clock.monotonic() - 1_000)
  const [sent, late] = [Array.from({ length: 1_500 }, () => publish()), publish('x', clock.monotonic() + 1_000)]
  clock.advance(2_999)
  assert.equal(window.size, 1_502)
  clock.advance(1)
  assert.deepEqual(early, ['ENGINE_UNAVAILABLE'])
  clock.advance(1_000)
  assert.equal(window.size, 1)
  for (const outcome of sent) assert.deepEqual(outcome, ['ENGINE_UNAVAILABLE'])
  server.resume()
  await until('the latest is stored', () => late.length === 1)
  assert.equal(typeof late[0], 'number')
  assert.equal(sent.flat().length, 1_500)
})

test('a copy that comes back settles the publish, and the answer after it does nothing', async t => {
  const { window, publish } = await setWindow(t)
  const outcome = publish()
  window.confirm(1, 1)
  window.confirm(1, 2)
  assert.deepEqual(outcome, [1])
  const next = publish()
  await until('the next is answered', () => next.length === 1)
  assert.deepEqual(outcome, [1])
})

test('a mark for a subject that is not empty has moved on', async t => {
  const { window } = await setWindow(t)
  const outcomes: (BusError | undefined)[] = []
  for (let turn = 0; turn < 2; turn++) {
    const parcel = { number: window.nextNumber(), subject: 'aq.m.a.b.c', headers: birthMark(), body: '', sinceMs: 0 }
    window.publish(parcel, error => outcomes.push(error))
  }
  await until('both are answered', () => outcomes.length === 2)
  assert.equal(outcomes[0], undefined)
  assert.ok(outcomes[1] instanceof MovedOn)
})

test('draining waits for what is under way, but not longer than it may', async t => {
  const { server, window, clock, publish } = await setWindow(t)
  const stored = publish()
  await window.drain(1_000)
  assert.deepEqual(stored, [1])
  server.pause()
  const stuck = publish()
  const drained = window.drain(1_000)
  clock.advance(1_000)
  await drained
  assert.deepEqual(stuck, ['ENGINE_UNAVAILABLE'])
  server.resume()
})
