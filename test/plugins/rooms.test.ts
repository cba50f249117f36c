import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import rooms from '../../plugins/rooms.ts'
import type { Config } from '../../src/config.ts'
import type { Registry } from '../../src/rooms/registry.ts'
import { FakeClock } from '../support/clock.ts'
import { buildBare, defaultConfig } from './bare.ts'

async function build(t: TestContext, settings: Partial<Config> = {}) {
  const clock = new FakeClock()
  const { app } = buildBare(t, { config: { config: { ...defaultConfig, ...settings }, clock } })
  await app.register(rooms)
  return { registry: app.rooms as Registry, clock }
}

test('every tenant starts with the same channels, the lab among them under the name that was set', async t => {
  const { registry } = await build(t, { omegaLabRoom: 'lab', omegaLabChannel: 'pulse' })
  const names = registry.list('any').map(record => `${record.room}:${record.name}`)
  assert.deepEqual(names, [
    'integriguard:dashboard-events',
    'integriguard:telemetry-stream',
    'lab:pulse',
    'science:design',
    'science:execute',
    'science:explore',
    'science:general',
    'science:hypothesize',
    'science:interpret',
    'science:share'
  ])
  assert.ok(registry.list('any').every(record => record.isHardcoded))
})

test('with auto-creation off a channel does not come into being by use', async t => {
  const { registry } = await build(t, { autoCreateChannels: false })
  assert.throws(() => registry.ensure('any', 'new', 'one', 'me'), { code: 'CHANNEL_NOT_FOUND' })
})

for (const [limit, seeded, nameOf] of [
  ['maxRoomsPerTenant', 3, (n: number) => [`room-${n}`, 'one']],
  ['maxChannelsPerRoom', 0, (n: number) => ['room', `c-${n}`]],
  ['maxChannels', 0, (n: number) => [`room-${n}`, 'one']]
] as const) {
  test(`${limit} bounds the registry`, async t => {
    const { registry } = await build(t, { [limit]: seeded + 2 })
    const add = (n: number) => {
      const [room = '', channel = ''] = nameOf(n)
      registry.ensure('any', room, channel, 'me')
    }
    add(1)
    add(2)
    assert.throws(() => add(3), { code: 'LIMIT_EXCEEDED' })
  })
}

test('an empty channel is idle after the grace that was set', async t => {
  const { registry, clock } = await build(t, { emptyChannelGraceMs: 1000 })
  registry.ensure('any', 'room', 'one', 'me')
  clock.advance(999)
  assert.equal(registry.idle().length, 0)
  clock.advance(1)
  assert.equal(registry.idle().length, 1)
})
