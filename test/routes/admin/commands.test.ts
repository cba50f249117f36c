import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, auth, gist, guarded, openDesk, SECRET } from './desk.ts'

test('any command is run, and answered as on a socket', async t => {
  const { ask } = await openDesk(t)
  const { status, headers, body } = await ask('POST', '/commands/op.store.set', { body: { key: 'a', value: [1] } })
  assert.deepEqual([status, headers.get('content-type')], [200, 'application/json; charset=utf-8'])
  assert.deepEqual([body.message, body.data.key, body.data.updated], ['Value stored', 'a', true])
  const read = await ask('POST', '/commands/op.store.get', { body: { key: 'a' } })
  assert.deepEqual(read.body.data.value, [1])
})

test('a command without arguments needs no body, and its other names will do', async t => {
  const { ask } = await openDesk(t)
  assert.equal((await ask('POST', '/commands/help')).status, 200)
  assert.equal((await ask('POST', '/commands/history.get', { body: {} })).status, 200)
})

test('what is wrong is told with the status of its code', async t => {
  const { ask } = await openDesk(t)
  for (const [name, body, status, code, details] of [
    ['dance', {}, 404, 'UNKNOWN_COMMAND', 'Unknown command: dance'],
    ['op.store.get', { keys: 1 }, 400, 'VALIDATION_ERROR', 'key: is required; keys: is not known'],
    ['join_channel', { room: 'lab', channel: 'a' }, 400, 'VALIDATION_ERROR', /needs a socket/],
    ['op.store.watch', { prefix: '' }, 400, 'VALIDATION_ERROR', /needs a socket/],
    ['op.omega.list_events', {}, 409, 'FEATURE_DISABLED', 'Tier-Omega experimental lane is disabled'],
    ['op.omega.vm.start', {}, 409, 'FEATURE_DISABLED', 'Tier-Omega virtual machines are disabled'],
    ['x'.repeat(129), {}, 400, 'VALIDATION_ERROR', 'name: must be the name of a command']
  ] as const) {
    const answer = await ask('POST', `/commands/${name}`, { body })
    assert.deepEqual(gist(answer), [status, code], name)
    if (typeof details === 'string') assert.equal(answer.body.details, details)
    else assert.match(answer.body.details, details)
  }
})

test('a command acts in the tenant of the token', async t => {
  const { ask } = await openDesk(t, auth)
  await ask('POST', '/commands/create_channel', { body: { channel_id: 'lab:one' } })
  const seen = (tenant: string) =>
    ask('POST', '/commands/channel_info', { body: { channel_id: 'lab:one' } }, admin(tenant))
  assert.equal((await seen('north')).status, 200)
  assert.deepEqual(gist(await seen('south')), [404, 'CHANNEL_NOT_FOUND'])
})

test('arguments that the policy blocks are not taken', async t => {
  const { ask } = await openDesk(t, guarded)
  const refused = await ask('POST', '/commands/op.store.set', { body: { key: 'a', value: { key: SECRET } } })
  assert.deepEqual(gist(refused), [422, 'CASIL_POLICY_BLOCKED_SECRET'])
  assert.equal((await ask('POST', '/commands/op.store.get', { body: { key: 'a' } })).body.data.found, false)
})

test('a command is run once under its key', async t => {
  const { ask } = await openDesk(t)
  const count = () =>
    ask('POST', '/commands/op.store.increment', { body: { key: 'n' }, headers: { 'idempotency-key': 'n1' } })
  const [first, again] = [await count(), await count()]
  assert.deepEqual([first.body.data.value, again.body.data.value], [1, 1])
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
})
