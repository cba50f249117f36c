import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VERSION } from '../../../src/version.ts'
import { signWebhook } from '../../../src/webhooks/signature.ts'
import type { MessageParts } from '../../support/messages.ts'
import { ada, bob, eve, failures, root, setWebhooks } from './stage.ts'

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

test('a webhook is answered without its headers and its secret, and shown without them', async t => {
  const { webhooks } = setWebhooks(t)
  const headers = { Authorization: 'Bearer tangerine' }
  const args = { url: 'http://127.0.0.1/a', room: 'sci*', headers, secret }
  const rule = await webhooks.register(ada, args, { mayRead: () => true, rights: () => null })
  const { rule_id, ...facts } = rule
  assert.match(rule_id, /^wh_[0-9a-f]{12}$/)
  assert.deepEqual(facts, {
    url: 'http://127.0.0.1/a',
    room: 'sci*',
    channel: null,
    timeout_seconds: 2,
    types: ['message', 'event'],
    lifetime: 'connection',
    created_at: '2026-01-01T00:00:00.000Z'
  })
  const stats = { delivered: 0, failed: 0, dropped: 0, dead_lettered: 0, last_status: null, last_attempt_at: null }
  assert.deepEqual(webhooks.list(ada), [{ ...rule, owner_client_id: 'ada', state: 'active', stats }])
  assert.deepEqual(webhooks.get(ada, rule_id), webhooks.list(ada)[0])
})

test('a request has the headers of Standard Webhooks, those of the rule, and a signature over its bytes', async t => {
  const stage = setWebhooks(t)
  await stage.register('a', { headers: { 'X-Team': 'Red', 'user-agent': 'mine' }, secret, timeout_seconds: 0.5 })
  await stage.register('b')
  const message = await stage.publish({ payload: '{"ä":1}' })
  const [first, second] = stage.begun
  assert.ok(first && second)
  const { 'webhook-id': id = '', 'webhook-signature': signature, ...headers } = first.headers
  assert.deepEqual(headers, {
    'content-type': 'application/json',
    'user-agent': 'mine',
    'x-team': 'Red',
    'webhook-timestamp': String(Date.UTC(2026, 0, 1) / 1000)
  })
  assert.equal(signature, signWebhook(secret, id, Date.UTC(2026, 0, 1) / 1000, first.body))
  assert.deepEqual([first.timeoutMs, second.timeoutMs], [500, 2000])
  assert.deepEqual(Object.keys(second.headers), ['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp'])
  assert.equal(second.headers['user-agent'], `ArqonBus/${VERSION}`)
  assert.equal(first.body, second.body)
  const { rule_version, sender_client_id, envelope } = JSON.parse(first.body)
  assert.deepEqual(
    [rule_version, sender_client_id, envelope.id, envelope.sequence],
    ['v1', message.sender, message.id, 1]
  )
  assert.match(id, /^whd_[0-9a-f-]{36}$/)
  assert.notEqual(id, second.headers['webhook-id'])
})

const matches: readonly (readonly [args: object, parts: MessageParts, isMatch: boolean])[] = [
  [{}, {}, true],
  [{}, { type: 'event' }, true],
  [{}, { type: 'private', to: ['x'] }, false],
  [{}, { type: 'system' }, false],
  [{}, { type: 'telemetry' }, false],
  [{}, { channel: '' }, false],
  [{}, { tenant: 'other' }, false],
  [{ types: ['event'] }, {}, false],
  [{ types: ['event'] }, { type: 'event' }, true],
  [{ room: 'science' }, {}, true],
  [{ room: 'science' }, { room: 'scienc' }, false],
  [{ room: 'sci*' }, {}, true],
  [{ room: 'sci*' }, { room: 'art' }, false],
  [{ room: 'science:explore' }, {}, true],
  [{ room: 'science:explore' }, { channel: 'other' }, false],
  [{ channel: 'expl?re' }, { room: 'art' }, true],
  [{ channel: '*' }, { channel: '' }, false],
  [{ room: 'science', channel: 'x*' }, {}, false]
]

for (const [args, parts, isMatch] of matches) {
  test(`${JSON.stringify(args)} takes ${isMatch ? '' : 'not '}${JSON.stringify(parts)}`, async t => {
    const stage = setWebhooks(t)
    await stage.register('a', args)
    await stage.publish(parts)
    // The same address once more, from memory.
    await stage.publish(parts)
    assert.equal(stage.open.size + stage.webhooks.queued, isMatch ? 2 : 0)
  })
}

test('rules that come and go later count for addresses that were seen before', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  await stage.publish()
  const second = await stage.register('b')
  await stage.publish()
  assert.deepEqual(stage.sinks, ['a', 'b'])
  await stage.webhooks.unregister(ada, second)
  await stage.end({}, 'a')
  await stage.end({}, 'b')
  assert.deepEqual(stage.sinks, ['a'])
})

test('nothing is posted that the owner may not subscribe to, at the moment of the match', async t => {
  const stage = setWebhooks(t)
  const readable = new Set(['explore'])
  await stage.register('a', {}, ada, (_room, channel) => readable.has(channel))
  await stage.publish({ channel: 'secret' })
  assert.equal(stage.open.size, 0)
  await stage.publish()
  assert.equal(stage.open.size, 1)
  await stage.end()
  readable.add('secret')
  await stage.publish({ channel: 'secret' })
  assert.equal(stage.open.size, 1)
})

test('a webhook for one channel that its owner may not read is refused', async t => {
  const stage = setWebhooks(t)
  await assert.rejects(
    stage.register('a', { room: 'lab:vault' }, ada, () => false),
    {
      code: 'AUTHORIZATION_ERROR',
      message: 'Not allowed to subscribe to lab:vault'
    }
  )
  await stage.register('a', { room: 'lab' }, ada, () => false)
  assert.equal(stage.webhooks.list(ada).length, 1)
})

test('the bus is listened to only while there are webhooks', async t => {
  const stage = setWebhooks(t)
  assert.equal(stage.published.isHeard, false)
  const first = await stage.register('a')
  await stage.register('b', {}, eve)
  await stage.webhooks.unregister(ada, first)
  assert.equal(stage.published.isHeard, true)
  stage.webhooks.ownerLeft('eve')
  assert.equal(stage.published.isHeard, false)
  await stage.register('c')
  await stage.publish()
  assert.deepEqual(stage.sinks, ['c'])
})

test('a client has as many webhooks as the limit says, and not one more', async t => {
  const stage = setWebhooks(t, { maxWebhooksPerClient: 2 })
  await stage.register('a')
  const second = await stage.register('b')
  await assert.rejects(stage.register('c'), {
    code: 'LIMIT_EXCEEDED',
    message: 'Limit exceeded: a client can have 2 webhooks'
  })
  await stage.webhooks.unregister(ada, second)
  await stage.register('c')
})

test('a tenant has as many webhooks as the limit says, whoever owns them', async t => {
  const stage = setWebhooks(t, { maxWebhooksPerTenant: 2 })
  await stage.register('a')
  await stage.register('b', { lifetime: 'tenant' }, root)
  await assert.rejects(stage.register('c', {}, bob), {
    code: 'LIMIT_EXCEEDED',
    message: 'Limit exceeded: a tenant can have 2 webhooks'
  })
  await stage.register('e', {}, eve)
})

test('a webhook for the tenant needs an admin, and stays when its owner leaves', async t => {
  const stage = setWebhooks(t)
  await assert.rejects(stage.register('a', { lifetime: 'tenant' }), { code: 'AUTHORIZATION_ERROR' })
  const kept = await stage.register('b', { lifetime: 'tenant' }, root)
  await stage.register('c', {}, root)
  stage.webhooks.ownerLeft('root')
  assert.deepEqual(
    stage.webhooks.list(root).map(rule => rule.rule_id),
    [kept]
  )
})

test('when an owner leaves, what waits for its webhooks is discarded', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  stage.announce()
  stage.announce()
  await stage.turn()
  stage.webhooks.ownerLeft('ada')
  assert.deepEqual([stage.webhooks.queued, stage.count('discarded')], [0, 1])
  await stage.publish()
  assert.equal(stage.begun.length, 1)
})

test('tenants see nothing of each other, and clients of one tenant only what they own', async t => {
  const stage = setWebhooks(t)
  const { webhooks } = stage
  const rule = await stage.register('a')
  await stage.publish()
  await stage.end(failures[404])
  assert.deepEqual(
    [ada, bob, root, eve].map(asker => webhooks.list(asker).length),
    [1, 0, 1, 0]
  )
  for (const act of [
    (id: string) => webhooks.get(eve, id),
    (id: string) => webhooks.deliveries(eve, id),
    (id: string) => webhooks.deadLetters(eve, id)
  ]) {
    assert.throws(() => act(rule), { code: 'NOT_FOUND', message: `Not found: ${rule}` })
    assert.throws(() => act('wh_000000000000'), { code: 'NOT_FOUND', message: 'Not found: wh_000000000000' })
  }
  await assert.rejects(webhooks.test(eve, rule), { code: 'NOT_FOUND' })
  await assert.rejects(webhooks.unregister(eve, rule), { code: 'NOT_FOUND', message: `Not found: ${rule}` })
  for (const act of [() => webhooks.get(bob, rule), () => webhooks.deliveries(bob, rule)]) {
    assert.throws(act, { code: 'AUTHORIZATION_ERROR' })
  }
  await assert.rejects(webhooks.test(bob, rule), { code: 'AUTHORIZATION_ERROR' })
  await assert.rejects(webhooks.unregister(bob, rule), { code: 'AUTHORIZATION_ERROR' })
  assert.equal(webhooks.deliveries(root, rule).length, 1)
})

test('the last attempts are remembered, the newest first, and no more than the limit says', async t => {
  const stage = setWebhooks(t, { webhookLogSize: 3 })
  const rule = await stage.register('a')
  const { id } = await stage.publish()
  await stage.end({ ...failures[500], durationMs: 7.4 })
  const [{ delivery_id, ...attempt } = assert.fail()] = stage.webhooks.deliveries(ada, rule)
  assert.equal(delivery_id, stage.begun[0]?.headers['webhook-id'])
  assert.deepEqual(attempt, {
    message_id: id,
    attempt: 1,
    outcome: 'refused',
    status: 500,
    duration_ms: 7,
    at: '2026-01-01T00:00:00.000Z',
    next_attempt_at: '2026-01-01T00:00:01.000Z'
  })
  for (const delayMs of [1_000, 5_000, 25_000]) {
    await stage.pass(delayMs)
    await stage.end(failures[500])
  }
  const attempts = stage.webhooks.deliveries(ada, rule)
  assert.deepEqual(
    attempts.map(one => [one.attempt, 'next_attempt_at' in one]),
    [
      [4, false],
      [3, true],
      [2, true]
    ]
  )
  const { stats } = stage.webhooks.get(ada, rule)
  assert.deepEqual(stats, {
    delivered: 0,
    failed: 4,
    dropped: 0,
    dead_lettered: 1,
    last_status: 500,
    last_attempt_at: '2026-01-01T00:00:31.000Z'
  })
})

test('attempts are counted and told, without URL and content', async t => {
  const stage = setWebhooks(t)
  const rule = await stage.register('a')
  await stage.publish({ payload: '{"secret":"tangerine"}' })
  await stage.end(failures.timeout)
  await stage.pass(1_000)
  await stage.end()
  const told = stage.events.map(({ type, severity, clientId, payload }) => {
    const { rule_id, attempt, outcome, status, final } = payload as Record<string, unknown>
    return [type, severity, clientId, rule_id, attempt, outcome, status, final]
  })
  assert.deepEqual(told, [
    ['webhook_failed', 'warning', 'ada', rule, 1, 'timeout', null, false],
    ['webhook_delivered', 'info', 'ada', rule, 2, 'ok', 200, true]
  ])
  assert.doesNotMatch(JSON.stringify(stage.events), /tangerine|127\.0\.0\.1/)
  assert.deepEqual(stage.webhooks.counts(), [
    { outcome: 'delivered', count: 1 },
    { outcome: 'failed', count: 1 },
    { outcome: 'retried', count: 1 },
    { outcome: 'dropped', count: 0 },
    { outcome: 'discarded', count: 0 },
    { outcome: 'dead_lettered', count: 0 },
    { outcome: 'forgotten', count: 0 }
  ])
})

test('a sample goes out at once and once, past everything that waits, and counts nowhere', async t => {
  const stage = setWebhooks(t, { webhookBreakerFailures: 1 })
  const rule = await stage.register('a', { room: 'science', channel: 'ex*', secret })
  await stage.publish()
  await stage.end(failures[404])
  const answer = stage.webhooks.test(ada, rule)
  const [sample] = stage.open
  assert.ok(sample?.headers['webhook-signature'])
  const { sender_client_id, envelope } = JSON.parse(sample.body)
  assert.deepEqual(
    [sender_client_id, envelope.room, envelope.channel, envelope.payload],
    ['arqonbus', 'science', 'webhook-test', { webhook_test: true, rule_id: rule }]
  )
  await assert.rejects(stage.webhooks.test(ada, rule), { code: 'RATE_LIMITED', retryAfterMs: 2000 })
  await stage.end({ status: 503, outcome: 'refused', durationMs: 12.6 })
  const deliveryId = sample.headers['webhook-id']
  assert.deepEqual(await answer, {
    rule_id: rule,
    delivery_id: deliveryId,
    outcome: 'refused',
    status: 503,
    duration_ms: 13
  })
  assert.deepEqual([stage.webhooks.deliveries(ada, rule).length, stage.count('failed')], [1, 1])
  const again = stage.webhooks.test(ada, rule)
  await stage.end()
  assert.equal((await again).outcome, 'ok')
})
