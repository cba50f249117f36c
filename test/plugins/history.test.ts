import assert from 'node:assert/strict'
import { test } from 'node:test'
import history from '../../plugins/history.ts'
import { BusStage } from '../support/bus.ts'
import { buildBare } from './bare.ts'

test('a channel, a room and a tenant are the keys of what they hold, themselves included', async t => {
  const { registry, broker } = new BusStage({ registry: { seeds: [] } })
  const { app } = buildBare(t, { rooms: { rooms: registry }, broker: { broker } })
  await app.register(history)
  for (const [room, channel] of [
    ['a', 'one'],
    ['a', 'two'],
    ['b', 'one'],
    ['b', '']
  ] as const) {
    registry.ensure('acme', room, channel, 'me')
  }
  registry.ensure('other', 'a', 'secret', 'me')
  const { keysOf } = app.history
  assert.deepEqual(keysOf('acme', 'a', 'one'), ['acme/a:one'])
  assert.deepEqual([...keysOf('acme', 'a', undefined)].sort(), ['acme/a:', 'acme/a:one', 'acme/a:two'])
  assert.deepEqual([...keysOf('acme', undefined, undefined)].sort(), [
    'acme/a:',
    'acme/a:one',
    'acme/a:two',
    'acme/b:',
    'acme/b:one'
  ])
  assert.deepEqual(keysOf('acme', 'a', 'none'), [])
  assert.deepEqual(keysOf('acme', 'none', undefined), [])
  assert.deepEqual(keysOf('acme', 'a', 'secret'), [])
})

test('what is read comes from the broker', async t => {
  const stage = new BusStage()
  await stage.bus.start()
  t.after(() => stage.bus.close())
  const { app } = buildBare(t, { rooms: { rooms: stage.registry }, broker: { broker: stage.broker } })
  await app.register(history)
  stage.connect().say({ type: 'message', id: 'arq_1', room: 'lab:one' })
  const page = await app.history.read('default/lab:one', { limit: 10, keep: 'newest' })
  assert.deepEqual(
    page.publications.map(publication => publication.message.id),
    ['arq_1']
  )
})
