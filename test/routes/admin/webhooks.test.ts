import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { ServerFrame } from '../../helper.ts'
import { listen } from '../../support/listener.ts'
import { until } from '../../support/until.ts'
import { admin, auth, gist, openDesk } from './desk.ts'

/** How long a sink takes is not what is tested here. */
const patient = { ARQONBUS_WEBHOOK_CONNECT_TIMEOUT_MS: '60000' }

/** A server that keeps what is posted to it, and answers with the statuses given, then 204. */
async function openSink(t: TestContext, ...statuses: readonly number[]) {
  const bodies: ServerFrame[] = []
  const { port } = await listen(
    t,
    createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      response.writeHead(statuses[bodies.length] ?? 204).end()
      bodies.push(JSON.parse(text))
    })
  )
  return { hook: { url: `http://127.0.0.1:${port}/hook`, timeout_seconds: 10 }, bodies }
}

const message = { body: { payload: { n: 1 } } }
const channel = '/rooms/lab/channels/one/messages'
const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

test('a webhook is registered, gets what is published, and is removed', async t => {
  const { ask } = await openDesk(t, patient)
  const sink = await openSink(t)
  const body = { ...sink.hook, room: 'lab', headers: { Authorization: 'Basic c2VjcmV0' }, secret }
  const made = await ask('POST', '/webhooks', { body })
  assert.equal(made.status, 201)
  const { rule_id } = made.body
  assert.match(rule_id, /^wh_[0-9a-f]{12}$/)
  assert.deepEqual([made.body.lifetime, made.body.room, made.body.channel], ['tenant', 'lab', null])
  await ask('POST', channel, message)
  await until('it is posted', () => sink.bodies.length === 1)
  assert.deepEqual([sink.bodies[0]?.sender_client_id, sink.bodies[0]?.envelope.payload], ['arqonbus', { n: 1 }])
  await until('it is counted', async () => (await ask('GET', `/webhooks/${rule_id}`)).body.stats.delivered === 1)
  const listed = await ask('GET', '/webhooks')
  assert.deepEqual([listed.body.count, listed.body.rules[0].owner_client_id], [1, 'operator'])
  for (const shown of [made, listed]) assert.doesNotMatch(shown.text, /c2VjcmV0|whsec_/)
  const attempts = await ask('GET', `/webhooks/${rule_id}/deliveries`)
  assert.deepEqual([attempts.body.count, attempts.body.deliveries[0].outcome], [1, 'ok'])
  const removed = await ask('DELETE', `/webhooks/${rule_id}`)
  assert.deepEqual([removed.status, removed.body], [200, { rule_id }])
  assert.deepEqual(gist(await ask('GET', `/webhooks/${rule_id}`)), [404, 'NOT_FOUND'])
})

test('a sample says how the sink answers', async t => {
  const { ask } = await openDesk(t, patient)
  const sink = await openSink(t, 202, 500)
  const { rule_id } = (await ask('POST', '/webhooks', { body: sink.hook })).body
  const [good, bad] = [await ask('POST', `/webhooks/${rule_id}/test`), await ask('POST', `/webhooks/${rule_id}/test`)]
  assert.deepEqual(
    [good.status, good.body.outcome, good.body.status, bad.status, bad.body.outcome, bad.body.status],
    [200, 'ok', 202, 200, 'refused', 500]
  )
  assert.equal(sink.bodies[0]?.envelope.payload.webhook_test, true)
})

test('what was given up is listed, and posted once more when that is asked for', async t => {
  const { ask } = await openDesk(t, patient)
  const sink = await openSink(t, 404)
  const { rule_id } = (await ask('POST', '/webhooks', { body: sink.hook })).body
  await ask('POST', channel, message)
  const letters = (query = '') => ask('GET', `/webhooks/dead-letters${query}`)
  await until('it is given up', async () => (await letters()).body.count === 1)
  const [letter] = (await letters(`?rule_id=${rule_id}&limit=1`)).body.dead_letters
  assert.deepEqual([letter.rule_id, letter.reason, letter.attempts], [rule_id, 'refused', 1])
  const replayed = await ask('POST', `/webhooks/dead-letters/${letter.delivery_id}/replay`)
  assert.deepEqual([replayed.status, replayed.body], [200, { delivery_id: letter.delivery_id, rule_id }])
  await until('it is posted again', () => sink.bodies.length === 2)
  const again = await ask('POST', `/webhooks/dead-letters/${letter.delivery_id}/replay`)
  assert.deepEqual(gist(again), [404, 'NOT_FOUND'])
})

test('what is given up to a disabled webhook is not replayed', async t => {
  const { ask } = await openDesk(t, patient)
  const sink = await openSink(t, 410)
  const { rule_id } = (await ask('POST', '/webhooks', { body: sink.hook })).body
  await ask('POST', channel, message)
  await until('it is disabled', async () => (await ask('GET', `/webhooks/${rule_id}`)).body.state === 'disabled')
  const [letter] = (await ask('GET', '/webhooks/dead-letters')).body.dead_letters
  const refused = await ask('POST', `/webhooks/dead-letters/${letter.delivery_id}/replay`)
  assert.deepEqual([...gist(refused), refused.body.details], [409, 'CONFLICT', `${rule_id} is disabled`])
})

test('a webhook belongs to the tenant: it outlives sockets, and an admin at one sees and removes it', async t => {
  const { ask, enter } = await openDesk(t, { ...auth, ...patient })
  const sink = await openSink(t)
  const { rule_id } = (await ask('POST', '/webhooks', { body: sink.hook })).body
  const [boss, user] = [await enter(admin('north')), await enter({ tenant_id: 'north' })]
  assert.equal((await user.command('op.webhook.list')).payload.data.count, 0)
  assert.equal((await user.command('op.webhook.unregister', { rule_id })).error_code, 'AUTHORIZATION_ERROR')
  assert.equal((await boss.command('op.webhook.list')).payload.data.rules[0].rule_id, rule_id)
  boss.socket.close()
  await boss.closed
  await user.ask({ type: 'message', room: 'lab:one', payload: { n: 1 } })
  await until('it is posted', () => sink.bodies.length === 1)
  const next = await enter({ ...admin('north'), sub: 'another-admin' })
  assert.equal((await next.command('op.webhook.unregister', { rule_id })).status, 'success')
  assert.equal((await ask('GET', '/webhooks')).body.count, 0)
})

test('a webhook of another tenant looks like one that is not there, and posts nothing of others', async t => {
  const { ask } = await openDesk(t, { ...auth, ...patient })
  const [sink, dead] = [await openSink(t), await openSink(t, 404)]
  const { rule_id } = (await ask('POST', '/webhooks', { body: { ...sink.hook, room: 'lab' } })).body
  await ask('POST', '/webhooks', { body: { ...dead.hook, room: 'other' } })
  await ask('POST', '/rooms/other/channels/x/messages', message)
  const letters = () => ask('GET', '/webhooks/dead-letters')
  await until('one is given up', async () => (await letters()).body.count === 1)
  const { delivery_id } = (await letters()).body.dead_letters[0]
  const south = admin('south')
  for (const [method, path, id] of [
    ['GET', '/webhooks/ID', rule_id],
    ['DELETE', '/webhooks/ID', rule_id],
    ['GET', '/webhooks/ID/deliveries', rule_id],
    ['POST', '/webhooks/ID/test', rule_id],
    ['GET', '/webhooks/dead-letters?rule_id=ID', rule_id],
    ['POST', '/webhooks/dead-letters/ID/replay', delivery_id]
  ] as const) {
    const [foreign, missing] = [
      await ask(method, path.replace('ID', id), {}, south),
      await ask(method, path.replace('ID', 'nothing'), {}, south)
    ]
    assert.deepEqual(gist(foreign), [404, 'NOT_FOUND'], path)
    assert.equal(foreign.text.replace(id, 'nothing'), missing.text)
  }
  assert.equal((await ask('GET', '/webhooks', {}, south)).body.count, 0)
  assert.equal((await ask('GET', '/webhooks/dead-letters', {}, south)).body.count, 0)
  await ask('POST', channel, message, south)
  await ask('POST', channel, { body: { payload: { n: 2 } } })
  await until('the own one is posted', () => sink.bodies.length === 1)
  assert.deepEqual(sink.bodies[0]?.envelope.payload, { n: 2 })
})

test('a tenant can have as many webhooks as the settings say, and not one more', async t => {
  const { ask } = await openDesk(t, { ARQONBUS_MAX_WEBHOOKS_PER_TENANT: '1', ARQONBUS_MAX_WEBHOOKS_PER_CLIENT: '0' })
  const { hook } = await openSink(t)
  assert.equal((await ask('POST', '/webhooks', { body: hook })).status, 201)
  const refused = await ask('POST', '/webhooks', { body: hook })
  assert.deepEqual(
    [...gist(refused), refused.body.details],
    [413, 'LIMIT_EXCEEDED', 'Limit exceeded: a tenant can have 1 webhooks']
  )
})

test('every fault of a webhook is named, and its secret is not', async t => {
  const { ask } = await openDesk(t)
  const body = {
    url: 'ftp://user@192.168.0.1/',
    room: 'a b',
    headers: { Host: 'x' },
    timeout_seconds: 11,
    secret: 'tangerine',
    types: ['private'],
    colour: 'red'
  }
  const refused = await ask('POST', '/webhooks', { body })
  assert.deepEqual(gist(refused), [400, 'VALIDATION_ERROR'])
  for (const field of ['colour', 'room', 'timeout_seconds', 'types'])
    assert.match(refused.body.details, new RegExp(`(^|; )${field}: `), field)
  assert.doesNotMatch(refused.text, /tangerine/)
  const shaped = await ask('POST', '/webhooks', { body: { url: body.url, headers: body.headers, secret: body.secret } })
  assert.match(
    shaped.body.details,
    /url: must be http or https; headers\.Host: must not be set; secret: must be whsec_ and then/
  )
})

test('an address that webhooks may not go to is refused', async t => {
  const { ask } = await openDesk(t)
  for (const url of [
    'http://192.168.0.1/',
    'http://169.254.169.254/latest',
    'http://[fd00::1]/',
    'http://0x0a000001/'
  ]) {
    const refused = await ask('POST', '/webhooks', { body: { url } })
    assert.deepEqual(
      [...gist(refused), refused.body.details],
      [400, 'VALIDATION_ERROR', 'url: this address cannot be used'],
      url
    )
  }
})
