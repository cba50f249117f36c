import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../../../src/protocol/address.ts'
import { ada, eve, failures, payloadOf, setWebhooks, type WebhookStage } from './stage.ts'

async function fill(stage: WebhookStage, count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n++) stage.announce({ payload: `{"n":${n}}` })
  await stage.turn()
}

/** Ends everything, and says what was sent. */
async function finish(stage: WebhookStage): Promise<unknown[]> {
  const sent: unknown[] = []
  while (stage.open.size > 0) sent.push(payloadOf(await stage.end()))
  return sent
}

test('as many deliveries wait as the limit says; one more, and the oldest is dropped, counted and told', async t => {
  const stage = setWebhooks(t, { webhookQueueSize: 3 })
  const rule = await stage.register('a')
  await fill(stage, 1)
  await fill(stage, 3, 1)
  assert.deepEqual([stage.webhooks.queued, stage.count('dropped')], [3, 0])
  await fill(stage, 1, 4)
  assert.deepEqual([stage.webhooks.queued, stage.count('dropped')], [3, 1])
  assert.equal(stage.webhooks.list(ada)[0]?.stats.dropped, 1)
  const [{ type, severity, tenant, clientId, payload } = assert.fail()] = stage.events
  const { delivery_id, ...facts } = payload as Record<string, unknown>
  assert.deepEqual([type, severity, tenant, clientId], ['webhook_failed', 'error', 'default', 'ada'])
  assert.match(String(delivery_id), /^whd_/)
  assert.deepEqual(facts, {
    rule_id: rule,
    attempt: 0,
    outcome: 'dropped',
    reason: 'queue_full',
    status: null,
    duration_ms: 0,
    final: true,
    count: 1
  })
  assert.deepEqual(await finish(stage), [{ n: 0 }, { n: 2 }, { n: 3 }, { n: 4 }])
})

test('losses of one second are told as one', async t => {
  const stage = setWebhooks(t, { webhookQueueSize: 1 })
  await stage.register('a')
  await fill(stage, 1)
  await fill(stage, 10, 1)
  assert.equal(stage.events.length, 1)
  await stage.pass(1_000)
  await fill(stage, 1, 11)
  const counts = stage.events.map(({ payload }) => (payload as { count: number }).count)
  assert.deepEqual([counts, stage.count('dropped')], [[1, 9], 10])
})

test('as many bytes wait as the limit says, and not one more', async t => {
  const probe = setWebhooks(t)
  await probe.register('a')
  const parts = { id: 'arq_test-00', payload: '{"n":0}' }
  probe.announce(parts)
  await probe.turn()
  const bytes = Buffer.byteLength((await probe.end()).body)
  for (const [spare, queued] of [
    [0, 3],
    [-1, 2]
  ] as const) {
    const stage = setWebhooks(t, { webhookQueueBytes: 3 * bytes + spare })
    await stage.register('a')
    for (let count = 0; count < 4; count++) {
      stage.announce(parts)
      await stage.turn()
    }
    const length = Buffer.byteLength(stage.begun[0]?.body ?? '')
    assert.equal(length, bytes, 'the bodies are equally long')
    assert.equal(stage.webhooks.queued, queued)
  }
})

test('a message that is larger than the whole queue is dropped itself, and nothing else', async t => {
  const stage = setWebhooks(t, { webhookQueueBytes: 1024 })
  await stage.register('a')
  await fill(stage, 2)
  await stage.publish({ payload: JSON.stringify({ n: 'x'.repeat(2000) }) })
  assert.deepEqual(await finish(stage), [{ n: 0 }, { n: 1 }])
  assert.equal(stage.count('dropped'), 1)
})

test('a delivery that waits for another attempt counts, and can be the oldest', async t => {
  const stage = setWebhooks(t, { webhookQueueSize: 2 })
  await stage.register('a')
  await fill(stage, 1)
  await stage.end(failures[500])
  await fill(stage, 1, 1)
  await fill(stage, 1, 2)
  assert.deepEqual([stage.webhooks.queued, stage.clock.pending], [2, 1])
  await fill(stage, 1, 3)
  assert.deepEqual([stage.webhooks.queued, stage.clock.pending, stage.count('dropped')], [2, 0, 1])
  assert.deepEqual(await finish(stage), [{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('the bound is on each tenant', async t => {
  const stage = setWebhooks(t, { webhookQueueSize: 1 })
  await stage.register('a')
  await stage.register('e', {}, eve)
  await fill(stage, 1)
  await fill(stage, 1, 1)
  stage.announce({ tenant: eve.tenant })
  await stage.turn()
  assert.equal(stage.count('dropped'), 0)
  assert.equal(keyOf(eve.tenant, 'science', 'explore'), 'other/science:explore')
})
