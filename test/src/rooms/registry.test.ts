import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusError, type ErrorCode } from '../../../src/errors.ts'
import { Registry, type RegistryOptions } from '../../../src/rooms/registry.ts'
import { FakeClock } from '../../support/clock.ts'

const seeds = [
  { room: 'science', channel: 'general', description: 'Open discussion' },
  { room: 'science', channel: 'share', description: 'Findings' },
  { room: 'lab', channel: 'signals', description: 'Signals' }
]

const GRACE_MS = 300_000

function makeRegistry(options: Partial<RegistryOptions> = {}) {
  const clock = new FakeClock()
  const registry = new Registry({
    clock,
    seeds,
    isAutoCreating: true,
    maxRoomsPerTenant: 5,
    maxChannelsPerRoom: 4,
    maxChannels: 100,
    emptyGraceMs: GRACE_MS,
    ...options
  })
  return { registry, clock }
}

function refuses(work: () => unknown, code: ErrorCode, message: string): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof BusError)
    assert.deepEqual([error.code, error.message], [code, message])
    return true
  })
}

function namesOf(records: readonly { readonly room: string; readonly name: string }[]): string[] {
  return records.map(({ room, name }) => `${room}:${name}`)
}

test('every tenant starts with the seeds', () => {
  const { registry, clock } = makeRegistry()
  assert.deepEqual(namesOf(registry.list('acme')), ['lab:signals', 'science:general', 'science:share'])
  assert.deepEqual(registry.find('acme', 'science', 'general'), {
    tenant: 'acme',
    room: 'science',
    name: 'general',
    key: 'acme/science:general',
    roomKey: 'acme/science:',
    description: 'Open discussion',
    createdAt: clock.iso(),
    createdBy: 'system',
    isHardcoded: true,
    isAutoCreated: false,
    lastActivityMs: clock.now()
  })
  assert.equal(registry.find('acme', 'science', '')?.isHardcoded, true)
})

test('what was not made is not found', () => {
  const { registry } = makeRegistry()
  for (const [room, name] of [
    ['science', 'x'],
    ['x', ''],
    ['x', 'general'],
    ['constructor', ''],
    ['science', 'toString']
  ]) {
    assert.equal(registry.find('acme', room as string, name as string), undefined)
  }
})

test('a channel made by use is marked so, and found the next time', () => {
  const { registry } = makeRegistry()
  const record = registry.ensure('acme', 'science', 'new', 'arq_client_1')
  assert.deepEqual([record.isAutoCreated, record.isHardcoded, record.createdBy], [true, false, 'arq_client_1'])
  assert.equal(registry.ensure('acme', 'science', 'new', 'arq_client_2'), record)
  assert.equal(registry.find('acme', 'science', 'new'), record)
})

test('a channel made on purpose keeps its description and is not marked as made by use', () => {
  const { registry } = makeRegistry()
  const record = registry.create('acme', 'fresh', 'new', 'arq_client_1', 'What for')
  assert.deepEqual([record.isAutoCreated, record.isHardcoded, record.description], [false, false, 'What for'])
  assert.equal(registry.find('acme', 'fresh', '')?.isAutoCreated, true)
})

test('a room used as such is made without any channel', () => {
  const { registry } = makeRegistry()
  const record = registry.ensure('acme', 'fresh', '', 'arq_client_1')
  assert.deepEqual([record.key, record.name, record.isAutoCreated], ['acme/fresh:', '', true])
  assert.deepEqual(registry.list('acme', 'fresh'), [])
})

test('without creation by use an unknown channel is refused, a known one is found', () => {
  const { registry } = makeRegistry({ isAutoCreating: false })
  refuses(() => registry.ensure('acme', 'science', 'x', 'me'), 'CHANNEL_NOT_FOUND', 'Channel not found: science:x')
  refuses(() => registry.ensure('acme', 'x', '', 'me'), 'CHANNEL_NOT_FOUND', 'Channel not found: x')
  assert.equal(registry.ensure('acme', 'science', 'general', 'me').name, 'general')
  registry.create('acme', 'science', 'x', 'me', '')
  assert.equal(registry.ensure('acme', 'science', 'x', 'me').name, 'x')
})

test('a channel that exists cannot be created, seeds included', () => {
  const { registry } = makeRegistry()
  registry.ensure('acme', 'science', 'x', 'me')
  for (const name of ['general', 'x']) {
    refuses(
      () => registry.create('acme', 'science', name, 'me', ''),
      'CHANNEL_EXISTS',
      `Channel already exists: science:${name}`
    )
  }
})

for (const make of ['ensure', 'create'] as const) {
  test(`rooms of a tenant are bounded, seeds included: ${make}`, () => {
    const { registry } = makeRegistry({ maxRoomsPerTenant: 4 })
    for (const room of ['r1', 'r2']) registry[make]('acme', room, 'x', 'me', '')
    refuses(
      () => registry[make]('acme', 'r3', 'x', 'me', ''),
      'LIMIT_EXCEEDED',
      'Limit exceeded: a tenant can have 4 rooms'
    )
    registry[make]('acme', 'r1', 'y', 'me', '')
    registry[make]('other', 'r3', 'x', 'me', '')
    assert.equal(registry.find('acme', 'r3', ''), undefined)
  })

  test(`channels of a room are bounded, seeds included: ${make}`, () => {
    const { registry } = makeRegistry({ maxChannelsPerRoom: 3 })
    registry[make]('acme', 'science', 'x', 'me', '')
    refuses(
      () => registry[make]('acme', 'science', 'y', 'me', ''),
      'LIMIT_EXCEEDED',
      'Limit exceeded: a room can have 3 channels'
    )
    registry[make]('acme', 'lab', 'y', 'me', '')
  })

  test(`channels of the process are bounded, seeds not counted: ${make}`, () => {
    const { registry } = makeRegistry({ maxChannels: 2 })
    registry[make]('acme', 'science', 'x', 'me', '')
    const last = registry[make]('other', 'fresh', 'x', 'me', '')
    refuses(
      () => registry[make]('third', 'fresh', 'x', 'me', ''),
      'LIMIT_EXCEEDED',
      'Limit exceeded: the server can have 2 channels'
    )
    assert.equal(registry.find('third', 'fresh', ''), undefined)
    registry.ensure('third', 'fresh', '', 'me')
    registry.remove(last)
    registry.remove(last)
    registry[make]('third', 'fresh', 'x', 'me', '')
    assert.throws(() => registry[make]('third', 'fresh', 'y', 'me', ''))
  })
}

test('a room is forgotten only when it has no channel left', () => {
  const { registry } = makeRegistry()
  const channel = registry.ensure('acme', 'fresh', 'x', 'me')
  const room = registry.find('acme', 'fresh', '')
  assert.ok(room)
  registry.remove(room)
  assert.equal(registry.find('acme', 'fresh', ''), room)
  registry.remove(channel)
  registry.remove(room)
  assert.equal(registry.find('acme', 'fresh', ''), undefined)
})

test('channels are listed by room and name', () => {
  const { registry } = makeRegistry()
  for (const [room, name] of [
    ['b', 'z'],
    ['b', 'a'],
    ['B', 'x'],
    ['a', 'x']
  ]) {
    registry.ensure('acme', room as string, name as string, 'me')
  }
  const names = ['B:x', 'a:x', 'b:a', 'b:z', 'lab:signals', 'science:general', 'science:share']
  assert.deepEqual(namesOf(registry.list('acme')), names)
  assert.deepEqual(namesOf(registry.list('acme', 'b')), ['b:a', 'b:z'])
  assert.deepEqual(registry.list('acme', 'nowhere'), [])
})

test('tenants see and count nothing of each other', () => {
  const { registry } = makeRegistry()
  registry.create('acme', 'secret', 'plans', 'me', '')
  registry.ensure('acme', 'science', 'x', 'me')
  assert.equal(registry.find('other', 'secret', 'plans'), undefined)
  assert.equal(registry.find('other', 'secret', ''), undefined)
  assert.equal(registry.list('other').length, 3)
  assert.deepEqual(registry.count('other'), { rooms: 2, channels: 3 })
  assert.deepEqual(registry.count('acme'), { rooms: 3, channels: 5 })
  assert.deepEqual(registry.count(), { rooms: 5, channels: 8 })
  registry.create('other', 'secret', 'plans', 'me', '')
})

test('a channel made by use is idle from the end of its grace on, measured from its last use', () => {
  const { registry, clock } = makeRegistry()
  const record = registry.ensure('acme', 'science', 'x', 'me')
  clock.advance(GRACE_MS - 1)
  assert.deepEqual(registry.idle(), [])
  clock.advance(1)
  assert.deepEqual(registry.idle(), [record])
  record.lastActivityMs = clock.now()
  assert.deepEqual(registry.idle(), [])
  clock.advance(GRACE_MS)
  assert.deepEqual(registry.idle(), [record])
})

test('neither seeds nor channels made on purpose are ever idle', () => {
  const { registry, clock } = makeRegistry()
  registry.create('acme', 'science', 'x', 'me', '')
  clock.advance(10 * GRACE_MS)
  assert.deepEqual(registry.idle(), [])
})

test('a room made by use is idle only when its last channel is gone', () => {
  const { registry, clock } = makeRegistry()
  const channel = registry.ensure('acme', 'fresh', 'x', 'me')
  clock.advance(GRACE_MS)
  assert.deepEqual(namesOf(registry.idle()), ['fresh:x'])
  registry.remove(channel)
  assert.deepEqual(namesOf(registry.idle()), ['fresh:'])
})

test('what another node says of a channel is taken over beyond the bounds, and counts for them', () => {
  const { registry, clock } = makeRegistry({ maxRoomsPerTenant: 2, maxChannels: 1 })
  const foreign = { description: 'd', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'ada', lastActivityMs: 5 }
  const at = { tenant: 'acme', room: 'fresh' }
  for (const name of ['x', 'y']) registry.adopt({ ...at, ...foreign, name, isAutoCreated: name === 'x' })
  assert.deepEqual(namesOf(registry.list('acme', 'fresh')), ['fresh:x', 'fresh:y'])
  assert.equal(registry.find('acme', 'fresh', 'x')?.createdAt, foreign.createdAt)
  refuses(
    () => registry.ensure('acme', 'fresh', 'z', 'me'),
    'LIMIT_EXCEEDED',
    'Limit exceeded: the server can have 1 channels'
  )
  clock.advance(GRACE_MS)
  assert.deepEqual(namesOf(registry.idle()), ['fresh:x'])
  assert.deepEqual([...registry.tenants()], ['acme'])
  assert.deepEqual(namesOf([...registry.autoCreated()]), ['fresh:', 'fresh:x'])
})

test('a known channel becomes what another node says of it, and a seed stays as it is', () => {
  const { registry } = makeRegistry()
  const foreign = { description: 'd', createdAt: '2026-01-01T00:00:00.000Z', createdBy: 'ada', lastActivityMs: 5 }
  const record = registry.ensure('acme', 'fresh', 'x', 'me')
  assert.equal(registry.adopt({ tenant: 'acme', room: 'fresh', name: 'x', ...foreign, isAutoCreated: false }), record)
  assert.deepEqual([record.description, record.createdBy, record.isAutoCreated], ['d', 'ada', false])
  const seed = registry.adopt({ tenant: 'acme', room: 'science', name: 'share', ...foreign, isAutoCreated: true })
  assert.deepEqual([seed.description, seed.isHardcoded, seed.isAutoCreated], ['Findings', true, false])
})

test('it is told what is made by use, and only that', () => {
  const { registry } = makeRegistry()
  const opened: string[] = []
  registry.opened.on(({ key }) => void opened.push(key))
  registry.create('acme', 'fresh', 'made', 'me', '')
  for (const name of ['used', 'used', 'made', '']) registry.ensure('acme', 'fresh', name, 'me')
  registry.ensure('acme', 'hall', '', 'me')
  assert.deepEqual(opened, ['acme/fresh:used', 'acme/hall:'])
})

test('a channel that has taken the place of a removed one is not removed with it', () => {
  const { registry } = makeRegistry()
  const old = registry.create('acme', 'fresh', 'x', 'me', '')
  registry.remove(old)
  const next = registry.create('acme', 'fresh', 'x', 'me', '')
  registry.remove(old)
  assert.equal(registry.find('acme', 'fresh', 'x'), next)
})

test('a tenant with nothing but seeds is forgotten, and starts with them again', () => {
  const { registry, clock } = makeRegistry()
  const seeds = registry.list('acme')
  assert.deepEqual(registry.count(), { rooms: 2, channels: 3 })
  clock.advance(1_000)
  assert.equal(registry.forgetTenant('acme'), true)
  assert.deepEqual(registry.count(), { rooms: 0, channels: 0 })
  assert.equal(registry.forgetTenant('acme'), false)
  assert.deepEqual(
    registry.list('acme').map(({ name, createdAt }) => [name, createdAt]),
    seeds.map(({ name, createdAt }) => [name, createdAt])
  )
})

test('a tenant with a channel or room of its own is not forgotten', () => {
  const { registry } = makeRegistry()
  const inSeededRoom = registry.create('acme', 'science', 'x', 'me', '')
  assert.equal(registry.forgetTenant('acme'), false)
  registry.remove(inSeededRoom)
  const room = registry.ensure('acme', 'fresh', '', 'me')
  assert.equal(registry.forgetTenant('acme'), false)
  registry.remove(room)
  assert.equal(registry.forgetTenant('acme'), true)
})

test('whatever is made and removed, counts agree with lists and bounds hold', () => {
  const tenant = fc.constantFrom('acme', 'other')
  const room = fc.constantFrom('science', 'a', 'b', 'c', 'd')
  const name = fc.constantFrom('', 'general', 'x', 'y', 'z')
  const step = fc.tuple(fc.constantFrom('ensure', 'create', 'remove'), tenant, room, name)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), steps => {
      const { registry } = makeRegistry({ maxRoomsPerTenant: 4, maxChannels: 6 })
      for (const [kind, whose, where, what] of steps) {
        const found = registry.find(whose, where, what)
        try {
          if (kind === 'ensure') registry.ensure(whose, where, what, 'me')
          else if (kind === 'create') registry.create(whose, where, what, 'me', '')
          else if (found && !found.isHardcoded) registry.remove(found)
        } catch (error) {
          assert.ok(error instanceof BusError)
        }
        const all = [...registry.list('acme'), ...registry.list('other')]
        assert.equal(registry.count().channels, all.length)
        assert.ok(all.filter(record => !record.isHardcoded).length <= 6)
        for (const one of ['acme', 'other']) assert.ok(registry.count(one).rooms <= 4)
        assert.equal(new Set(all.map(({ key }) => key)).size, all.length)
      }
    })
  )
})
