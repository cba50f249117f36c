import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { startServer, type TestServer } from '../helper.ts'
import { until } from '../support/until.ts'

/** The status of an upgrade that is refused. */
async function refusalOf(server: TestServer, path: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(server.wsUrl + path, { headers })
  socket.on('error', () => {})
  const [request, response] = await once(socket, 'unexpected-response')
  request.destroy()
  return response.statusCode
}

for (const path of ['/ws', '/', '', '/ws?x=1']) {
  test(`a client that connects to "${path}" is welcomed`, async t => {
    const server = await startServer(t)
    const client = await server.connect(path)
    assert.match(client.id, /^arq_client_[0-9a-f]{32}$/)
    await client.settle()
  })
}

test('a plain request to the socket is told to come as one', async t => {
  const server = await startServer(t)
  const response = await fetch(`${server.httpUrl}/ws`)
  assert.equal(response.status, 400)
  assert.deepEqual(await response.json(), {
    error: 'Bad handshake',
    code: 'BAD_HANDSHAKE',
    details: 'This is a WebSocket address: connect with ws://'
  })
})

test('a plain request to the bare address is told what there is', async t => {
  const server = await startServer(t)
  assert.deepEqual(await (await fetch(server.httpUrl)).json(), {
    service: 'arqonbus',
    websocket: '/ws',
    health: '/health',
    status: '/status',
    metrics: '/metrics'
  })
})

test("with the operators' paths taken off, the bare address still takes sockets and answers nothing else", async t => {
  const server = await startServer(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  await server.connect('/')
  assert.equal((await fetch(server.httpUrl)).status, 404)
  assert.equal(await refusalOf(server, '/metrics'), 404)
})

test('what a client says about itself in the query is known, and its initial address is joined', async t => {
  const server = await startServer(t)
  const client = await server.connect('/ws?client_type=ai-agent&screen_name=Ada&room=lab:one')
  const { data } = (await client.command('whoami')).payload
  assert.deepEqual([data.client.client_type, data.client.screen_name], ['ai-agent', 'Ada'])
  assert.equal((await client.command('channel_info', { channel_id: 'lab:one' })).payload.data.member_count, 1)
})

test('a field of the query that is not valid is a 400', async t => {
  const server = await startServer(t)
  assert.equal(await refusalOf(server, '/ws?room=no%20name'), 400)
})

test('a client that breaks RFC 6455 ends with 1002, and the server goes on', async t => {
  const server = await startServer(t)
  const [bad, good] = [await server.connect(), await server.connect()]
  const inside = bad.socket as unknown as { readonly _socket: Socket }
  inside._socket.write(Buffer.of(0xf1, 0x80, 0, 0, 0, 0))
  assert.equal((await bad.closed).code, 1002)
  await good.settle()
  await until('it is gone', () => server.app.bus.hub.size === 1)
})

test('behind a proxy that is trusted each address has its own rate of handshakes', async t => {
  const server = await startServer(t, {
    ARQONBUS_TRUST_PROXY: 'loopback',
    ARQONBUS_HANDSHAKE_BURST_PER_IP: '1',
    ARQONBUS_HANDSHAKES_PER_SECOND_PER_IP: '1'
  })
  // None comes back meanwhile.
  const nowMs = server.app.clock.monotonic()
  t.mock.method(server.app.clock, 'monotonic', () => nowMs)
  const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })
  await server.connect('/ws', from('10.0.0.1'))
  assert.equal(await refusalOf(server, '/ws', from('10.0.0.1').headers), 429)
  await server.connect('/ws', from('10.0.0.2'))
  await server.connect()
})

test('a place is given back when the client is gone, however it goes', async t => {
  const server = await startServer(t)
  const [polite, rude] = [await server.connect(), await server.connect()]
  assert.equal(server.app.admission.count, 2)
  polite.socket.close()
  await polite.closed
  await until('one place is free', () => server.app.admission.count === 1)
  rude.socket.terminate()
  await until('both are', () => server.app.admission.count === 0)
  assert.equal(server.app.bus.hub.size, 0)
})
