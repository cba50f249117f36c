import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../helper.ts'
import { telemetryUrl, watch } from '../support/watcher.ts'

for (const path of ['/', '/ws', '/telemetry', '/telemetry?client_type=dashboard']) {
  test(`a socket at ${path} is welcomed`, async t => {
    const server = await startServer(t)
    const { frames } = await watch(t, server, { path })
    const { timestamp, ...rest } = frames[0] ?? {}
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT.*Z$/)
    assert.deepEqual(rest, {
      event_type: 'telemetry_connected',
      message: 'Connected to ArqonBus telemetry',
      server_config: { host: '127.0.0.1', port: server.app.telemetryAddress()?.port, filtered_events: [] }
    })
  })

  test(`a plain request for ${path} is told what there is`, async t => {
    const server = await startServer(t)
    const answer = await fetch(`${(await telemetryUrl(server)).replace('ws', 'http')}${path}`)
    assert.deepEqual(
      [answer.status, await answer.json()],
      [
        200,
        {
          service: 'arqonbus',
          telemetry: '/telemetry',
          message: 'This is the telemetry socket: connect with ws://'
        }
      ]
    )
  })
}

test('nothing else is answered on the port of telemetry', async t => {
  const server = await startServer(t)
  const url = (await telemetryUrl(server)).replace('ws', 'http')
  for (const path of ['/health', '/ready', '/status', '/metrics', '/version', '/v1/rooms', '/documentation', '/x']) {
    assert.equal((await fetch(url + path)).status, 404, path)
  }
  await assert.rejects(watch(t, server, { path: '/health' }), /Unexpected server response: 404/)
})

for (const publicOps of ['true', 'false']) {
  test(`the main port knows nothing of telemetry, and that works, with public operations ${publicOps}`, async t => {
    const server = await startServer(t, { ARQONBUS_PUBLIC_OPS: publicOps })
    const url = (await telemetryUrl(server)).replace('ws', 'http')
    assert.equal((await fetch(`${url}/telemetry`)).status, 200)
    assert.equal((await fetch(`${server.httpUrl}/telemetry`)).status, 404)
    await assert.rejects(server.connect('/telemetry'), /Unexpected server response: 404/)
    await watch(t, server)
    const client = await server.connect('/')
    assert.match(client.id, /^arq_client_/)
  })
}

test('the status names the telemetry socket and counts its clients', async t => {
  const server = await startServer(t)
  const url = await telemetryUrl(server)
  await watch(t, server)
  const status = (await (await fetch(`${server.httpUrl}/status`)).json()) as {
    endpoints: { telemetry: string }
    telemetry: { connections: number }
    connections: { active: number }
  }
  assert.equal(status.endpoints.telemetry, `${url}/telemetry`)
  assert.deepEqual([status.telemetry.connections, status.connections.active], [1, 0])
})
