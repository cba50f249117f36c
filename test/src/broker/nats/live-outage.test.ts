import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { Archive, type Kept } from '../../../../src/broker/nats/archive.ts'
import { Channel } from '../../../../src/broker/nats/channel.ts'
import { Link } from '../../../../src/broker/nats/link.ts'
import { LiveChannel } from '../../../../src/broker/nats/live.ts'
import { Tail } from '../../../../src/broker/nats/tail.ts'
import { Retention } from '../../../../src/broker/retention.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import { Cable } from '../../../support/cable.ts'
import { natsDefaults } from '../../../support/nats-broker.ts'
import { startNats } from '../../../support/nats-server.ts'
import { RecordingSink } from '../../../support/sink.ts'
import { until } from '../../../support/until.ts'
import { openNode } from './stage.ts'

const clock = createSystemClock()
const log = pino({ level: 'silent' })

test('what is published in an outage comes although a gap was being filled when the connection came back', async t => {
  const server = await startNats(t)
  const cable = await Cable.lay(t, server.port)
  const publisher = await openNode(t, server.url)
  const link = await Link.open({
    servers: [cable.url],
    creds: undefined,
    name: 'test',
    connectTimeoutMs: 5_000,
    clock,
    log
  })
  t.after(() => link.close())
  const archive = await Archive.open({ link, clock, log }, natsDefaults)
  /** Whoever fills a gap waits here. */
  const waiting: (() => void)[] = []
  let isHeldUp = true
  const slow = {
    lastOf: (subject: string) => archive.lastOf(subject),
    at: (subject: string, sequence: number) => archive.at(subject, sequence),
    async read(subject: string, after: number, upTo: number, take: (kept: Kept) => boolean) {
      if (isHeldUp) await new Promise<void>(resolve => waiting.push(resolve))
      return archive.read(subject, after, upTo, take)
    }
  }
  const channel = new Channel(publisher.key, birth => String(birth))
  const limits = { maxCount: 100, maxBytes: 1_000_000 }
  const sink = new RecordingSink()
  const live = new LiveChannel(channel, {
    link,
    archive: slow,
    clock,
    log,
    sink,
    tail: new Tail(channel, limits, new Retention(1_000_000, 60_000)),
    seen: () => {},
    mended: () => {}
  })
  t.after(() => live.stop())
  const isConnected = async (generation: number): Promise<void> => {
    await until('it is connected again', () => link.isUp && link.generation === generation)
    await link.connection.flush()
  }

  await publisher.publish()
  await live.start()
  cable.cut()
  await until('it is cut off', () => !link.isUp)
  await publisher.publishMany(3)
  cable.mend()
  await isConnected(2)
  await publisher.publish()
  await until('a gap is being filled', () => waiting.length === 1)

  cable.cut()
  await until('it is cut off', () => !link.isUp)
  await publisher.publishMany(3)
  cable.mend()
  await isConnected(3)
  assert.equal(await live.check(), false, 'it is not compared yet')
  isHeldUp = false
  waiting[0]?.()
  await until('all are there', () => sink.publications.length === 7)
  assert.deepEqual(sink.losses, [])
})
