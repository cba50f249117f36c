import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../helper.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const auth = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }

function holder(claims: object) {
  return { headers: { Authorization: `Bearer ${signToken(validClaims(Date.now(), { ...claims }))}` } }
}

test('dashboards are told what agents of their tenant do, and never what they say', async t => {
  const server = await startServer(t, auth)
  const dashboard = await server.connect('/ws?client_type=dashboard', holder({ tenant_id: 'acme' }))
  const stranger = await server.connect('/ws', holder({ tenant_id: 'umbrella' }))
  for (const client of [dashboard, stranger]) await client.join('integriguard:dashboard-events')
  const agent = await server.connect('/ws?client_type=ai-agent', holder({ tenant_id: 'acme' }))
  const human = await server.connect('/ws', holder({ tenant_id: 'acme' }))
  const payload = { text: 'only for members' }
  for (const client of [agent, human]) {
    await client.ask({ type: 'message', room: 'lab', channel: 'one', payload })
    await client.ask({ type: 'event', room: 'lab:one', payload })
    await client.ask({ type: 'private', to: dashboard.id, payload })
    await client.command('ping', payload)
  }
  await dashboard.settle()
  await stranger.settle()
  const told = dashboard.frames.filter(({ type }) => type === 'telemetry')
  assert.deepEqual(
    told.map(({ sender, room, channel, payload: { eventType, payload: facts } }) => [
      [sender, room, channel, eventType, facts.client_id, facts.client_type].join(' '),
      [facts.room, facts.channel, facts.message_type]
    ]),
    [
      ['lab', 'one', 'message'],
      ['lab', 'one', 'event'],
      [null, null, 'private'],
      [null, null, 'command']
    ].map(facts => [`telemetry integriguard dashboard-events agent_activity ${agent.id} ai-agent`, facts])
  )
  assert.doesNotMatch(JSON.stringify(told), /only for members/)
  assert.deepEqual(
    stranger.frames.filter(({ type }) => type === 'telemetry'),
    []
  )
})

test('while no dashboard is there nothing is told, and nothing kept in history', async t => {
  const server = await startServer(t)
  const agent = await server.connect('/ws?client_type=ai-agent')
  await agent.ask({ type: 'message', room: 'lab:one', payload: {} })
  const { payload } = await agent.command('history', { room: 'integriguard', channel: 'dashboard-events' })
  assert.equal(payload.data.count, 0)
})
