import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { persist } from '../../../../src/broker/nats/persist.ts'
import { BusError } from '../../../../src/errors.ts'
import { FakeClock } from '../../../support/clock.ts'

const refusal = (code: number) => new JetStreamApiError({ code: 503, err_code: code, description: 'not now' })

for (const cause of [refusal(10005), refusal(10008), refusal(10009), new errors.TimeoutError()]) {
  test(`${cause.name} ${'code' in cause ? cause.code : ''} passes: it is tried again until it is done`, async () => {
    let turns = 0
    const done = await persist(new FakeClock(), 1_000, async () => {
      if (++turns < 3) throw new BusError('ENGINE_UNAVAILABLE', { cause })
      return 'done'
    })
    assert.deepEqual([done, turns], ['done', 3])
  })
}

test('what does not pass is thrown at once', async () => {
  for (const error of [refusal(10074), new BusError('ENGINE_UNAVAILABLE'), new Error('bad')]) {
    let turns = 0
    const trying = persist(new FakeClock(), 1_000, async () => {
      turns++
      throw error
    })
    await assert.rejects(trying, thrown => thrown === error)
    assert.equal(turns, 1)
  }
})

test('when the time is up what is wrong is thrown', async () => {
  const clock = new FakeClock()
  const trying = persist(clock, 1_000, async () => {
    clock.advance(600)
    throw refusal(10008)
  })
  await assert.rejects(trying, JetStreamApiError)
  assert.equal(clock.monotonic() >= 1_200, true)
})
