import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger } from '../../../src/log.ts'
import type { Records } from '../../../src/structures/records.ts'
import type { MayRead } from '../../../src/webhooks/rule.ts'
import type { WebhookLimits } from '../../../src/webhooks/webhooks.ts'
import { FakeClock } from '../../support/clock.ts'
import { openCommon, RecordCable } from '../../support/records.ts'
import { ada, bob, eve, payloadOf, root, WebhookStage } from './stage.ts'

/** A node of a cluster; what somebody may read is written as a list of channels, or null for all. */
class Node {
  readonly stage: WebhookStage
  readonly cable: RecordCable
  readonly errors: unknown[] = []

  constructor(cable: RecordCable, clock: FakeClock, limits: Partial<WebhookLimits>) {
    this.cable = cable
    this.stage = new WebhookStage(limits, clock, {
      records: cable.open('webhooks'),
      log: createLogger({ logLevel: 'error', pretty: false }, { write: line => void this.errors.push(line) }),
      readRights: rights => readerOf(rights)
    })
  }

  /** The ends of the URLs of all webhooks of the tenant. */
  get names(): string[] {
    return this.stage.webhooks.list(root).map(({ url }) => url.slice(url.lastIndexOf('/') + 1))
  }
}

function readerOf(rights: unknown): MayRead | undefined {
  if (rights === null) return () => true
  return Array.isArray(rights) ? (_room, channel) => rights.includes(channel) : undefined
}

/** Nodes on one clock, with what they have in common. */
class Cluster {
  readonly clock: FakeClock
  readonly nodes: Node[] = []
  readonly records: Records
  readonly #open: (kind: string) => Records
  readonly #limits: Partial<WebhookLimits>

  constructor(clock: FakeClock, open: (kind: string) => Records, limits: Partial<WebhookLimits>) {
    this.clock = clock
    this.records = open('webhooks')
    this.#open = open
    this.#limits = limits
  }

  async start(): Promise<Node> {
    const node = new Node(new RecordCable(this.#open), this.clock, this.#limits)
    await node.stage.webhooks.follow()
    this.nodes.push(node)
    return node
  }

  /** Lets time pass in steps that no renewal misses. */
  async pass(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left--) {
      this.clock.advance(1_000)
      await this.turn()
    }
  }

  async turn(): Promise<void> {
    for (const { stage } of this.nodes) await stage.turn()
  }
}

/** Two nodes, closed when the test ends; they must leave no timer behind. */
async function setCluster(t: TestContext, limits: Partial<WebhookLimits> = {}) {
  const clock = new FakeClock()
  const cluster = new Cluster(clock, await openCommon(t, clock), limits)
  const [one, two] = [await cluster.start(), await cluster.start()]
  t.after(async () => {
    for (const { stage } of cluster.nodes) {
      const closed = stage.webhooks.close()
      for (const post of stage.open) post.end()
      await closed
    }
  })
  return { cluster, one, two }
}

const tenant = { lifetime: 'tenant' }
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

test('a webhook that one node registers is the same on all, also on those that start later', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a', { room: 'sci*', types: ['event'], timeout_seconds: 5, ...tenant }, root)
  await cluster.pass(1)
  await two.stage.register('b')
  const late = await cluster.start()
  const listed = one.stage.webhooks.list(root)
  assert.deepEqual(
    listed.map(({ room, types, timeout_seconds }) => [room, types, timeout_seconds]),
    [
      ['sci*', ['event'], 5],
      [null, ['message', 'event'], 2]
    ]
  )
  for (const { stage } of [two, late]) assert.deepEqual(stage.webhooks.list(root), listed)
  assert.deepEqual(
    [late.stage.webhooks.list(ada).length, late.stage.webhooks.list(bob).length, late.stage.webhooks.list(eve).length],
    [1, 0, 0]
  )
})

for (const lifetime of ['tenant', 'connection']) {
  test(`a message is posted by the node that has accepted it and by no other, for the lifetime ${lifetime}`, async t => {
    const { one, two } = await setCluster(t)
    await one.stage.register('a', { lifetime, secret, headers: { 'X-Team': 'Red' } }, root)
    await two.stage.publish({ payload: '{"n":2}' })
    assert.deepEqual([one.stage.sinks, two.stage.sinks], [[], ['a']])
    await one.stage.publish({ payload: '{"n":1}' })
    assert.deepEqual([one.stage.begun.map(payloadOf), two.stage.begun.map(payloadOf)], [[{ n: 1 }], [{ n: 2 }]])
    const [post] = two.stage.begun
    assert.equal(post?.headers['x-team'], 'Red')
    assert.match(post?.headers['webhook-signature'] ?? '', /^v1,/)
  })

  test(`a webhook of the lifetime ${lifetime} can be removed on any node, and all let go of it`, async t => {
    const { cluster, one, two } = await setCluster(t)
    const rule = await one.stage.register('a', { lifetime }, root)
    await one.stage.publish()
    await one.stage.publish()
    await two.stage.webhooks.unregister(root, rule)
    assert.deepEqual([one.names, two.names, one.stage.webhooks.queued], [[], [], 0])
    assert.equal(one.stage.count('discarded'), 1)
    await cluster.pass(60)
    assert.deepEqual([one.names, two.names], [[], []])
    assert.equal(two.stage.published.isHeard, false)
    await assert.rejects(two.stage.webhooks.unregister(root, rule), { code: 'NOT_FOUND' })
  })
}

test('when an owner leaves, its webhooks go on all nodes, and those of the tenant stay', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a', {}, root)
  await one.stage.register('b', tenant, root)
  one.stage.webhooks.ownerLeft('root')
  assert.deepEqual(one.names, ['b'])
  await cluster.turn()
  assert.deepEqual([one.names, two.names], [['b'], ['b']])
})

test('an owner who leaves while the cluster cannot be reached leaves nothing behind for long', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a')
  one.cable.cut()
  one.stage.webhooks.ownerLeft('ada')
  await cluster.turn()
  one.cable.mend()
  assert.deepEqual([one.names, two.names], [[], ['a']])
  await cluster.pass(30)
  assert.deepEqual([one.names, two.names], [[], []])
})

test('a client that is connected to another node by now keeps what it has registered there', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('old')
  await two.stage.register('new')
  one.stage.webhooks.ownerLeft('ada')
  await cluster.turn()
  assert.deepEqual([one.names, two.names], [['new'], ['new']])
})

test('an owner who leaves while its webhook is written leaves nothing behind', async t => {
  const { cluster, one, two } = await setCluster(t)
  const registered = one.stage.register('a')
  one.stage.webhooks.ownerLeft('ada')
  await registered
  await cluster.turn()
  assert.deepEqual([one.names, two.names], [[], []])
  assert.equal(await cluster.records.delete(await registered), false)
})

test('the webhooks of connections to a node that has died are gone after 30 seconds, and not while it lives', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a')
  await one.stage.register('b', tenant, root)
  await cluster.pass(300)
  assert.deepEqual(two.names, ['a', 'b'])
  one.cable.cut()
  await cluster.pass(19)
  assert.deepEqual(two.names, ['a', 'b'])
  await cluster.pass(11)
  assert.deepEqual(two.names, ['b'])
})

test('a node that was away for longer than that brings the webhooks of its connections back', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a')
  one.cable.cut()
  await cluster.pass(40)
  assert.deepEqual([one.names, two.names], [['a'], []])
  one.cable.mend()
  assert.deepEqual(one.names, ['a'])
  await cluster.pass(10)
  assert.deepEqual([one.names, two.names], [['a'], ['a']])
  await cluster.pass(60)
  assert.deepEqual([one.names, two.names], [['a'], ['a']])
})

test('bounds count the webhooks of all nodes', async t => {
  const { one, two } = await setCluster(t, { maxWebhooksPerTenant: 3, maxWebhooksPerClient: 2 })
  await one.stage.register('a')
  await one.stage.register('b')
  await assert.rejects(two.stage.register('c'), { code: 'LIMIT_EXCEEDED' })
  await two.stage.register('d', {}, bob)
  await assert.rejects(one.stage.register('e', tenant, root), { code: 'LIMIT_EXCEEDED' })
  await one.stage.register('f', {}, eve)
})

test('what is on its way counts already', async t => {
  const { one } = await setCluster(t, { maxWebhooksPerClient: 2 })
  const results = await Promise.allSettled(['a', 'b', 'c'].map(name => one.stage.register(name)))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected']
  )
  assert.deepEqual(one.names, ['a', 'b'])
})

test('what could not be written takes no room', async t => {
  const { cluster, one } = await setCluster(t, { maxWebhooksPerClient: 1 })
  one.cable.cut()
  await assert.rejects(one.stage.register('a'), { code: 'ENGINE_UNAVAILABLE' })
  one.cable.mend()
  await cluster.turn()
  await one.stage.register('b')
  assert.deepEqual(one.names, ['b'])
})

test('nothing changes while the cluster cannot be reached', async t => {
  const { cluster, one, two } = await setCluster(t)
  const rule = await one.stage.register('a', tenant, root)
  one.cable.cut()
  for (const lifetime of ['tenant', 'connection'])
    await assert.rejects(one.stage.register('b', { lifetime }, root), { code: 'ENGINE_UNAVAILABLE' })
  await assert.rejects(one.stage.webhooks.unregister(root, rule), { code: 'ENGINE_UNAVAILABLE' })
  one.cable.mend()
  await cluster.pass(60)
  assert.deepEqual([one.names, two.names], [['a'], ['a']])
})

test('records that cannot be read are told and ignored, and leave what is there as it is', async t => {
  const { cluster, one, two } = await setCluster(t)
  const rule = await one.stage.register('a', tenant, root)
  const texts: string[] = []
  await cluster.records.update(rule, text => void texts.push(text ?? ''))
  const whole = JSON.parse(texts[0] ?? '')
  for (const text of [
    '{',
    'null',
    '{}',
    JSON.stringify({ ...whole, types: ['private'] }),
    JSON.stringify({ ...whole, url: 'nowhere' }),
    JSON.stringify({ ...whole, rights: 7 })
  ]) {
    await cluster.records.put(rule, text)
    await cluster.records.put('wh_foreign', text)
  }
  await cluster.records.put('wh_other', JSON.stringify(whole))
  assert.deepEqual([one.names, two.names, two.errors.length], [['a'], ['a'], 13])
  await two.stage.publish()
  assert.deepEqual(two.stage.sinks, ['a'])
  const late = await cluster.start()
  assert.deepEqual([late.names, late.errors.length], [[], 3])
})

test('what a newer version has written beside all that is known is no fault', async t => {
  const { cluster, one, two } = await setCluster(t)
  const rule = await one.stage.register('a', tenant, root)
  await cluster.records.update(rule, text => JSON.stringify({ ...JSON.parse(text ?? ''), colour: 'red' }))
  assert.deepEqual([two.names, two.errors], [['a'], []])
})

test('what the owner may read counts at once on its node, and on the others with the next renewal', async t => {
  const { cluster, one, two } = await setCluster(t)
  let readable: string[] = []
  const reader = { mayRead: (_room: string, channel: string) => readable.includes(channel), rights: () => readable }
  await one.stage.webhooks.register(ada, { url: 'http://127.0.0.1/a' }, reader)
  readable = ['explore']
  for (const { stage } of [one, two]) await stage.publish()
  assert.deepEqual([one.stage.begun.length, two.stage.begun.length], [1, 0])
  await cluster.pass(10)
  await two.stage.publish()
  assert.equal(two.stage.begun.length, 1)
  readable = []
  await cluster.pass(10)
  await two.stage.end()
  await two.stage.publish()
  assert.equal(two.stage.begun.length, 1)
})

test('a node that closes takes nothing more and has no timer left', async t => {
  const { cluster, one, two } = await setCluster(t)
  await one.stage.register('a')
  one.stage.webhooks.ownerLeft('ada')
  await one.stage.register('b', {}, bob)
  await one.stage.webhooks.close()
  assert.deepEqual(two.names, ['b'])
  await two.stage.register('c', tenant, root)
  assert.deepEqual(one.names, ['b'])
  await cluster.pass(30)
  assert.deepEqual([two.names, cluster.clock.pending], [['c'], 0])
})
