import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ada, defaultLimits, eve, failures, payloadOf, setWebhooks } from './stage.ts'

/** Numbers the payload. */
function numbered(n: number) {
  return { payload: `{"n":${n}}` }
}

test('whoever publishes does not wait: requests begin at the end of the turn', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  stage.announce()
  assert.deepEqual([stage.begun.length, stage.webhooks.queued, stage.webhooks.inFlight], [0, 1, 0])
  await stage.turn()
  assert.deepEqual([stage.begun.length, stage.webhooks.queued, stage.webhooks.inFlight], [1, 0, 1])
})

test('deliveries of one rule go in order and one at a time', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  for (let n = 0; n < 3; n++) stage.announce(numbered(n))
  await stage.turn()
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(stage.sinks, ['a'])
    assert.deepEqual(payloadOf(await stage.end()), { n })
  }
  assert.deepEqual(stage.sinks, [])
})

test('a failed delivery is tried 3 times more, under one id and with the time of each attempt, and is then a dead letter', async t => {
  const stage = setWebhooks(t)
  await stage.register('a', { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` })
  const { id } = await stage.publish()
  for (const delayMs of [1_000, 5_000, 25_000]) {
    await stage.end(failures[500])
    await stage.pass(delayMs - 1)
    assert.equal(stage.open.size, 0)
    await stage.pass(1)
    assert.equal(stage.open.size, 1)
  }
  await stage.end(failures[500])
  await stage.pass(3_600_000)
  const ids = new Set(stage.begun.map(({ headers }) => headers['webhook-id']))
  const times = stage.begun.map(({ headers }) => Number(headers['webhook-timestamp']))
  assert.deepEqual([stage.begun.length, ids.size], [4, 1])
  assert.deepEqual(
    times.map(time => time - (times[0] as number)),
    [0, 1, 6, 31]
  )
  assert.equal(new Set(stage.begun.map(({ headers }) => headers['webhook-signature'])).size, 4)
  const [letter, ...others] = stage.webhooks.deadLetters(ada)
  assert.deepEqual(others, [])
  assert.deepEqual(
    [letter?.delivery_id, letter?.message_id, letter?.reason, letter?.attempts],
    [...ids, id, 'exhausted', 4]
  )
})

for (const [chance, factor] of [
  [0, 0.8],
  [0.999_999, 1.2]
] as const) {
  test(`with the chance ${chance} delays are ${factor} of what they are else`, async t => {
    const stage = setWebhooks(t)
    stage.chance = chance
    await stage.register('a')
    await stage.publish()
    await stage.end(failures[500])
    await stage.pass(factor * 1000 - 1)
    assert.equal(stage.open.size, 0)
    await stage.pass(1)
    assert.equal(stage.open.size, 1)
  })
}

test('what the sink does not want is not tried again', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  await stage.publish()
  await stage.end(failures[404])
  await stage.pass(3_600_000)
  assert.equal(stage.begun.length, 1)
  assert.equal(stage.webhooks.deadLetters(ada)[0]?.reason, 'refused')
})

test('Retry-After holds back the delivery, and not those behind it', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  for (let n = 0; n < 3; n++) stage.announce(numbered(n))
  await stage.turn()
  await stage.end({ outcome: 'refused', status: 429, retryAfterMs: 30_000 })
  assert.deepEqual(payloadOf(await stage.end()), { n: 1 })
  assert.deepEqual(payloadOf(await stage.end()), { n: 2 })
  await stage.pass(29_999)
  assert.equal(stage.open.size, 0)
  await stage.pass(1)
  assert.deepEqual(payloadOf(await stage.end()), { n: 0 })
})

test('a delivery whose time has come goes before those that were never tried', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  for (let n = 0; n < 3; n++) stage.announce(numbered(n))
  await stage.turn()
  await stage.end(failures[500])
  await stage.pass(1_000)
  const order = [await stage.end(), await stage.end(), await stage.end()].map(payloadOf)
  assert.deepEqual(order, [{ n: 1 }, { n: 0 }, { n: 2 }])
})

test('a tenant has as many requests under way as the limit says, and the process too', async t => {
  const stage = setWebhooks(t, { webhookConcurrencyPerTenant: 4, webhookConcurrency: 6 })
  for (const asker of [ada, eve]) {
    for (let n = 0; n < 6; n++) await stage.register(`${asker.tenant}-${n}`, {}, asker)
  }
  /** A first delivery shows that the sinks are quick. */
  for (const tenant of [ada.tenant, eve.tenant]) stage.announce({ tenant })
  await stage.turn()
  while (stage.open.size > 0) await stage.end()
  assert.equal(stage.begun.length, 12)
  stage.announce({ tenant: ada.tenant })
  await stage.turn()
  assert.equal(stage.open.size, 4)
  stage.announce({ tenant: eve.tenant })
  await stage.turn()
  assert.deepEqual([stage.webhooks.inFlight, stage.webhooks.queued], [6, 6])
})

test('rules take turns', async t => {
  const stage = setWebhooks(t, { webhookConcurrencyPerTenant: 1 })
  for (const name of ['a', 'b', 'c']) await stage.register(name)
  for (let n = 0; n < 2; n++) stage.announce()
  await stage.turn()
  const order: string[] = []
  while (stage.open.size > 0) {
    order.push(...stage.sinks)
    await stage.end()
  }
  assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'c'])
})

test('tenants take turns', async t => {
  const stage = setWebhooks(t, { webhookConcurrency: 1 })
  await stage.register('a')
  await stage.register('b')
  await stage.register('e', {}, eve)
  for (let n = 0; n < 2; n++) stage.announce()
  for (let n = 0; n < 2; n++) stage.announce({ tenant: eve.tenant })
  await stage.turn()
  const order: string[] = []
  while (stage.open.size > 0) {
    order.push(...stage.sinks)
    await stage.end()
  }
  assert.deepEqual(order, ['a', 'e', 'b', 'e', 'a', 'b'])
})

test('four sinks that hang keep no slot from a fifth that is quick', async t => {
  const stage = setWebhooks(t)
  await stage.register('quick')
  await stage.publish()
  await stage.end()
  for (let n = 0; n < 4; n++) await stage.register(`hangs-${n}`)
  for (let n = 0; n < 100; n++) {
    stage.announce(numbered(n))
    await stage.turn()
    assert.deepEqual(payloadOf(await stage.end({}, 'quick')), { n })
    // Every third message one of the requests that hang runs out of time.
    const hanging = stage.sinks[0]
    if (n % 3 === 0 && hanging) await stage.end(failures.timeout, hanging)
  }
  assert.ok(stage.sinks.every(name => name.startsWith('hangs')))
})

test('a new rule gets its turn as soon as the first of the sinks that hang runs out of time', async t => {
  const stage = setWebhooks(t)
  for (let n = 0; n < 4; n++) await stage.register(`hangs-${n}`)
  await stage.register('quick')
  await stage.publish()
  assert.equal(stage.open.size, 3)
  await stage.end(failures.timeout)
  await stage.end(failures.timeout)
  assert.ok(stage.sinks.includes('quick'), stage.sinks.join())
})

test('tenants whose sinks hang leave slots of the process to others', async t => {
  const stage = setWebhooks(t, { webhookConcurrency: 8 })
  const tenants = Array.from({ length: 8 }, (_, n) => `slow-${n}`)
  await stage.register('quick', {}, eve)
  await stage.publish({ tenant: eve.tenant })
  await stage.end()
  for (const tenant of tenants) {
    for (let n = 0; n < 4; n++)
      await stage.register(`hangs-${tenant}-${n}`, {}, { id: `${tenant}-${n}`, tenant, isAdmin: false })
    for (let n = 0; n < 3; n++) stage.announce({ tenant })
  }
  await stage.turn()
  for (let n = 0; n < 60; n++) {
    await stage.publish({ tenant: eve.tenant })
    assert.ok(stage.sinks.includes('quick'), `message ${n}`)
    await stage.end({}, 'quick')
    await stage.end(failures.timeout)
  }
})

test('the rule rests after 20 failures in a row; what waits and what matches is dead-lettered; then comes one trial', async t => {
  const stage = setWebhooks(t)
  const rule = await stage.register('a')
  const stateOf = () => stage.webhooks.list(ada)[0]?.state
  for (let n = 0; n < 22; n++) stage.announce(numbered(n))
  await stage.turn()
  for (let n = 0; n < 19; n++) await stage.end(failures[404])
  assert.equal(stateOf(), 'active')
  await stage.end(failures[404])
  assert.equal(stateOf(), 'resting')
  await stage.publish(numbered(22))
  assert.equal(stage.open.size, 0)
  const reasons = stage.webhooks.deadLetters(ada, rule).map(({ reason }) => reason)
  assert.deepEqual(reasons, ['resting', 'resting', 'resting', ...Array.from({ length: 20 }, () => 'refused')])
  await stage.pass(defaultLimits.webhookBreakerMs - 1)
  await stage.publish()
  assert.equal(stage.open.size, 0)
  await stage.pass(1)
  assert.equal(stateOf(), 'active')
  stage.announce(numbered(23))
  stage.announce(numbered(24))
  await stage.turn()
  assert.equal(stage.open.size, 1)
  await stage.end(failures[500])
  assert.deepEqual([stage.open.size, stateOf()], [0, 'resting'])
  await stage.pass(defaultLimits.webhookBreakerMs)
  await stage.publish()
  await stage.end()
  await stage.publish()
  await stage.end(failures[404])
  assert.equal(stateOf(), 'active')
})

test('retries whose rule has begun to rest are dead letters too', async t => {
  const stage = setWebhooks(t, { webhookBreakerFailures: 2 })
  await stage.register('a')
  for (let n = 0; n < 2; n++) stage.announce(numbered(n))
  await stage.turn()
  await stage.end(failures[500])
  await stage.end(failures[500])
  assert.deepEqual([stage.webhooks.queued, stage.clock.pending], [0, 0])
  assert.deepEqual(
    stage.webhooks.deadLetters(ada).map(({ reason }) => reason),
    ['resting', 'resting']
  )
})

test('410 disables the rule: what waits is dead-lettered, and nothing matches any more', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  for (let n = 0; n < 3; n++) stage.announce(numbered(n))
  await stage.turn()
  await stage.end(failures[410])
  await stage.publish()
  assert.deepEqual([stage.begun.length, stage.webhooks.queued], [1, 0])
  assert.equal(stage.webhooks.list(ada)[0]?.state, 'disabled')
  assert.deepEqual(
    stage.webhooks.deadLetters(ada).map(({ reason }) => reason),
    ['disabled', 'disabled', 'refused']
  )
})

test('what the owner may no longer read is not sent any more', async t => {
  const stage = setWebhooks(t)
  let mayRead = true
  await stage.register('a', {}, ada, () => mayRead)
  for (let n = 0; n < 2; n++) stage.announce(numbered(n))
  await stage.turn()
  mayRead = false
  await stage.end()
  stage.announce(numbered(2))
  await stage.turn()
  assert.deepEqual([stage.begun.length, stage.webhooks.queued, stage.count('discarded')], [1, 0, 1])
  mayRead = true
  await stage.publish(numbered(3))
  assert.deepEqual(payloadOf(await stage.end()), { n: 3 })
})

test('what waits for a rule that is removed is discarded, and what is under way ends by itself', async t => {
  const stage = setWebhooks(t)
  const rule = await stage.register('a')
  for (let n = 0; n < 3; n++) stage.announce(numbered(n))
  await stage.turn()
  await stage.end(failures[500])
  await stage.webhooks.unregister(ada, rule)
  assert.deepEqual([stage.webhooks.queued, stage.clock.pending, stage.count('discarded')], [0, 0, 2])
  assert.equal(stage.webhooks.inFlight, 1)
  await stage.end(failures[500])
  assert.deepEqual([stage.webhooks.inFlight, stage.clock.pending, stage.count('discarded')], [0, 0, 3])
  assert.equal(stage.begun.length, 2)
})

test('closing discards what waits and lets what is under way end', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  for (let n = 0; n < 2; n++) stage.announce()
  await stage.turn()
  const closed = stage.webhooks.close()
  assert.equal(stage.isPosterClosed, false)
  await stage.end()
  await closed
  assert.deepEqual(
    [stage.begun.length, stage.isPosterClosed, stage.clock.pending, stage.count('discarded')],
    [1, true, 0, 1]
  )
  assert.equal(stage.published.isHeard, false)
})

test('what does not end within 2 s of closing is broken off', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  await stage.publish()
  const closed = stage.webhooks.close()
  await stage.pass(1_999)
  assert.equal(stage.isPosterClosed, false)
  await stage.pass(1)
  await closed
  assert.deepEqual([stage.isPosterClosed, stage.webhooks.inFlight, stage.clock.pending], [true, 0, 0])
})
