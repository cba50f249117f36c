import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { pino } from 'pino'
import { BusError, type ErrorCode } from '../../../src/errors.ts'
import { keyOf } from '../../../src/protocol/address.ts'
import { type ChannelRecord, Registry, type RegistryOptions } from '../../../src/rooms/registry.ts'
import { SharedChannels } from '../../../src/rooms/shared.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createRecords, RECORD_LIMITS } from '../../../src/store/records.ts'
import type { Records } from '../../../src/structures/records.ts'
import { FakeClock } from '../../support/clock.ts'

const GRACE_MS = 300_000
/** When a channel that nobody has used since then may be ended, and when its record ends by itself. */
const PATIENCE_MS = GRACE_MS * 1.5 + 30_000
const TTL_MS = GRACE_MS * 2 + 60_000

const seeds = [{ room: 'science', channel: 'general', description: 'Open discussion' }]
const quiet = async (): Promise<boolean> => true

/** One node of a cluster, and what it writes. */
interface Node {
  readonly registry: Registry
  readonly shared: SharedChannels
  /** Keys of channels with members. */
  readonly joined: Set<string>
  readonly writes: string[]
  /** What the store answers while it is away. */
  outage: BusError | undefined
}

class Cluster {
  readonly clock = new FakeClock()
  readonly nodes: Node[] = []
  readonly #records: () => Records

  private constructor(open: (clock: FakeClock) => () => Records) {
    this.#records = open(this.clock)
  }

  static async start(t: TestContext, count = 2, options: Partial<RegistryOptions> = {}): Promise<Cluster> {
    const cluster = new Cluster(clock => {
      const store = createMemoryStore({ clock, limits: RECORD_LIMITS })
      t.after(() => store.close())
      void store.open()
      const open = createRecords(store, 2)
      return () => open('channels')
    })
    for (let at = 0; at < count; at++) await cluster.add(t, options)
    return cluster
  }

  /** A node that starts now. */
  async add(t: TestContext, options: Partial<RegistryOptions> = {}): Promise<Node> {
    const { clock } = this
    const registry = new Registry({
      clock,
      seeds,
      isAutoCreating: true,
      maxRoomsPerTenant: 10,
      maxChannelsPerRoom: 10,
      maxChannels: 20,
      emptyGraceMs: GRACE_MS,
      ...options
    })
    const joined = new Set<string>()
    const writes: string[] = []
    const all = this.#records()
    const check = (): void => {
      if (node.outage) throw node.outage
    }
    const records: Records = {
      follow: take => all.follow(take),
      async create(id, text, how) {
        check()
        return all.create(id, text, how)
      },
      put: (id, text, how) => all.put(id, text, how),
      async update(id, change, how) {
        check()
        const isWritten = await all.update(id, change, how)
        if (isWritten) writes.push(id)
        return isWritten
      },
      async delete(id, isMeant) {
        check()
        return all.delete(id, isMeant)
      }
    }
    const log = pino({ level: 'silent' })
    const shared = new SharedChannels({ records, registry, clock, log, isJoined: key => joined.has(key) })
    const node: Node = { registry, shared, joined, writes, outage: undefined }
    this.nodes.push(node)
    t.after(() => shared.close())
    await shared.open()
    return node
  }

  /** Lets all work that waits for promises finish. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await nextTurn()
  }

  /** Lets time pass, with uses looked for every 15 s on all nodes. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 15_000) {
      this.clock.advance(Math.min(15_000, ms - passed))
      for (const { shared } of this.nodes) shared.renew()
      await this.settle()
    }
  }
}

function create({ shared }: Node, name: string, description = ''): Promise<ChannelRecord> {
  return shared.create('acme', 'lab', name, 'ada', description)
}

function find({ registry }: Node, name: string): ChannelRecord | undefined {
  return registry.find('acme', 'lab', name)
}

function get(node: Node, name: string): ChannelRecord {
  return find(node, name) ?? assert.fail(`there is no lab:${name}`)
}

function use(node: Node, name: string): ChannelRecord {
  return node.registry.ensure('acme', 'lab', name, 'bob')
}

function refused(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(work, { code })
}

test('a channel that one node creates is there on all, also on one that starts later', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  const made = await create(one, 'a', 'First')
  cluster.clock.advance(60_000)
  const three = await cluster.add(t)
  for (const node of [one, two, three]) {
    const { description, createdAt, createdBy, isAutoCreated, isHardcoded } = get(node, 'a')
    assert.deepEqual(
      { description, createdAt, createdBy, isAutoCreated, isHardcoded },
      { description: 'First', createdAt: made.createdAt, createdBy: 'ada', isAutoCreated: false, isHardcoded: false }
    )
  }
})

test('a channel that another node has created exists', async t => {
  const [one, two] = (await Cluster.start(t)).nodes as [Node, Node]
  await create(one, 'a')
  await refused(create(two, 'a'), 'CHANNEL_EXISTS')
  await refused(create(one, 'a'), 'CHANNEL_EXISTS')
})

test('of nodes that create a channel at the same time one succeeds', async t => {
  const { nodes } = await Cluster.start(t, 3)
  const outcomes = await Promise.allSettled(nodes.map((node, at) => create(node, 'a', String(at))))
  const winners = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [String(at)] : []))
  assert.equal(winners.length, 1)
  for (const node of nodes) assert.equal(get(node, 'a').description, winners[0])
  const codes = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
  assert.deepEqual(codes, ['CHANNEL_EXISTS', 'CHANNEL_EXISTS'])
})

test('a channel is described anew on all nodes, and a description of one that is gone is refused', async t => {
  const [one, two] = (await Cluster.start(t)).nodes as [Node, Node]
  const record = await create(one, 'a', 'First')
  await two.shared.describe(get(two, 'a'), 'Second')
  assert.equal(record.description, 'Second')
  await one.shared.delete(record)
  await refused(two.shared.describe(record, 'Third'), 'CHANNEL_NOT_FOUND')
  assert.equal(find(two, 'a'), undefined)
})

test('a channel that one node deletes is gone on all, and only one of several deletes it', async t => {
  const { nodes } = await Cluster.start(t, 3)
  const [one, two] = nodes as [Node, Node]
  const records = [await create(one, 'a'), get(two, 'a')]
  const outcomes = await Promise.allSettled([
    one.shared.delete(records[0] as ChannelRecord),
    two.shared.delete(records[1] as ChannelRecord)
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  for (const node of nodes) assert.equal(find(node, 'a'), undefined)
  await create(two, 'a')
  assert.ok(find(one, 'a'))
})

test('what came from others counts for the bounds, and is taken over beyond them', async t => {
  const cluster = await Cluster.start(t, 1, { maxChannelsPerRoom: 2 })
  const [one] = cluster.nodes as [Node]
  const small = await cluster.add(t, { maxChannelsPerRoom: 1, maxRoomsPerTenant: 1, maxChannels: 1 })
  await create(one, 'a')
  await refused(create(small, 'b'), 'LIMIT_EXCEEDED')
  await create(one, 'b')
  assert.equal(small.registry.list('acme', 'lab').length, 2)
  await refused(create(one, 'c'), 'LIMIT_EXCEEDED')
  assert.throws(() => use(small, 'c'), { code: 'LIMIT_EXCEEDED' })
})

test('while the cluster is away what is shared cannot be changed, and nothing is', async t => {
  const [one, two] = (await Cluster.start(t)).nodes as [Node, Node]
  const record = await create(one, 'a', 'First')
  one.outage = new BusError('ENGINE_UNAVAILABLE')
  await refused(create(one, 'b'), 'ENGINE_UNAVAILABLE')
  await refused(one.shared.describe(record, 'Second'), 'ENGINE_UNAVAILABLE')
  await refused(one.shared.delete(record), 'ENGINE_UNAVAILABLE')
  for (const node of [one, two]) {
    assert.deepEqual(
      node.registry.list('acme', 'lab').map(({ name, description }) => [name, description]),
      [['a', 'First']]
    )
  }
})

test('what every server has is neither written nor taken over', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  one.registry.ensure('acme', 'science', 'general', 'bob')
  await cluster.settle()
  assert.deepEqual(one.writes, [])
  const other = await cluster.add(t, { seeds: [] })
  await other.shared.create('acme', 'science', 'general', 'eve', 'Mine')
  const record = two.registry.find('acme', 'science', 'general')
  assert.deepEqual([record?.description, record?.isHardcoded], ['Open discussion', true])
  await other.shared.delete(other.registry.find('acme', 'science', 'general') ?? assert.fail())
  assert.equal(two.registry.find('acme', 'science', 'general'), record)
})

test('a channel or room that is made by use is there at once, and soon on the other nodes', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  assert.equal(use(one, 'a'), get(one, 'a'))
  use(one, '')
  one.registry.ensure('acme', 'hall', '', 'bob')
  assert.equal(find(two, 'a'), undefined)
  await cluster.settle()
  assert.equal(get(two, 'a').isAutoCreated, true)
  assert.equal(two.registry.find('acme', 'hall', '')?.createdBy, 'bob')
  assert.deepEqual(one.writes, ['acme/lab:a', 'acme/hall:'])
  assert.deepEqual(two.writes, [])
})

test('a channel that two nodes make by use at the same time is the same on both', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  use(one, 'a')
  two.registry.ensure('acme', 'lab', 'a', 'eve')
  await cluster.settle()
  assert.equal(get(one, 'a').createdBy, get(two, 'a').createdBy)
})

test('a channel that was created wins over one that was made by use at the same time', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  const creating = create(one, 'a', 'Kept')
  use(two, 'a')
  await creating
  await cluster.pass(TTL_MS * 2)
  for (const node of [one, two]) {
    assert.deepEqual([get(node, 'a').description, get(node, 'a').isAutoCreated], ['Kept', false])
  }
})

test('the use of a channel is written at most once in half of the grace by each node', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  use(one, 'a')
  one.joined.add('acme/lab:a')
  for (let second = 0; second < 10; second++) {
    one.shared.use(get(one, 'a'))
    await cluster.settle()
  }
  assert.equal(one.writes.length, 1)
  await cluster.pass(GRACE_MS * 3)
  const count = one.writes.filter(key => key === 'acme/lab:a').length
  assert.ok(count >= 4 && count <= 7, `${count} writes in three times the grace`)
  assert.deepEqual(two.writes, [])
})

test('a channel with members on one node, or messages, stays on all of them', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  use(one, 'joined')
  one.joined.add('acme/lab:joined')
  use(one, 'busy')
  for (let minute = 0; minute < 30; minute++) {
    get(one, 'busy').lastActivityMs = cluster.clock.now()
    await cluster.pass(60_000)
    for (const name of ['joined', 'busy']) assert.equal(await two.shared.end(get(two, name), quiet), false)
  }
})

test('a channel that no node uses is ended by one of them, and not before the others could say that they use it', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  const records = [use(one, 'a')]
  await cluster.settle()
  records.push(get(two, 'a'))
  await cluster.pass(PATIENCE_MS - 1)
  assert.equal(await two.shared.end(get(two, 'a'), quiet), false)
  cluster.clock.advance(1)
  assert.equal(await two.shared.end(get(two, 'a'), async () => false), false)
  const outcomes = await Promise.all([one, two].map((node, at) => node.shared.end(records[at] as ChannelRecord, quiet)))
  assert.deepEqual(outcomes.sort(), [false, true])
  for (const node of [one, two]) assert.equal(find(node, 'a'), undefined)
})

test('a node that has just started ends nothing: those who use it may not be back yet', async t => {
  const cluster = await Cluster.start(t, 1)
  const [one] = cluster.nodes as [Node]
  use(one, 'a')
  await cluster.settle()
  cluster.clock.advance(TTL_MS - 1_000)
  const late = await cluster.add(t)
  assert.equal(await late.shared.end(get(late, 'a'), quiet), false)
})

test('a channel that is used again while it is being ended stays', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  use(one, 'a')
  await cluster.settle()
  cluster.clock.advance(PATIENCE_MS)
  const isQuiet = async (): Promise<boolean> => {
    one.joined.add('acme/lab:a')
    one.shared.use(get(one, 'a'))
    await cluster.settle()
    return true
  }
  assert.equal(await two.shared.end(get(two, 'a'), isQuiet), false)
  for (const node of [one, two]) assert.ok(find(node, 'a'))
})

test('when the record of a channel ends by itself, it stays where it has members and comes back to the others', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  use(one, 'kept')
  use(one, 'left')
  await cluster.settle()
  one.joined.add('acme/lab:kept')
  cluster.clock.advance(TTL_MS - 1)
  for (const node of [one, two]) assert.equal(node.registry.list('acme', 'lab').length, 2)
  cluster.clock.advance(1)
  await cluster.settle()
  for (const node of [one, two])
    assert.deepEqual(
      node.registry.list('acme', 'lab').map(({ name }) => name),
      ['kept']
    )
})

test('a channel that is deleted while it has members on another node is one that was made by use', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  const record = await create(one, 'a')
  two.joined.add('acme/lab:a')
  await one.shared.delete(record)
  await cluster.settle()
  for (const node of [one, two]) assert.equal(get(node, 'a').isAutoCreated, true)
})

test('a channel made by use can be described and deleted before it is written', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  await one.shared.describe(use(one, 'a'), 'Said')
  await cluster.settle()
  assert.deepEqual([get(two, 'a').description, get(two, 'a').isAutoCreated], ['Said', true])
  cluster.clock.advance(TTL_MS)
  assert.equal(find(two, 'a'), undefined)
  await one.shared.delete(use(one, 'b'))
  await cluster.settle()
  for (const node of [one, two]) assert.equal(find(node, 'b'), undefined)
})

test('what could not be written in the background is written when the cluster is back', async t => {
  const cluster = await Cluster.start(t)
  const [one, two] = cluster.nodes as [Node, Node]
  one.outage = new BusError('ENGINE_UNAVAILABLE')
  for (let n = 0; n < 5; n++) use(one, `c${n}`)
  for (let second = 0; second < 3; second++) {
    await cluster.settle()
    cluster.clock.advance(1_000)
  }
  assert.equal(two.registry.list('acme', 'lab').length, 0)
  one.outage = undefined
  cluster.clock.advance(1_000)
  await cluster.settle()
  assert.equal(two.registry.list('acme', 'lab').length, 5)
  assert.equal(cluster.clock.pending, 1, 'only the end of the records is waited for')
})

test('a closed node writes nothing and waits for nothing', async t => {
  const cluster = await Cluster.start(t, 1)
  const [one] = cluster.nodes as [Node]
  one.outage = new BusError('ENGINE_UNAVAILABLE')
  use(one, 'a')
  await cluster.settle()
  assert.equal(cluster.clock.pending, 1)
  await one.shared.close()
  use(one, 'b')
  one.shared.renew()
  await cluster.settle()
  assert.equal(cluster.clock.pending, 0)
  assert.deepEqual(one.writes, [])
})

test('whatever two nodes do, they agree in the end', async t => {
  const step = fc.record({
    node: fc.nat({ max: 1 }),
    name: fc.constantFrom('a', 'b', 'c'),
    deed: fc.constantFrom('create', 'use', 'describe', 'delete', 'settle', 'pass')
  })
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
    const cluster = await Cluster.start(t)
    const [work, codes]: [Promise<unknown>[], string[]] = [[], []]
    const start = (deed: Promise<unknown>): unknown => work.push(deed.catch(({ code }) => codes.push(code)))
    for (const { node: at, name, deed } of steps) {
      const node = cluster.nodes[at] as Node
      const record = find(node, name)
      if (deed === 'create') start(create(node, name))
      else if (deed === 'use') use(node, name)
      else if (deed === 'settle') await cluster.settle()
      else if (deed === 'pass') cluster.clock.advance(TTL_MS / 2)
      else if (record) start(deed === 'delete' ? node.shared.delete(record) : node.shared.describe(record, deed))
    }
    await Promise.all(work)
    for (const code of codes) assert.match(code, /^CHANNEL_(EXISTS|NOT_FOUND)$/)
    await cluster.settle()
    const [one, two] = cluster.nodes.map(({ registry }) =>
      registry.list('acme', 'lab').map(({ lastActivityMs, ...record }) => record)
    )
    assert.deepEqual(one, two)
    for (const { shared } of cluster.nodes) await shared.close()
  })
  await fc.assert(property, { numRuns: 100 })
})

test('what others have put among the records is no channel', async t => {
  const cluster = await Cluster.start(t, 1)
  const [one] = cluster.nodes as [Node]
  const store = createMemoryStore({ clock: cluster.clock, limits: RECORD_LIMITS })
  t.after(() => store.close())
  await store.open()
  const records = createRecords(store, 2)('channels')
  const good = '{"description":"","created_at":"2026-01-01T00:00:00.000Z","created_by":"ada"}'
  const strange: readonly (readonly [string, string])[] = [
    ['acme/lab:a', 'no JSON'],
    ['acme/lab:b', 'null'],
    ['acme/lab:c', '{}'],
    ['acme/lab:d', good.replace('ada', 'system')],
    ['acme/lab:e', good.replace('2026-01', 'when')],
    ['acme/lab:f', good.replace('}', ',"used_at":"now"}')],
    ['acme', good],
    ['acme/la b:a', good],
    ['acme/lab:__proto__', good],
    [keyOf('acme', 'lab', 'good'), good]
  ]
  for (const [id, text] of strange) await records.create(id, text)
  const { registry, clock } = { registry: one.registry, clock: cluster.clock }
  const shared = new SharedChannels({ records, registry, clock, log: pino({ level: 'silent' }), isJoined: () => false })
  t.after(() => shared.close())
  await shared.open()
  assert.deepEqual(
    registry.list('acme', 'lab').map(({ name }) => name),
    ['good']
  )
  for (const [id] of strange) await records.delete(id)
  assert.deepEqual(registry.list('acme', 'lab'), [])
})
