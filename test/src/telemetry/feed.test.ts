import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventKinds } from '../../../src/telemetry/kinds.ts'
import { FeedStage } from './stage.ts'

test('an event has both spellings of its name, a time, an id, a source and what it says', () => {
  const stage = new FeedStage()
  const { got } = stage.watch()
  stage.happen('client_joined', { clientId: 'arq_client_1', severity: 'warning', payload: { room: 'lab' } })
  stage.pass()
  assert.match(got[0]?.event_id, /^arq_[0-9a-f-]{36}$/)
  assert.deepEqual(got, [
    {
      event_type: 'client_joined',
      eventType: 'client_joined',
      timestamp: '2026-01-01T00:00:00.000Z',
      event_id: got[0]?.event_id,
      source: 'arqonbus',
      client_id: 'arq_client_1',
      metadata: { tenant_id: 'acme' },
      payload: { room: 'lab' },
      severity: 'warning'
    }
  ])
})

test('an event about no client names none, and where there is one tenant that is not named either', () => {
  const stage = new FeedStage(false)
  const { got } = stage.watch()
  stage.happen('channel_created')
  stage.pass()
  assert.deepEqual([got[0]?.metadata, 'client_id' in (got[0] ?? {})], [{}, false])
})

test('events come within 100 ms, in order, and in one write', () => {
  const stage = new FeedStage()
  const { writes, names } = stage.watch()
  stage.happen('client_connected')
  stage.pass(40)
  stage.happen('client_joined')
  assert.deepEqual(writes, [])
  stage.pass(60)
  assert.deepEqual([writes, names()], [[2], ['client_connected', 'client_joined']])
})

test('a flood is handed over before its time', () => {
  const stage = new FeedStage()
  const { got } = stage.watch()
  for (let n = 0; n < 100; n++) stage.happen('message_routed', { payload: { text: 'x'.repeat(1000) } })
  assert.ok(got.length >= 50, `${got.length}`)
})

test('without watchers nobody listens, and no timer runs', () => {
  const stage = new FeedStage()
  assert.equal(stage.events.isHeard, false)
  const { subscription } = stage.watch()
  assert.equal(stage.events.isHeard, true)
  stage.happen('client_joined')
  assert.equal(stage.clock.pending, 1)
  subscription.close()
  subscription.close()
  assert.deepEqual([stage.events.isHeard, stage.clock.pending, stage.feed.size], [false, 0, 0])
})

test('an event is encoded once for all who get it', () => {
  const stage = new FeedStage()
  let count = 0
  const payload = {
    toJSON() {
      count++
      return {}
    }
  }
  stage.watch({ events: new Set() })
  stage.happen('client_joined', { payload })
  assert.equal(count, 0)
  stage.watch()
  stage.watch()
  stage.happen('client_joined', { payload })
  assert.equal(count, 1)
})

for (const [who, tenant, expected] of [
  ['somebody of the tenant', 'acme', ['own', 'system_started', 'system_stopping']],
  ['somebody of another tenant', 'umbrella', ['other', 'system_started', 'system_stopping']],
  [
    'one who sees all',
    undefined,
    ['own', 'other', 'stats', 'authentication_failed', 'system_started', 'system_stopping']
  ]
] as const) {
  test(`${who} sees ${expected.join(', ')}`, () => {
    const stage = new FeedStage()
    const { names } = stage.watch({ tenant })
    stage.happen('own')
    stage.happen('other', { tenant: 'umbrella' })
    for (const type of ['stats', 'authentication_failed', 'system_started', 'system_stopping']) {
      stage.happen(type, { tenant: undefined })
    }
    stage.pass()
    assert.deepEqual(names(), expected)
  })
}

test('what a watcher sees does not depend on other tenants, whatever happens', () => {
  const happening = fc.record({
    type: fc.constantFrom(...eventKinds, 'unheard_of'),
    tenant: fc.constantFrom('acme', 'umbrella', undefined)
  })
  const check = (happenings: readonly { type: string; tenant: string | undefined }[]): void => {
    const stage = new FeedStage()
    const { got } = stage.watch()
    for (const { type, tenant } of happenings) stage.happen(type, { tenant, payload: { about: tenant ?? 'process' } })
    stage.pass()
    for (const { payload, event_type } of got) {
      if (payload.about !== 'acme') assert.ok(payload.about === 'process' && /^system_/.test(event_type))
    }
    assert.equal(
      got.filter(({ payload }) => payload.about === 'acme').length,
      happenings.filter(({ tenant }) => tenant === 'acme').length
    )
  }
  fc.assert(fc.property(fc.array(happening, { maxLength: 50 }), check))
})

test('a filter lets only the chosen kinds through, also of what waits already', () => {
  const stage = new FeedStage()
  const { subscription, names } = stage.watch({ events: new Set(['client_joined', 'client_left']) })
  for (const type of ['client_joined', 'stats', 'client_left']) stage.happen(type)
  subscription.setFilter(new Set(['client_left', 'stats']))
  stage.happen('stats')
  stage.happen('client_joined')
  stage.pass()
  assert.deepEqual(names(), ['client_left', 'stats'])
  subscription.setFilter(undefined)
  stage.happen('anything')
  stage.pass()
  assert.deepEqual(names().slice(2), ['anything'])
})

test('a watcher who asks to wait gets nothing until it takes more, and then all', () => {
  const stage = new FeedStage()
  const slow = stage.watch()
  const { names } = stage.watch()
  slow.isTaking = false
  for (const type of ['a', 'b', 'c']) {
    stage.happen(type)
    stage.pass()
  }
  assert.deepEqual([slow.names(), names()], [['a'], ['a', 'b', 'c']])
  assert.equal(slow.subscription.isBlocked, true)
  slow.isTaking = true
  slow.subscription.drained()
  assert.deepEqual([slow.names(), slow.subscription.dropped], [['a', 'b', 'c'], 0])
})

test('beyond its bytes the oldest events are dropped, and the next that comes is preceded by their number', () => {
  const stage = new FeedStage()
  const probe = stage.watch()
  stage.happen('probe', { payload: { n: 10 } })
  stage.pass()
  const bytes = Buffer.byteLength(JSON.stringify(probe.got[0]))
  probe.subscription.close()
  const slow = stage.watch({ maxBytes: 3 * bytes })
  slow.isTaking = false
  stage.happen('probe', { payload: { n: 10 } })
  stage.pass()
  for (let n = 11; n <= 13; n++) stage.happen('probe', { payload: { n } })
  assert.equal(slow.subscription.dropped, 0)
  for (let n = 14; n <= 15; n++) stage.happen('probe', { payload: { n } })
  assert.equal(slow.subscription.dropped, 2)
  slow.subscription.drained()
  assert.deepEqual(
    slow.got.map(({ payload }) => payload),
    [{ n: 10 }, { dropped: 2, total: 2 }, { n: 13 }, { n: 14 }, { n: 15 }]
  )
  const { event_id: _id, ...notice } = slow.got[1] ?? {}
  assert.deepEqual(notice, {
    event_type: 'dropped',
    eventType: 'dropped',
    timestamp: '2026-01-01T00:00:00.200Z',
    source: 'arqonbus',
    metadata: {},
    payload: { dropped: 2, total: 2 },
    severity: 'warning'
  })
  slow.isTaking = true
  slow.subscription.drained()
  for (let n = 16; n <= 17; n++) stage.happen('probe', { payload: { n } })
  stage.pass()
  assert.deepEqual(
    slow.got.slice(5).map(({ payload }) => payload),
    [{ n: 16 }, { n: 17 }]
  )
  assert.deepEqual([stage.feed.droppedCount, stage.feed.sentCount], [2, 1 + 4 + 2])
})

test('an event that is larger than the queue is dropped and told', () => {
  const stage = new FeedStage()
  const { names, subscription } = stage.watch({ maxBytes: 500 })
  stage.happen('large', { payload: { text: 'x'.repeat(500) } })
  stage.happen('small')
  stage.pass()
  assert.deepEqual([names(), subscription.dropped], [['dropped', 'small'], 1])
})

test('whatever happens, every event is handed over once and in order, or counted as dropped', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('happen' as const), size: fc.nat({ max: 400 }) }),
    fc.record({ do: fc.constantFrom('stop' as const, 'take' as const, 'pass' as const), size: fc.constant(0) })
  )
  const check = (steps: readonly { do: string; size: number }[]): void => {
    const stage = new FeedStage()
    const onlooker = stage.watch({ maxBytes: 1_500 })
    let n = 0
    for (const { do: act, size } of steps) {
      if (act === 'happen') stage.happen('e', { payload: { n: n++, text: 'x'.repeat(size) } })
      else if (act === 'pass') stage.pass()
      else {
        onlooker.isTaking = act === 'take'
        if (onlooker.isTaking) onlooker.subscription.drained()
      }
    }
    onlooker.isTaking = true
    onlooker.subscription.drained()
    let expected = 0
    for (const { event_type, payload } of onlooker.got) {
      if (event_type === 'dropped') expected += payload.dropped
      else assert.equal(payload.n, expected++)
    }
    assert.equal(expected, n)
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), check))
})

test('a report goes to the others of its tenant under its own name, and not back', () => {
  const stage = new FeedStage()
  const [author, other, stranger] = [stage.watch(), stage.watch(), stage.watch({ tenant: 'umbrella' })]
  const chosen = stage.watch({ events: new Set(['telemetry']) })
  const spared = stage.watch({ events: new Set(['system_stopping']) })
  const report = { name: 'system_stopping', tenant: 'acme', clientId: 'arq_client_1', payload: { a: 1 } }
  stage.feed.relay(report, author.subscription)
  stage.pass()
  assert.deepEqual([author.got, stranger.got, spared.got], [[], [], []])
  for (const { got } of [other, chosen]) {
    const [{ event_type, source, client_id, payload } = {}] = got
    assert.deepEqual(
      [event_type, source, client_id, payload],
      ['system_stopping', 'telemetry', 'arq_client_1', { a: 1 }]
    )
  }
})

test('after the end nothing is handed over', () => {
  const stage = new FeedStage()
  const { got } = stage.watch()
  stage.happen('a')
  stage.feed.close()
  stage.happen('b')
  stage.pass()
  assert.deepEqual([got, stage.clock.pending], [[], 0])
})
