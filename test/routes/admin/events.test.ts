import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { startServer } from '../../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

/** One who watches: what came so far, event by event. */
async function watch(t: TestContext, url: string, headers: Record<string, string> = {}) {
  const request = get(url, { headers })
  t.after(() => request.destroy())
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  const events = (): Record<string, unknown>[] =>
    text.split('\n\n').flatMap(block => (block.startsWith('data: ') ? [JSON.parse(block.slice(6))] : []))
  return { request, response, events, types: () => events().map(event => event.event_type) }
}

const token = (claims: Record<string, unknown>) => signToken(validClaims(Date.now(), claims))

test('who watches sees what happens, in both spellings', async t => {
  const { httpUrl, connect } = await startServer(t)
  const { response, events, types } = await watch(t, `${httpUrl}/v1/events`)
  assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8')
  const ada = await connect()
  await ada.join('lab:one')
  await until('the membership is told', () => types().includes('client_joined'))
  const joined = events().find(event => event.event_type === 'client_joined')
  assert.deepEqual([joined?.eventType, joined?.client_id, joined?.source], ['client_joined', ada.id, 'arqonbus'])
})

test('only the kinds that were asked for come', async t => {
  const { httpUrl, connect } = await startServer(t)
  const { types } = await watch(t, `${httpUrl}/v1/events?events=client_joined,client_left`)
  const ada = await connect()
  await ada.join('lab:one')
  await ada.command('leave_channel', { channel_id: 'lab:one' })
  await until('both are told', () => types().length >= 2)
  assert.deepEqual(types(), ['client_joined', 'client_left'])
})

test('a kind that does not exist is refused, with those that do', async t => {
  const { app } = await startServer(t)
  const headers = { host: 'localhost' }
  const { statusCode, body } = await app.inject({ url: '/v1/events?events=nonsense,stats', headers })
  assert.equal(statusCode, 400)
  assert.match(JSON.parse(body).details, /unknown nonsense; known are authentication_failed, .*webhook_failed/)
})

test('an admin sees its own tenant, a superadmin all', async t => {
  const { httpUrl, connect } = await startServer(t, auth)
  const watchAs = (claims: Record<string, unknown>) =>
    watch(t, `${httpUrl}/v1/events?events=client_connected`, { authorization: `Bearer ${token(claims)}` })
  const north = await watchAs({ role: 'admin', tenant_id: 'north' })
  const all = await watchAs({ role: 'superadmin', tenant_id: 'north' })
  const ids: string[] = []
  for (const tenant_id of ['south', 'north'])
    ids.push((await connect('/ws', { headers: { authorization: `Bearer ${token({ tenant_id })}` } })).id)
  await until('all are told', () => all.events().length === 2 && north.events().length === 1)
  assert.deepEqual(
    [all, north].map(({ events }) => events().map(event => event.client_id)),
    [ids, ids.slice(1)]
  )
})

test('the stream ends when the token does', async t => {
  const { httpUrl } = await startServer(t, auth)
  const exp = Math.floor(Date.now() / 1000) + 1
  const { response } = await watch(t, `${httpUrl}/v1/events`, {
    authorization: `Bearer ${token({ role: 'admin', exp })}`
  })
  await once(response.resume(), 'end')
  assert.ok(Date.now() >= exp * 1000)
})

test('who watches takes a place among telemetry clients, and gives it back', async t => {
  const { httpUrl, app } = await startServer(t, { ARQONBUS_MAX_TELEMETRY_CLIENTS: '1' })
  const { request } = await watch(t, `${httpUrl}/v1/events`)
  const refused = await fetch(`${httpUrl}/v1/events`)
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [503, 'OVERLOADED'])
  request.destroy()
  await until('the place is free', () => app.feed.size === 0)
  const { response } = await watch(t, `${httpUrl}/v1/events`)
  assert.equal(response.statusCode, 200)
})

test('the server ends streams when it closes', async t => {
  const { httpUrl, app } = await startServer(t)
  const { response } = await watch(t, `${httpUrl}/v1/events`)
  const ended = once(response.resume(), 'end')
  await app.close()
  await ended
})
