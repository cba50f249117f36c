import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { ServerFrame } from '../helper.ts'
import { openDesk } from '../routes/admin/desk.ts'
import { listen } from '../support/listener.ts'
import { until } from '../support/until.ts'

const key = Buffer.alloc(32, 5)
const secret = `whsec_${key.toString('base64')}`

/** A post as it came. */
interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A server that believes only what is signed, by a check of its own. */
async function openSink(t: TestContext) {
  const posted: Posted[] = []
  const handle = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const isGenuine = request.headers['webhook-signature'] === `v1,${sign({ headers: request.headers, text })}`
    response.writeHead(isGenuine ? 204 : 401).end()
    if (isGenuine) posted.push({ headers: request.headers, text })
  })
  const { port } = await listen(t, handle)
  return { url: `http://127.0.0.1:${port}/`, posted }
}

function sign({ headers, text }: Posted): string {
  const { 'webhook-id': id, 'webhook-timestamp': time } = headers
  return createHmac('sha256', key).update(`${id}.${time}.${text}`).digest('base64')
}

test('with nothing but HTTP and a socket every part of the bus can be worked with', async t => {
  const { ask, connect } = await openDesk(t, { ARQONBUS_OMEGA_ENABLED: 'true' })
  const sink = await openSink(t)

  const channel = await ask('POST', '/rooms/lab/channels', { body: { channel: 'one' } })
  assert.deepEqual([channel.status, channel.body.channel_id], [201, 'lab:one'])
  const hook = await ask('POST', '/webhooks', { body: { url: sink.url, room: 'lab', channel: 'one', secret } })
  assert.equal(hook.status, 201)

  const alice = await connect('/ws?room=lab&channel=one')
  const published = await ask('POST', '/rooms/lab/channels/one/messages', { body: { payload: { text: 'Hello' } } })
  assert.equal(published.status, 201)
  const heard = await alice.next(({ id }) => id === published.body.id)
  await until('it is posted', () => sink.posted.length === 1)
  const first: ServerFrame = JSON.parse(sink.posted[0]?.text ?? '')
  assert.deepEqual([first.rule_version, first.sender_client_id, first.envelope], ['v1', 'arqonbus', heard])

  const job = { room: 'lab', channel: 'one', payload: { text: 'Time is up' }, delay_seconds: 0.05 }
  const scheduled = await ask('POST', '/cron', { body: job })
  assert.equal(scheduled.status, 201)
  const fired = await alice.next(({ sender }) => sender === 'op-cron')
  assert.deepEqual([fired.payload, fired.metadata], [job.payload, { cron_job_id: scheduled.body.job_id, iteration: 1 }])
  await until('the sink has that, too', () => sink.posted.length === 2)
  assert.deepEqual(JSON.parse(sink.posted[1]?.text ?? '').envelope, fired)

  await alice.command('op.store.watch', { namespace: 'lab', prefix: 'agents/' })
  const put = await ask('PUT', '/store/lab/agents%2Fplanner', { body: { value: { state: 'busy' } } })
  assert.equal(put.status, 200)
  const { payload: change } = await alice.next(({ payload }) => payload?.event === 'store_changed')
  assert.deepEqual(
    [change.namespace, change.key, change.operation, change.version, change.value],
    ['lab', 'agents/planner', 'set', put.body.version, { state: 'busy' }]
  )

  await alice.join('omega-lab:signals')
  const { substrate_id } = (await ask('POST', '/omega/substrates', { body: { name: 'cells', kind: 'simulated' } })).body
  const emitted = await ask('POST', '/omega/events', { body: { substrate_id, signal: 'spike', payload: { n: 1 } } })
  assert.equal(emitted.status, 201)
  const { payload: told } = await alice.next(({ sender }) => sender === 'op-omega')
  assert.deepEqual(told.omega_event, emitted.body)

  const { clients } = (await ask('GET', '/clients')).body
  assert.deepEqual(
    clients.map(({ client_id }: ServerFrame) => client_id),
    [alice.id]
  )
  assert.equal((await ask('DELETE', `/clients/${alice.id}`)).status, 200)
  assert.equal((await alice.closed).code, 4403)
})
