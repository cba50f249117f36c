import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import omega from '../../plugins/omega.ts'
import { createIds } from '../../src/ids.ts'
import { identityOf, setBus } from '../support/bus.ts'
import { blocking, KEY } from '../support/gate.ts'
import { buildBare, defaultConfig } from './bare.ts'

const admin = { id: 'arq_client_admin', identity: identityOf({ role: 'admin' }) }

async function setOmega(t: TestContext, changes: Partial<typeof defaultConfig> = {}, policy = {}) {
  const stage = await setBus(t, { policy })
  const ids = createIds(stage.clock, size => new Uint8Array(size).fill(7))
  const { app } = buildBare(t, {
    bus: { bus: stage.bus, config: { ...defaultConfig, omegaEnabled: true, ...changes }, clock: stage.clock, ids },
    commands: {},
    records: {}
  })
  await app.register(omega)
  return { stage, lane: app.omega }
}

test('an event is told to the members of the lab channel by op-omega', async t => {
  const { stage, lane } = await setOmega(t)
  const [member, foreign] = [stage.connect(), stage.connect({ tenant: 'other' })]
  for (const peer of [member, foreign]) await peer.join('omega-lab:signals')
  const { substrate_id } = await lane.registerSubstrate(admin, { name: 'a', kind: 'b', metadata: {} })
  const event = await lane.emitEvent(admin, { substrateId: substrate_id, signal: 'spike', payload: { n: 1 } })
  await stage.settle()
  const [told, ...more] = member.received()
  assert.deepEqual(
    [told?.type, told?.sender, told?.room, told?.channel],
    ['telemetry', 'op-omega', 'omega-lab', 'signals']
  )
  assert.deepEqual(told?.payload, { omega_event: event })
  assert.deepEqual([more, foreign.received()], [[], []])
})

test('an event that the policy redacts is redacted wherever it is seen', async t => {
  const policy = { enabled: true, mode: 'enforce', transport_redaction: true } as const
  const { lane } = await setOmega(t, {}, policy)
  const { substrate_id } = await lane.registerSubstrate(admin, { name: 'a', kind: 'b', metadata: {} })
  const parts = { substrateId: substrate_id, signal: 'spike', payload: { token: 'tangerine', n: 1 } }
  const event = await lane.emitEvent(admin, parts)
  assert.deepEqual(event.payload, { token: '***REDACTED***', n: 1 })
  assert.deepEqual(lane.listEvents(admin, {}, 50), [event])
})

test('an event that the policy blocks is refused and remembered nowhere', async t => {
  const { lane } = await setOmega(t, {}, blocking)
  const { substrate_id } = await lane.registerSubstrate(admin, { name: 'a', kind: 'b', metadata: {} })
  const emitted = lane.emitEvent(admin, { substrateId: substrate_id, signal: 'spike', payload: { key: KEY } })
  await assert.rejects(emitted, { code: 'CASIL_POLICY_BLOCKED_SECRET', room: 'omega-lab', channel: 'signals' })
  assert.equal(lane.status(admin).event_count, 0)
})

test('the bounds and the lab channel are those of the settings', async t => {
  const settings = { omegaMaxEvents: 7, omegaMaxSubstrates: 1, omegaLabRoom: 'lab', omegaLabChannel: 'pulse' }
  const { lane } = await setOmega(t, settings)
  const { lab_room, lab_channel, max_events, max_substrates } = lane.status(admin)
  assert.deepEqual([lab_room, lab_channel, max_events, max_substrates], ['lab', 'pulse', 7, 1])
})

test('its commands are there when it is off, and say so', async t => {
  const { stage } = await setOmega(t, { omegaEnabled: false })
  const ada = stage.connect()
  assert.equal((await ada.command('op.omega.status')).payload.data.enabled, false)
  assert.equal((await ada.command('op.omega.emit_event')).error_code, 'FEATURE_DISABLED')
})

for (const omegaEnabled of [false, true]) {
  test(`virtual machines are refused while the lane is ${omegaEnabled ? 'on' : 'off'}`, async t => {
    const { stage } = await setOmega(t, { omegaEnabled })
    for (const who of [stage.connect(), stage.connect({ role: 'admin' })]) {
      for (const name of ['op.omega.vm', 'op.omega.vm.start', 'op.omega.vm.run.now']) {
        assert.equal((await who.command(name)).error_code, 'FEATURE_DISABLED')
      }
    }
  })
}
