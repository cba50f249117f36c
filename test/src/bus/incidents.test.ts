import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../../src/broker/broker.ts'
import { isIncident } from '../../../src/bus/incidents.ts'
import { type BusStage, setBus } from '../../support/bus.ts'
import type { FakeClock } from '../../support/clock.ts'

/** A broker in which publishing, and being asked for a position, takes so long. */
function slowBy(clock: () => FakeClock, ms: number) {
  return (memory: Broker): Partial<Broker> => ({
    publish(message, settled) {
      clock().advance(ms)
      memory.publish(message, settled)
    },
    position(key) {
      clock().advance(ms)
      return memory.position(key)
    }
  })
}

test('a refused frame is told by its code and its client, without what it says', async t => {
  const stage = await setBus(t)
  const ada = stage.connect({ tenant: 'red' })
  ada.say('{"type":"message","payload":"tangerine')
  ada.say({ type: 'system', room: 'lab:one', payload: { text: 'tangerine' } })
  const about = { kind: 'frame', tenant: 'red', clientId: ada.id }
  assert.deepEqual(stage.incidents, [
    { ...about, code: 'VALIDATION_ERROR' },
    { ...about, code: 'AUTHORIZATION_ERROR' }
  ])
})

test('a refused command is told by its name only if there is one of this name', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  await ada.command('delete_channel', { channel_id: 'lab:one' })
  await ada.command('tangerine')
  assert.deepEqual(
    stage.incidents.map(({ kind, code, command }) => [kind, code, command]),
    [
      ['command', 'AUTHORIZATION_ERROR', 'delete_channel'],
      ['command', 'UNKNOWN_COMMAND', undefined]
    ]
  )
})

for (const [ms, count] of [
  [100, 0],
  [101, 1]
] as const) {
  test(`a message that takes ${ms} ms is ${count === 0 ? 'not ' : ''}slow`, async t => {
    const stage: BusStage = await setBus(t, { broker: slowBy(() => stage.clock, ms) })
    const ada = stage.connect()
    ada.say({ type: 'message', room: 'lab:one', payload: {} })
    assert.equal(stage.incidents.length, count)
    for (const { kind, code, clientId, durationMs } of stage.incidents)
      assert.deepEqual([kind, code, clientId, durationMs], ['publish', 'SLOW', ada.id, ms])
  })
}

for (const [ms, count] of [
  [250, 0],
  [251, 1]
] as const) {
  test(`a command that takes ${ms} ms is ${count === 0 ? 'not ' : ''}slow`, async t => {
    const stage: BusStage = await setBus(t, { broker: slowBy(() => stage.clock, ms) })
    const ada = stage.connect()
    await ada.join('lab:one')
    assert.equal(stage.incidents.length, count)
    for (const { kind, code, command, durationMs } of stage.incidents)
      assert.deepEqual([kind, code, command, durationMs], ['command', 'SLOW', 'join_channel', ms])
  })
}

test('a connection that is ended for a reason is told by its close code', async t => {
  const stage = await setBus(t)
  const ada = stage.connect()
  ada.connection.close(4428)
  stage.connect().connection.close(1000)
  assert.deepEqual(stage.incidents, [{ kind: 'connection', code: '4428', tenant: 'default', clientId: ada.id }])
})

test('normal ends, drains, expired tokens and codes that only peers use are no incidents', () => {
  for (const code of [1000, 1001, 1005, 1006, 1012, 4410, 3000, 4999]) assert.equal(isIncident(code), false)
  for (const code of [1002, 1007, 1008, 1009, 1011, 1013, 4400, 4401, 4403, 4408, 4428, 4429])
    assert.equal(isIncident(code), true)
})
