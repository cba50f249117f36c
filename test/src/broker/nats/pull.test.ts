import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect, headers } from '@nats-io/transport-node'
import { pino } from 'pino'
import { Link } from '../../../../src/broker/nats/link.ts'
import { type PullSource, pull } from '../../../../src/broker/nats/pull.ts'
import { createSystemClock } from '../../../../src/clock.ts'
import { startNats } from '../../../support/nats-server.ts'

/** What a cluster says of a consumer of which the server that is asked has not heard. */
const NOBODY = headers(503, 'No Responders')

/** Somebody plays a consumer of which nobody has heard for so many requests; then it has two messages. */
async function play(t: TestContext, unheard: number): Promise<PullSource> {
  const { url } = await startNats(t)
  const clock = createSystemClock()
  const log = pino({ level: 'silent' })
  const link = await Link.open({ servers: [url], creds: undefined, name: 'test', connectTimeoutMs: 5_000, clock, log })
  const other = await connect({ servers: url })
  t.after(() => Promise.all([link.close(), other.close()]))
  let requests = 0
  other.subscribe('$JS.API.CONSUMER.MSG.NEXT.THINGS.late', {
    callback: (_error, { reply = '' }) => {
      if (requests++ < unheard) {
        other.publish(reply, '', { headers: NOBODY })
        return
      }
      for (const [sequence, left] of [
        [7, 1],
        [9, 0]
      ])
        other.publish(reply, '', { reply: `$JS.ACK.THINGS.late.1.${sequence}.1.0.${left}` })
    }
  })
  await other.flush()
  return { link, clock, stream: 'THINGS', consumer: 'late', patienceMs: 30_000 }
}

test('a consumer of which nobody has heard yet is asked again until somebody has', async t => {
  const source = await play(t, 3)
  const sequences: number[] = []
  await pull(source, ({ sequence }) => sequences.push(sequence) > 0)
  assert.deepEqual(sequences, [7, 9])
})

test('a consumer of which nobody ever hears is given up', async t => {
  const source = await play(t, Number.POSITIVE_INFINITY)
  await assert.rejects(
    pull(source, () => true),
    /a consumer gave nothing/
  )
})
