import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Directory } from '../../../src/bus/directory.ts'
import { setBus } from '../../support/bus.ts'

test('clients come in parts, by client id, and only those of the tenant', async t => {
  const stage = await setBus(t)
  const directory = new Directory(stage.bus)
  const ids = Array.from({ length: 5 }, () => stage.connect({ tenant: 'north' }).id).sort()
  stage.connect({ tenant: 'south' })
  const seen: unknown[] = []
  for (let cursor: string | undefined, part = 0; part < 3; part++) {
    const page = directory.clients('north', { limit: 2, cursor })
    seen.push(page.entries.map(entry => Reflect.get(entry, 'client_id')))
    cursor = page.nextCursor
    assert.equal(cursor === undefined, part === 2)
  }
  assert.deepEqual(seen, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
})

test('a client is shown with its channels and what waits for it', async t => {
  const stage = await setBus(t)
  const directory = new Directory(stage.bus)
  const ada = stage.connect({ tenant: 'north', subject: 'ada', clientType: 'ai-agent', screenName: 'Ada' })
  await ada.join('lab:one')
  await ada.join('lab:two')
  const entry = directory.client('north', ada.id)
  assert.deepEqual(entry, {
    ...entry,
    client_id: ada.id,
    client_type: 'ai-agent',
    screen_name: 'Ada',
    subject: 'ada',
    channels: ['lab:one', 'lab:two'],
    channel_count: 2,
    frames_received: 2,
    outbox_bytes: 0
  })
})

test('a client of another tenant is not there, neither to be shown nor to be disconnected', async t => {
  const stage = await setBus(t)
  const directory = new Directory(stage.bus)
  const ada = stage.connect({ tenant: 'north' })
  for (const ask of [() => directory.client('south', ada.id), () => directory.disconnect('south', ada.id)])
    assert.throws(ask, { code: 'NOT_FOUND' })
  assert.equal(ada.transport.isOpen, true)
})

test('who is disconnected gets 4403 and is gone', async t => {
  const stage = await setBus(t)
  const directory = new Directory(stage.bus)
  const ada = stage.connect()
  directory.disconnect('default', ada.id)
  assert.equal(ada.transport.closing?.code, 4403)
  assert.throws(() => directory.client('default', ada.id), { code: 'NOT_FOUND' })
})

test('rooms are listed with their channels and those who are in any of them', async t => {
  const stage = await setBus(t)
  const directory = new Directory(stage.bus)
  const ada = stage.connect()
  await ada.join('lab:one')
  await ada.join('lab:two')
  const rooms = directory.rooms('default', { limit: 100 }).entries
  assert.deepEqual(
    rooms.map(entry => [Reflect.get(entry, 'room'), Reflect.get(entry, 'channel_count')]),
    [
      ['integriguard', 2],
      ['lab', 2],
      ['omega-lab', 1],
      ['science', 7]
    ]
  )
  assert.equal(Reflect.get(rooms[1] ?? {}, 'participant_count'), 1)
  assert.deepEqual(directory.rooms('default', { limit: 1, cursor: 'lab' }).nextCursor, 'omega-lab')
})
