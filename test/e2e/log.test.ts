import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClient } from '../helper.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { startServerProcess } from '../support/server-process.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const PAYLOAD = 'the-text-of-a-message'
const NAME = 'the-name-of-a-person'

test('the log is one JSON object per line, and holds no token, secret, query or payload', async t => {
  const env = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'trace' }
  const server = await startServerProcess(t, { env })
  const good = signToken(validClaims(Date.now()))
  const bad = signToken(validClaims(Date.now()), { key: 'another-secret-of-the-same-length-0123456789' })
  const ways = (token: string) => [
    { path: `/ws?token=${token}&screen_name=${NAME}` },
    { headers: { Authorization: `Bearer ${token}` } },
    { headers: { 'Sec-WebSocket-Protocol': `arqonbus.v1, bearer.${token}` } }
  ]
  for (const way of [...ways(good), ...ways(bad), ...ways('junk')]) {
    await (await RawSocket.upgrade(t, server.port, way)).response()
  }
  await fetch(`${server.httpUrl}/nowhere?token=${good}`, { headers: { authorization: `Bearer ${bad}` } })

  const client = await TestClient.open(`${server.wsUrl}/ws`, { headers: { Authorization: `Bearer ${good}` } })
  await client.ask({ type: 'message', room: 'lab:bench', payload: { text: PAYLOAD } })
  await client.command('refresh', { token: bad })
  await client.command('ping', { token: good, text: PAYLOAD })
  client.send(`{"payload":{"text":"${PAYLOAD}"`)
  await client.settle()
  client.socket.terminate()
  server.kill('SIGTERM')
  assert.deepEqual(await server.ended, { code: 0, signal: null })

  assert.ok(server.log.length > 3)
  for (const line of server.log) assert.equal(typeof JSON.parse(line), 'object')
  const log = server.log.join('\n')
  const secrets = [TEST_SECRET, PAYLOAD, NAME, 'token=', ...[good, bad].flatMap(token => [token, ...token.split('.')])]
  const header = good.split('.')[0]
  for (const secret of secrets) if (secret !== header) assert.equal(log.includes(secret), false, secret)
})
