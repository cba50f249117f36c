import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import commands from '../../plugins/commands.ts'
import { CommandTable } from '../../src/bus/command-table.ts'
import { createBusEvents } from '../../src/bus/events.ts'
import { identityOf, setBus } from '../support/bus.ts'
import { buildBare, defaultConfig } from './bare.ts'

/** A bus with the commands that the plugin adds, and nothing else. */
async function setTable(t: TestContext, enableAuth: boolean) {
  const stage = await setBus(t)
  const { clock, bus, broker, gate } = stage
  const ids = { message: () => 'arq_x', client: () => 'arq_client_x', short: () => 'x' }
  const own = new CommandTable({ clock, ids, log: buildBare(t, {}).app.log, gate, events: createBusEvents() })
  const { app } = buildBare(t, {
    config: { config: { ...defaultConfig, enableAuth }, clock },
    bus: { bus: Object.create(bus, { commands: { value: own } }), broker },
    history: { history: { keysOf: () => ['default/lab:one'], read: broker.read.bind(broker) } },
    casil: { gate },
    auth: { identify: async () => identityOf() }
  })
  await app.register(commands)
  return { stage, table: own }
}

test('every command of the protocol is there, by its name', async t => {
  const { table } = await setTable(t, false)
  assert.deepEqual(
    table.list().flatMap(({ name, aliases = [] }) => [name, ...aliases]),
    [
      'channel_info',
      'create_channel',
      'delete_channel',
      'help',
      'history',
      'join_channel',
      'leave_channel',
      'list_channels',
      'op.casil.get',
      'op.casil.reload',
      'op.casil.test',
      'op.history.get',
      'history.get',
      'op.history.replay',
      'history.replay',
      'ping',
      'refresh',
      'status',
      'whoami'
    ]
  )
})

for (const [enableAuth, expected] of [
  [false, 'FEATURE_DISABLED'],
  [true, 'success']
] as const) {
  test(`with authentication ${enableAuth ? 'on' : 'off'} a refresh is answered with ${expected}`, async t => {
    const { stage, table } = await setTable(t, enableAuth)
    const ada = stage.connect()
    const envelope = { type: 'command', command: 'refresh', args: { token: 'a.b.c' } }
    await table.execute(ada.connection, envelope as unknown as Parameters<CommandTable['execute']>[1])
    stage.turn()
    const [answer] = ada.frames
    assert.equal(answer?.error_code ?? answer?.status, expected)
  })
}

test('history is read from the broker and says so', async t => {
  const { stage, table } = await setTable(t, false)
  const ada = stage.connect()
  ada.say({ type: 'message', room: 'lab:one', payload: { n: 1 }, ack: false })
  const envelope = { type: 'command', command: 'op.history.get', args: { room: 'lab', channel: 'one' } }
  await table.execute(ada.connection, envelope as unknown as Parameters<CommandTable['execute']>[1])
  stage.turn()
  const [entry] = ada.frames[0]?.payload.data.entries ?? []
  assert.deepEqual([entry.envelope.payload, entry.storage_metadata], [{ n: 1 }, { backend: 'memory' }])
})
