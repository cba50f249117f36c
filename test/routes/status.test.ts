import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import status from '../../routes/status.ts'
import { VERSION } from '../../src/version.ts'
import { type ServerFrame, startServer, type TestServer } from '../helper.ts'
import { buildBare } from '../plugins/bare.ts'

async function statusOf(server: TestServer): Promise<ServerFrame> {
  return (await fetch(`${server.httpUrl}/status`)).json() as Promise<ServerFrame>
}

test('the status tells what is going on in the process', async t => {
  const server = await startServer(t, { ARQONBUS_NODE_NAME: 'node-7' })
  const [ada, bob] = [await server.connect(), await server.connect()]
  await bob.join('lab:one')
  await ada.ask({ type: 'message', room: 'lab:one', payload: { n: 1 } })
  await ada.ask({ type: 'message' })
  const { timestamp, uptime_seconds, storage, ...rest } = await statusOf(server)
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.ok(uptime_seconds >= 0)
  assert.equal(storage.backend, 'memory')
  assert.equal(storage.messages, 1)
  assert.ok(storage.bytes > 0)
  assert.deepEqual(rest, {
    status: 'running',
    service: 'arqonbus',
    version: VERSION,
    node: 'node-7',
    endpoints: { http: server.httpUrl, websocket: `${server.wsUrl}/ws`, storage: 'memory', telemetry: null },
    connections: { active: 2, total: 2 },
    rooms: { active: 4 },
    channels: { active: 11 },
    messages: { received: 3, published: 1, delivered: 1, refused: 1 },
    requests: { total: rest.requests.total },
    telemetry: { connections: 0 }
  })
})

test('the status counts the requests before it', async t => {
  const server = await startServer(t)
  const counts: number[] = []
  for (let n = 0; n < 3; n++) counts.push((await statusOf(server)).requests.total)
  assert.deepEqual(counts, [0, 1, 2])
})

test("the status names the operators' listener where there is one", async t => {
  const server = await startServer(t)
  await server.app.listenOps()
  const { port } = server.app.opsAddress() as AddressInfo
  const { endpoints } = await statusOf(server)
  assert.equal(endpoints.http, `http://127.0.0.1:${port}`)
  assert.equal(endpoints.websocket, `${server.wsUrl}/ws`)
})

for (const [address, http, websocket] of [
  [undefined, null, null],
  [{ family: 'IPv6', address: '::1', port: 8080 }, 'http://[::1]:8080', null]
] as const) {
  test(`endpoints of listeners at ${JSON.stringify(address)} are written as ${http}`, async t => {
    const server = await startServer(t)
    const { bus, broker, rooms, metrics, telemetry } = server.app
    const { app } = buildBare(t, {
      all: { bus, broker, rooms, metrics, telemetry, opsAddress: () => address, telemetryAddress: () => undefined }
    })
    await app.register(status)
    const { endpoints } = (await app.inject('/status')).json()
    assert.deepEqual([endpoints.http, endpoints.websocket], [http, websocket])
  })
}
