import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Asker } from '../../../src/structures/holdings.ts'
import { failures, type OpenPost, payloadOf, WebhookStage } from './stage.ts'

const limits = {
  webhookQueueSize: 4,
  webhookConcurrencyPerTenant: 2,
  webhookConcurrency: 3,
  webhookBreakerFailures: 4,
  webhookBreakerMs: 10_000,
  webhookDeadLetters: 3
}
const tenants = ['red', 'blue']
const results = [{}, failures[500], failures[404], failures[410], failures.timeout, { durationMs: 300 }]

const tenant = fc.constantFrom(...tenants)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), tenant }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(2), result: fc.constantFrom(...results) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('register' as const), tenant }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unregister' as const), tenant }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(500, 1_500, 7_000, 40_000) })
  }
)

function adminOf(name: string): Asker {
  return { id: name, tenant: name, isAdmin: true }
}

/** Requests under way, by what `nameOf` says of them. */
function tally(open: Iterable<OpenPost>, nameOf: (url: string) => string): number[] {
  const counts = new Map<string, number>()
  for (const { url } of open) counts.set(nameOf(url), (counts.get(nameOf(url)) ?? 0) + 1)
  return [...counts.values()]
}

/** Holds what is shown against what must be. */
function check(stage: WebhookStage, matched: number): void {
  const { webhooks, open } = stage
  const rules = tally(open, url => url)
  const ofTenants = tally(open, url => url.split('/')[3] ?? '')
  assert.ok(
    rules.every(count => count === 1),
    'one of each rule is under way'
  )
  assert.ok(ofTenants.every(count => count <= 2) && open.size <= 3, 'the slots are kept')
  assert.equal(webhooks.inFlight, open.size)
  const ended = ['delivered', 'dropped', 'discarded', 'dead_lettered'].map(outcome => stage.count(outcome) ?? 0)
  const settled = ended.reduce((sum, count) => sum + count, 0)
  assert.equal(matched, settled + webhooks.queued + webhooks.inFlight, 'every delivery is somewhere')
  for (const name of tenants) assert.ok(webhooks.deadLetters(adminOf(name)).length <= 3)
}

test('whatever happens, every delivery is somewhere, the bounds are kept, and first attempts are in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const stage = new WebhookStage(limits)
      let matched = 0
      let made = 0
      for (const now of steps) {
        if (now.do === 'register') await stage.register(`${now.tenant}/${++made}`, {}, adminOf(now.tenant))
        if (now.do === 'unregister') {
          const [rule] = stage.webhooks.list(adminOf(now.tenant))
          if (rule) await stage.webhooks.unregister(adminOf(now.tenant), rule.rule_id)
        }
        if (now.do === 'publish') {
          const active = stage.webhooks.list(adminOf(now.tenant)).filter(({ state }) => state !== 'disabled')
          matched += active.length
          await stage.publish({ tenant: now.tenant, payload: `{"n":${matched}}` })
        }
        if (now.do === 'end') {
          const post = [...stage.open][now.at]
          if (post) post.end(now.result)
          await stage.turn()
        }
        if (now.do === 'pass') await stage.pass(now.ms)
        check(stage, matched)
      }
      const firsts = new Map<string, number[]>()
      const seen = new Set<string>()
      for (const post of stage.begun) {
        const id = post.headers['webhook-id'] ?? ''
        const numbers = firsts.get(post.url) ?? []
        if (!seen.has(id)) firsts.set(post.url, [...numbers, (payloadOf(post) as { n: number }).n])
        seen.add(id)
      }
      for (const numbers of firsts.values())
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b)
        )
      const closed = stage.webhooks.close()
      for (const post of stage.open) post.end()
      await closed
      assert.deepEqual([stage.clock.pending, stage.webhooks.queued, stage.webhooks.inFlight], [0, 0, 0])
    }),
    { numRuns: 200 }
  )
})
