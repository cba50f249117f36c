import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import webhooks from '../../plugins/webhooks.ts'
import type { Connection } from '../../src/bus/connection.ts'
import { createBusEvents } from '../../src/bus/events.ts'
import { createIds } from '../../src/ids.ts'
import type { Position, Stamped } from '../../src/protocol/message.ts'
import { Signal } from '../../src/structures/signal.ts'
import { FakeClock } from '../support/clock.ts'
import { buildBare, defaultConfig } from './bare.ts'

test('webhooks are built from the settings, hear who leaves, and let go of everything when the app closes', async t => {
  const clock = new FakeClock()
  const names: string[] = []
  const left = new Signal<[connection: Pick<Connection, 'id'>]>()
  const published = new Signal<[message: Stamped, position: Position]>()
  const bus = {
    left,
    published,
    commands: {
      add: (_service: object, ...records: { name: string }[]) => void names.push(...records.map(r => r.name))
    }
  }
  const { app } = buildBare(t, {
    config: { config: { ...defaultConfig, maxWebhooksPerClient: 1 }, clock, ids: createIds(clock, randomBytes) },
    bus: { bus },
    commands: {},
    casil: { events: createBusEvents() },
    records: {},
    traces: {}
  })
  await app.register(webhooks)
  await app.ready()
  assert.deepEqual(names.toSorted(), [
    'op.webhook.dead_letters',
    'op.webhook.deliveries',
    'op.webhook.get',
    'op.webhook.list',
    'op.webhook.register',
    'op.webhook.replay',
    'op.webhook.test',
    'op.webhook.unregister'
  ])
  const ada = { id: 'ada', tenant: 'default', isAdmin: false }
  const reader = { mayRead: () => true, rights: () => null }
  const register = () => app.webhooks.register(ada, { url: 'http://127.0.0.1:1/' }, reader)
  assert.equal(published.isHeard, false)
  await register()
  assert.equal(published.isHeard, true)
  await assert.rejects(register, { code: 'LIMIT_EXCEEDED' })
  left.emit({ id: 'ada' })
  assert.deepEqual([app.webhooks.list(ada), published.isHeard], [[], false])
  await register()
  await app.close()
  assert.deepEqual([published.isHeard, clock.pending], [false, 0])
})
