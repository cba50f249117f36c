import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerFrame } from '../../helper.ts'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

const url = '/rooms/lab/channels/one/messages'

test('what is published is seen by members, to the byte, as sent by the bus', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.join('lab:one')
  const texts: string[] = []
  ada.socket.on('message', data => texts.push(data.toString()))
  const payload = '{"big": 12345678901234567890, "exact":1.0,\n "é":"\\u00e9"}'
  const published = await ask('POST', url, { body: `{"id":"arq_r1","payload":${payload},"metadata":{"trace":1}}` })
  assert.equal(published.status, 201)
  const { id, room, channel, sequence, duplicate, epoch, timestamp } = published.body
  assert.deepEqual([id, room, channel, sequence, duplicate], ['arq_r1', 'lab', 'one', 1, false])
  const frame = await ada.next(({ type }) => type === 'message')
  assert.deepEqual(
    [frame.id, frame.sender, frame.sequence, frame.epoch, frame.timestamp, frame.metadata],
    ['arq_r1', 'arqonbus', 1, epoch, timestamp, { trace: 1 }]
  )
  assert.ok(texts.some(text => text.includes(`"payload":${payload}`)))
  assert.ok((await ask('GET', url)).text.includes(payload))
})

test('an event is published as one', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.join('lab:one')
  await ask('POST', url, { body: { type: 'event', payload: { n: 1 } } })
  assert.deepEqual((await ada.next(({ payload }) => payload?.n === 1)).type, 'event')
})

test('the same id is published once', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  await ada.join('lab:one')
  const post = () => ask('POST', url, { body: { id: 'arq_once', payload: { n: 1 } } })
  const [first, again] = [await post(), await post()]
  assert.deepEqual([first.body.duplicate, again.status, again.body.duplicate], [false, 201, true])
  assert.equal(again.body.sequence, first.body.sequence)
  await ada.settle()
  assert.equal(ada.frames.filter(({ payload }) => payload?.n === 1).length, 1)
})

test('history is read from its newest, and after a sequence in pages', async t => {
  const { ask } = await openDesk(t)
  for (let n = 1; n <= 5; n++) await ask('POST', url, { body: { payload: { n } } })
  const numbers = ({ messages }: ServerFrame) => messages.map(({ payload }: ServerFrame) => payload.n)
  const newest = await ask('GET', `${url}?limit=2`)
  assert.deepEqual([numbers(newest.body), newest.body.count, newest.body.total], [[4, 5], 2, 5])
  assert.equal('next_after' in newest.body, false)
  const pages: number[][] = []
  let after: number | undefined = 0
  while (after !== undefined) {
    const { body } = await ask('GET', `${url}?limit=2&after=${after}`)
    pages.push(numbers(body))
    after = body.next_after
  }
  assert.deepEqual(pages, [[1, 2], [3, 4], [5]])
  const { body } = await ask('GET', `${url}?after=5`)
  assert.deepEqual([body.messages, body.next_after], [[], undefined])
})

test('a page that its size cuts short says where the next one begins', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_MAX_HISTORY_REPLY_BYTES: '1024' })
  for (let n = 1; n <= 4; n++) await ask('POST', url, { body: { payload: { n, text: 'x'.repeat(700) } } })
  const seen: number[] = []
  let after: number | undefined = 0
  while (after !== undefined) {
    const { body } = await ask('GET', `${url}?after=${after}`)
    seen.push(...body.messages.map(({ sequence }: ServerFrame) => sequence))
    after = body.next_after
  }
  assert.deepEqual(seen, [1, 2, 3, 4])
})

test('history is read from and to a time', async t => {
  const { ask } = await openDesk(t)
  const { body: first } = await ask('POST', url, { body: { payload: { n: 1 } } })
  const past = await ask('GET', `${url}?until=2020-01-01T00:00:00Z`)
  const present = await ask('GET', `${url}?since=${first.timestamp.slice(0, 10)}T00:00:00Z`)
  assert.deepEqual([past.body.count, present.body.count], [0, 1])
})

test('a channel that does not exist has no history, one of another tenant neither', async t => {
  const { ask } = await openDesk(t, auth)
  await ask('POST', url, { body: { payload: { n: 1 } } })
  const [foreign, missing] = [
    await ask('GET', url, {}, admin('south')),
    await ask('GET', url.replace('one', 'two'), {}, admin('south'))
  ]
  assert.deepEqual(gist(foreign), [404, 'CHANNEL_NOT_FOUND'])
  assert.equal(foreign.text.replace('one', 'two'), missing.text)
  await ask('POST', url, { body: { payload: { n: 2 } } }, admin('south'))
  const { body } = await ask('GET', url, {}, admin('south'))
  assert.deepEqual([body.count, body.messages[0].payload], [1, { n: 2 }])
})

test('what a tenant is sent is not seen in another', async t => {
  const { ask, enter } = await openDesk(t, auth)
  const [north, south] = [await enter({ tenant_id: 'north' }), await enter({ tenant_id: 'south', sub: 'other' })]
  for (const client of [north, south]) await client.join('lab:one')
  await ask('POST', url, { body: { payload: { n: 1 } } })
  await north.next(({ payload }) => payload?.n === 1)
  await south.settle()
  assert.deepEqual(south.received(), [])
})

test('the capabilities of a token count here, too', async t => {
  const { ask } = await openDesk(t, auth)
  const claims = { ...admin('north'), channels: { publish: ['lab:*'], subscribe: [] } }
  assert.equal((await ask('POST', url, { body: { payload: {} } }, claims)).status, 201)
  assert.deepEqual(gist(await ask('GET', url, {}, claims)), [403, 'AUTHORIZATION_ERROR'])
  const elsewhere = await ask('POST', '/rooms/vault/channels/x/messages', { body: { payload: {} } }, claims)
  assert.deepEqual(gist(elsewhere), [403, 'AUTHORIZATION_ERROR'])
})

test('a message is not published on the channel of private ones', async t => {
  const { ask } = await openDesk(t)
  const body = { payload: { target: 'arq_client_1' } }
  const refused = await ask('POST', '/rooms/lab/channels/pm/messages', { body })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  const batch = await ask('POST', '/publish', { body: { messages: [{ room: 'lab', channel: 'pm', ...body }] } })
  assert.deepEqual([batch.body.failed, batch.body.results[0].code], [1, 'VALIDATION_ERROR'])
})

test('where channels are not made by use, none is', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_AUTO_CREATE_CHANNELS: 'false' })
  assert.deepEqual(gist(await ask('POST', url, { body: { payload: {} } })), [404, 'CHANNEL_NOT_FOUND'])
})

test('every fault of a message is named', async t => {
  const { ask } = await openDesk(t)
  const body = { id: 'x', type: 'system', payload: [], metadata: 1, to: 'a' }
  const refused = await ask('POST', url, { body })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  for (const fault of [
    'to: is not known',
    'id: must be',
    'type: must be message or event',
    'payload: must be an object',
    'metadata: must be an object'
  ])
    assert.ok(refused.body.details.includes(fault), fault)
  const query = await ask('GET', `${url}?limit=1001&after=-1&since=now&until=then&x=1`)
  for (const field of ['limit', 'after', 'since', 'until', 'x'])
    assert.match(query.body.details, new RegExp(`(^|; )${field}: `), field)
})

test('what the policy blocks is neither delivered nor stored', async t => {
  const { ask, connect } = await openDesk(t, guarded)
  const ada = await connect()
  await ada.join('lab:one')
  const refused = await ask('POST', url, { body: { payload: { key: SECRET } } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.equal(refused.text.includes(SECRET), false)
  await ask('POST', url, { body: { payload: { last: true } } })
  await ada.next(({ payload }) => payload?.last)
  assert.deepEqual(
    ada.frames.filter(({ room }) => room === 'lab').map(({ payload }) => payload),
    [{ last: true }]
  )
  assert.equal((await ask('GET', url)).body.count, 1)
})

test('a batch has a result for each of its messages, in their order', async t => {
  const { ask, connect } = await openDesk(t, guarded)
  const ada = await connect()
  await ada.join('lab:one')
  const at = (payload: unknown, more = {}) => ({ room: 'lab', channel: 'one', payload, ...more })
  const messages = [
    at({ n: 1 }, { id: 'arq_b1' }),
    at({ key: SECRET }),
    { room: 'lab', payload: 1, other: true },
    at({ n: 2 }, { id: 'arq_b1' }),
    at({ n: 3 }, { channel: 'two', type: 'event' })
  ]
  const { status, body, text } = await ask('POST', '/publish', { body: { messages } })
  assert.deepEqual([status, body.succeeded, body.failed], [200, 3, 2])
  assert.deepEqual(
    body.results.map((result: ServerFrame) => result.code ?? [result.channel, result.sequence, result.duplicate]),
    [['one', 1, false], 'CASIL_POLICY_BLOCKED_SECRET', 'VALIDATION_ERROR', ['one', 1, true], ['two', 1, false]]
  )
  const [, blocked, faulty] = body.results
  assert.deepEqual([blocked.status, blocked.retry, blocked.error], ['error', false, 'CASIL blocked message'])
  assert.equal(faulty.details, 'channel: is required; other: is not known; payload: must be an object')
  assert.equal(text.includes(SECRET), false)
  await ada.settle()
  assert.deepEqual(
    ada.frames.filter(({ room }) => room === 'lab').map(({ payload }) => payload.n),
    [1]
  )
  assert.equal((await ask('GET', url)).body.count, 1)
})

test('the payloads of a batch are published to the byte', async t => {
  const { ask } = await openDesk(t)
  const payloads = ['{"big": 12345678901234567890}', '{}', ' {"exact":1.0,\n "list":[[1e2],{"payload":-0}]} ']
  const items = payloads.map(
    payload => `{"room":"lab","metadata":{"payload":[0]},"payload":${payload},"channel":"one"}`
  )
  const { body } = await ask('POST', '/publish', { body: `{ "messages" : [${items.join(' ,\n')}] }` })
  assert.equal(body.succeeded, 3)
  const { text } = await ask('GET', url)
  for (const payload of payloads) assert.ok(text.includes(`"payload":${payload}`), payload)
})

test('the messages of a batch keep their order', async t => {
  const { ask } = await openDesk(t)
  const messages = Array.from({ length: 50 }, (_, n) => ({ room: 'lab', channel: 'one', payload: { n } }))
  await ask('POST', '/publish', { body: { messages } })
  const { body } = await ask('GET', url)
  assert.deepEqual(
    body.messages.map(({ payload }: ServerFrame) => payload.n),
    messages.map(({ payload }) => payload.n)
  )
})

test('a batch can hold as many messages as the settings say, and not one more', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_MAX_BATCH: '3' })
  const batch = (length: number) => ({
    messages: Array.from({ length }, () => ({ room: 'lab', channel: 'one', payload: {} }))
  })
  const refused = await ask('POST', '/publish', { body: batch(4) })
  assert.deepEqual(gist(refused), [413, 'LIMIT_EXCEEDED'])
  assert.equal(refused.body.details, 'Limit exceeded: a request can hold 3 messages')
  assert.equal((await ask('GET', url)).status, 404)
  assert.equal((await ask('POST', '/publish', { body: batch(3) })).body.succeeded, 3)
  const empty = await ask('POST', '/publish', { body: batch(0) })
  assert.deepEqual(
    [...gist(empty), empty.body.details],
    [400, 'VALIDATION_ERROR', 'messages: must be a list of messages']
  )
})

test('a batch is published once under its key', async t => {
  const { ask } = await openDesk(t)
  const asked = {
    body: { messages: [{ room: 'lab', channel: 'one', payload: {} }] },
    headers: { 'idempotency-key': 'b1' }
  }
  const [first, again] = [await ask('POST', '/publish', asked), await ask('POST', '/publish', asked)]
  assert.equal(again.text, first.text)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal((await ask('GET', url)).body.count, 1)
})

test('payloads that differ in the last of many digits are different requests', async t => {
  const { ask } = await openDesk(t)
  const headers = { 'idempotency-key': 'digits' }
  const post = (number: string) => ask('POST', url, { body: `{"payload":{"n":${number}}}`, headers })
  assert.equal((await post('12345678901234567890')).status, 201)
  assert.deepEqual(gist(await post('12345678901234567891')), [409, 'CONFLICT'])
  assert.equal((await post('12345678901234567890')).headers.get('idempotent-replayed'), 'true')
})
