import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClient } from '../helper.ts'
import { CANARY, hostileFrame, hostileRequest, poisonOf, sendOnce } from '../support/hostile.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

const FRAMES = 5_600
const REQUESTS = 4_200
const CALLS = 200
/** Requests that are under way at once. */
const LANES = 20
/** Of an honest life of a server, and of each kind and code in each of the windows that the test may last. */
const MAX_LINES = 300

const env = {
  ARQONBUS_ENABLE_AUTH: 'true',
  ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET,
  ARQONBUS_MAX_VIOLATIONS_PER_MINUTE: '100000',
  ARQONBUS_PUBLISH_PER_SECOND: '100000',
  ARQONBUS_PUBLISH_BURST: '100000',
  ARQONBUS_HANDSHAKES_PER_SECOND: '100000'
}

for (const level of ['info', 'trace']) {
  test(`10,000 hostile inputs leave sound lines, few of them, and no word of theirs, at the level ${level}`, async t => {
    const server = await startServerProcess(t, { env: { ...env, LOG_LEVEL: level } })
    const token = signToken(validClaims(Date.now()))
    const client = await TestClient.open(`${server.wsUrl}/ws?screen_name=${CANARY}`, {
      headers: { Authorization: `Bearer ${token}` }
    })
    t.after(() => client.socket.terminate())
    for (let n = 0; n < FRAMES; n++) {
      client.send(hostileFrame(n))
      if (n % 100 === 0) await client.settle()
    }
    client.socket.send(Buffer.from(CANARY))
    await client.settle()
    let next = 0
    const lanes = Array.from({ length: LANES }, async () => {
      while (next < REQUESTS) await sendOnce(server.port, hostileRequest(next++))
    })
    await Promise.all(lanes)
    await callAsAdmin(server)
    client.socket.terminate()
    server.kill('SIGTERM')
    assert.deepEqual(await server.ended, { code: 0, signal: null })

    const lines = server.log.map(line => JSON.parse(line))
    for (const line of lines) assert.deepEqual([typeof line.level, typeof line.time], ['string', 'string'])
    assert.equal(server.log.join('\n').includes(CANARY), false)
    for (const part of token.split('.').slice(1)) assert.equal(server.log.join('\n').includes(part), false)
    assert.deepEqual(
      lines.filter(line => line.level === 'fatal' || line.level === 'error'),
      []
    )
    const kinds = new Set(lines.filter(line => line.level === 'warn').map(line => line.kind))
    for (const kind of ['frame', 'command', 'handshake', 'request', 'http']) assert.ok(kinds.has(kind), kind)
    const audits = lines.filter(line => line.audit === true).length
    if (level === 'info') assert.ok(lines.length - audits < MAX_LINES, `${lines.length} lines`)
  })
}

/** Operators who are let in, and whose bodies, queries and headers are hostile. Their names stand in the log, and are not. */
async function callAsAdmin(server: ServerProcess): Promise<void> {
  const authorization = `Bearer ${signToken(validClaims(Date.now(), { role: 'admin' }))}`
  for (let n = 0; n < CALLS; n++) {
    const text = poisonOf(n)
    const response = await fetch(`${server.httpUrl}/v1/rooms/science/channels/explore/messages?secret=${CANARY}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'x-secret': CANARY },
      body: n % 2 === 0 ? JSON.stringify({ payload: { text } }) : text
    })
    await response.text()
  }
}
