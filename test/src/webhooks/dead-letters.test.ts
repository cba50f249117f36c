import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ada, bob, eve, failures, payloadOf, root, setWebhooks, type WebhookStage } from './stage.ts'

async function bury(stage: WebhookStage, count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n++) {
    await stage.publish({ payload: `{"n":${n}}` })
    while (stage.open.size > 0) await stage.end(failures[404])
  }
}

test('as many are kept as the limit says; one more, and the oldest is forgotten and counted', async t => {
  const stage = setWebhooks(t, { webhookDeadLetters: 3 })
  await stage.register('a')
  await bury(stage, 3)
  const before = stage.webhooks.deadLetters(ada)
  assert.deepEqual([before.length, stage.count('forgotten')], [3, 0])
  await bury(stage, 1, 3)
  const after = stage.webhooks.deadLetters(ada)
  assert.deepEqual([after.length, stage.count('forgotten'), stage.count('dead_lettered')], [3, 1, 4])
  assert.deepEqual(after.slice(1), before.slice(0, 2))
})

test('their bodies are bounded as those of the queue', async t => {
  const stage = setWebhooks(t, { webhookQueueBytes: 1024 })
  await stage.register('a')
  await bury(stage, 10)
  const letters = stage.webhooks.deadLetters(ada)
  const bytes = letters.reduce((sum, letter) => sum + letter.bytes, 0)
  assert.ok(letters.length > 0 && bytes <= 1024 && bytes + (letters[0]?.bytes ?? 0) > 1024)
  assert.equal(stage.count('forgotten'), 10 - letters.length)
})

test('one that is replayed goes out once more, under its id and with all its attempts', async t => {
  const stage = setWebhooks(t)
  const rule = await stage.register('a')
  await bury(stage, 2)
  const [, oldest] = stage.webhooks.deadLetters(ada)
  assert.equal(stage.webhooks.replay(ada, oldest?.delivery_id ?? ''), rule)
  await stage.turn()
  await stage.end(failures[500])
  await stage.pass(1_000)
  const again = await stage.end()
  assert.deepEqual([payloadOf(again), again.headers['webhook-id']], [{ n: 0 }, oldest?.delivery_id])
  assert.equal(stage.webhooks.deadLetters(ada).length, 1)
})

test('one that fails again is a dead letter again', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  await bury(stage, 1)
  const [before] = stage.webhooks.deadLetters(ada)
  await stage.pass(1_000)
  stage.webhooks.replay(ada, before?.delivery_id ?? '')
  await stage.turn()
  await stage.end(failures[404])
  const [after, ...others] = stage.webhooks.deadLetters(ada)
  assert.deepEqual([after?.delivery_id, others.length], [before?.delivery_id, 0])
  assert.notEqual(after?.at, before?.at)
})

test('one is replayed once', async t => {
  const stage = setWebhooks(t)
  await stage.register('a')
  await bury(stage, 1)
  const id = stage.webhooks.deadLetters(ada)[0]?.delivery_id ?? ''
  stage.webhooks.replay(ada, id)
  assert.throws(() => stage.webhooks.replay(ada, id), { code: 'NOT_FOUND' })
})

test('nothing is replayed to a rule that rests or is disabled', async t => {
  const stage = setWebhooks(t, { webhookBreakerFailures: 1 })
  const rule = await stage.register('a')
  await bury(stage, 1)
  const id = stage.webhooks.deadLetters(ada)[0]?.delivery_id ?? ''
  assert.throws(() => stage.webhooks.replay(ada, id), { code: 'CONFLICT', message: `${rule} is resting` })
  await stage.pass(300_000)
  stage.webhooks.replay(ada, id)
  await stage.turn()
  await stage.end(failures[410])
  assert.throws(() => stage.webhooks.replay(ada, id), { code: 'CONFLICT', message: `${rule} is disabled` })
})

test('they are seen and replayed by their owner and by admins of the tenant, and by nobody else', async t => {
  const stage = setWebhooks(t)
  const rule = await stage.register('a')
  await stage.register('b', {}, bob)
  await bury(stage, 1)
  assert.deepEqual(
    stage.webhooks.deadLetters(ada).map(letter => letter.rule_id),
    [rule]
  )
  assert.deepEqual(
    [root, eve].map(asker => stage.webhooks.deadLetters(asker).length),
    [2, 0]
  )
  const id = stage.webhooks.deadLetters(ada)[0]?.delivery_id ?? ''
  assert.throws(() => stage.webhooks.replay(bob, id), { code: 'AUTHORIZATION_ERROR' })
  assert.throws(() => stage.webhooks.replay(eve, id), { code: 'NOT_FOUND', message: `Not found: ${id}` })
  assert.throws(() => stage.webhooks.deadLetters(bob, rule), { code: 'AUTHORIZATION_ERROR' })
  assert.throws(() => stage.webhooks.deadLetters(eve, rule), { code: 'NOT_FOUND' })
  assert.equal(stage.webhooks.replay(root, id), rule)
})

test('they go with their rule, and make room', async t => {
  const stage = setWebhooks(t, { webhookDeadLetters: 2 })
  const rule = await stage.register('a')
  await stage.register('b', {}, bob)
  await bury(stage, 1)
  await stage.webhooks.unregister(ada, rule)
  assert.deepEqual([stage.webhooks.deadLetters(ada).length, stage.webhooks.deadLetters(root).length], [0, 1])
  await bury(stage, 1)
  assert.deepEqual([stage.webhooks.deadLetters(root).length, stage.count('forgotten')], [2, 0])
})
