import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { createLogger } from '../../src/log.ts'
import { KEY } from '../support/gate.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const SECRET = 'the-text-of-a-message'

/** A server whose log is kept, and what it has written for the audit. */
async function setAudit(t: TestContext, more: Record<string, string> = {}) {
  const lines: string[] = []
  const env = {
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
    ARQONBUS_SERVER_PORT: '0',
    ...more
  }
  const { config } = loadConfig({ env })
  const logger = createLogger({ logLevel: 'info', pretty: false }, { write: line => void lines.push(line) })
  const app = await buildApp({ config, logger })
  t.after(() => app.close())
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: object,
    role = 'admin'
  ) => {
    const token = signToken(validClaims(Date.now(), { sub: 'ada', role, tenant_id: 'north' }))
    const headers = { authorization: `Bearer ${token}` }
    return (await app.inject({ method, url: `/v1${url}`, headers, ...(payload ? { payload } : {}) })).statusCode
  }
  const audited = () => lines.map(line => JSON.parse(line)).filter(line => line.audit === true)
  return { ask, lines, audited }
}

test('each change is one line: who asked, in which tenant, for what, with which outcome, and no content', async t => {
  const { ask, lines, audited } = await setAudit(t)
  await ask('POST', '/rooms/lab/channels', { channel: 'one', description: SECRET })
  await ask('POST', '/rooms/lab/channels/one/messages', { payload: { text: SECRET } })
  await ask('PUT', '/store/lab/agents%2Fplanner', { value: SECRET })
  await ask('DELETE', '/clients/arq_nobody')
  await ask('POST', '/publish', { messages: [{ room: 'lab', channel: 'one', payload: { text: SECRET } }] })
  await ask('POST', '/announce', { text: SECRET })
  await until('all are told', () => audited().length === 6)
  assert.deepEqual(
    audited().map(({ by, tenant, route, params, status, level }) => [by, tenant, route, params, status, level]),
    [
      ['POST /v1/rooms/:room/channels', { room: 'lab' }, 201],
      ['POST /v1/rooms/:room/channels/:channel/messages', { room: 'lab', channel: 'one' }, 201],
      ['PUT /v1/store/:namespace/:key', { namespace: 'lab', key: 'agents/planner' }, 200],
      ['DELETE /v1/clients/:client_id', { client_id: 'arq_nobody' }, 404],
      ['POST /v1/publish', {}, 200],
      ['POST /v1/announce', {}, 400]
    ].map(([route, params, status]) => ['ada', 'north', route, params, status, 'info'])
  )
  assert.equal(lines.join('').includes(SECRET), false)
})

test('what changes nothing is no line, and neither is what was not let in', async t => {
  const { ask, audited } = await setAudit(t)
  for (const [method, url, payload] of [
    ['GET', '/rooms'],
    ['GET', '/store/lab/a'],
    ['POST', '/casil/test', { room: 'lab', channel: 'one', payload: {} }],
    ['POST', '/commands/list_channels', {}],
    ['POST', '/commands/history.get', { room: 'lab' }]
  ] as const)
    await ask(method, url, payload)
  assert.equal(await ask('POST', '/announce', { payload: {} }, 'user'), 403)
  await ask('POST', '/commands/op.store.set', { key: 'a', value: 1 })
  await ask('PATCH', '/casil', {})
  await until('the last is told', () => audited().some(({ route }) => route === 'PATCH /v1/casil'))
  assert.deepEqual(
    audited().flatMap(({ route }) => (route === undefined ? [] : [route])),
    ['POST /v1/commands/:name', 'PATCH /v1/casil']
  )
})

test('what inspection blocks in a path is in no line', async t => {
  const { ask, lines, audited } = await setAudit(t, {
    ARQONBUS_CASIL_ENABLED: 'true',
    ARQONBUS_CASIL_MODE: 'enforce',
    ARQONBUS_CASIL_BLOCK_ON_PROBABLE_SECRET: 'true'
  })
  assert.equal(await ask('PUT', `/store/lab/${KEY}`, { value: 1 }), 422)
  await until('it is told', () => audited().some(({ status }) => status === 422))
  assert.equal(lines.join('').includes(KEY), false)
})
