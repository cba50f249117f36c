import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerFrame } from '../../helper.ts'
import { until } from '../../support/until.ts'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

test('clients are listed in pages, with where they are and what they were sent', async t => {
  const { ask, connect } = await openDesk(t)
  const [ada, bob] = [await connect('/ws?screen_name=Ada&client_type=ai-agent'), await connect()]
  await ada.join('lab:one')
  const first = await ask('GET', '/clients?limit=1')
  const second = await ask('GET', `/clients?limit=1&cursor=${first.body.next_cursor}`)
  assert.deepEqual([first.body.count, second.body.count, second.body.next_cursor], [1, 1, undefined])
  const clients: ServerFrame[] = [...first.body.clients, ...second.body.clients]
  assert.deepEqual(clients.map(client => client.client_id).sort(), [ada.id, bob.id].sort())
  const entry = clients.find(client => client.client_id === ada.id)
  assert.deepEqual(
    [entry?.screen_name, entry?.client_type, entry?.channels, entry?.channel_count, entry?.subject],
    ['Ada', 'ai-agent', ['lab:one'], 1, null]
  )
  const { body } = await ask('GET', `/clients/${ada.id}`)
  assert.deepEqual([body.frames_received, body.frames_sent, body.outbox_bytes], [1, 2, 0])
})

test('a client is disconnected with 4403 and the reason', async t => {
  const { ask, connect, app } = await openDesk(t)
  const [ada, bob] = [await connect(), await connect()]
  const { status, body } = await ask('DELETE', `/clients/${ada.id}`)
  assert.deepEqual([status, body], [200, { client_id: ada.id, disconnected: true }])
  assert.deepEqual(await ada.closed, { code: 4403, reason: '{"reason":"disconnected by an operator"}' })
  await until('it is gone', () => app.bus.hub.size === 1)
  assert.deepEqual(gist(await ask('DELETE', `/clients/${ada.id}`)), [404, 'NOT_FOUND'])
  await bob.settle()
})

test('a private message reaches the client it names, and nobody else', async t => {
  const { ask, connect } = await openDesk(t)
  const [ada, bob] = [await connect(), await connect()]
  const payload = '{"n": 12345678901234567890}'
  const text = new Promise<string>(resolve => ada.socket.once('message', data => resolve(data.toString())))
  const sent = await ask('POST', `/clients/${ada.id}/messages`, { body: `{"id":"arq_p1","payload":${payload}}` })
  assert.deepEqual([sent.status, sent.body.id, sent.body.client_id], [201, 'arq_p1', ada.id])
  assert.ok((await text).includes(`"payload":${payload}`))
  const frame = await ada.next(({ type }) => type === 'private')
  assert.deepEqual([frame.sender, frame.to, frame.timestamp], ['arqonbus', [ada.id], sent.body.timestamp])
  await bob.settle()
  assert.equal(
    bob.frames.some(({ type }) => type === 'private'),
    false
  )
})

test('a client that is not there, or of another tenant, cannot be seen, told or disconnected', async t => {
  const { ask, enter } = await openDesk(t, auth)
  const ada = await enter({ tenant_id: 'north' })
  const south = admin('south')
  assert.deepEqual((await ask('GET', '/clients', {}, south)).body, { clients: [], count: 0 })
  for (const [method, path, asked, code] of [
    ['GET', '', {}, 'NOT_FOUND'],
    ['DELETE', '', {}, 'NOT_FOUND'],
    ['POST', '/messages', { body: { payload: {} } }, 'TARGET_NOT_FOUND']
  ] as const) {
    const [foreign, missing] = [
      await ask(method, `/clients/${ada.id}${path}`, asked, south),
      await ask(method, `/clients/arq_nobody${path}`, asked, south)
    ]
    assert.deepEqual(gist(foreign), [404, code])
    assert.equal(foreign.text.replaceAll(ada.id, 'arq_nobody'), missing.text)
  }
  await ada.settle()
  assert.equal((await ask('GET', `/clients/${ada.id}`)).body.subject, 'user-1')
})

test('a private message that the policy blocks is not delivered', async t => {
  const { ask, connect } = await openDesk(t, guarded)
  const ada = await connect()
  const body = { room: 'lab', channel: 'one', payload: { key: SECRET } }
  const refused = await ask('POST', `/clients/${ada.id}/messages`, { body })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  await ada.settle()
  assert.equal(
    ada.frames.some(({ type }) => type === 'private'),
    false
  )
})

test('every fault of a private message is named', async t => {
  const { ask, connect } = await openDesk(t)
  const ada = await connect()
  const refused = await ask('POST', `/clients/${ada.id}/messages`, { body: { id: 1, payload: 'x', to: ada.id } })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  assert.match(refused.body.details, /^to: is not known; id: must be "arq_" .*; payload: must be an object$/)
  const long = await ask('GET', `/clients/${'x'.repeat(129)}`)
  assert.deepEqual([...gist(long), long.body.details], [400, 'VALIDATION_ERROR', 'client_id: must be a client id'])
  assert.deepEqual(gist(await ask('GET', `/clients/${'x'.repeat(128)}`)), [404, 'NOT_FOUND'])
})
