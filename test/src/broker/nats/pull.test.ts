import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Link } from '../../../../src/broker/nats/link.ts'
import { type PullSource, pull } from '../../../../src/broker/nats/pull.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import { startNats } from '../../../support/nats-server.ts'

const COUNT = 3
/** What a cluster says of a consumer of which the server that is asked has not heard. */
const NOBODY = headers(503, 'No Responders')

/** A stream with messages, and a consumer of which nobody has heard for so many requests. Then it is there. */
async function play(t: TestContext, unheard: number): Promise<PullSource> {
  const { url } = await startNats(t)
  const clock = createSystemClock()
  const log = pino({ level: 'silent' })
  const link = await Link.open({ servers: [url], creds: undefined, name: 'test', connectTimeoutMs: 5_000, clock, log })
  const other = await connect({ servers: url })
  t.after(() => Promise.all([link.close(), other.close()]))
  const { streams, consumers } = await jetstreamManager(other)
  await streams.add({ name: 'THINGS', subjects: ['things'] })
  for (let n = 0; n < COUNT; n++) await other.request('things')
  let requests = 0
  other.subscribe('$JS.API.CONSUMER.MSG.NEXT.THINGS.late', {
    callback: (_error, { reply = '' }) => {
      if (++requests > unheard) return
      const late = { name: 'late', ack_policy: AckPolicy.None }
      const made = requests === unheard ? consumers.add('THINGS', late) : Promise.resolve()
      void made.then(() => other.publish(reply, '', { headers: NOBODY }))
    }
  })
  await other.flush()
  return { link, clock, stream: 'THINGS', consumer: 'late', patienceMs: 30_000 }
}

test('a consumer of which nobody has heard yet is asked again until somebody has', async t => {
  const source = await play(t, 3)
  const sequences: number[] = []
  await pull(source, ({ sequence }) => sequences.push(sequence) > 0)
  assert.deepEqual(sequences, [1, 2, 3])
})

test('a consumer of which nobody ever hears is given up', async t => {
  const source = await play(t, Number.POSITIVE_INFINITY)
  await assert.rejects(
    pull(source, () => true),
    /a consumer gave nothing/
  )
})
