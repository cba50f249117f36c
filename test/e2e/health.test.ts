import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, type TestServer } from '../helper.ts'
import { blockLoop, burnCore } from '../support/burner.ts'
import { startMemberProcess } from '../support/member-process.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { startServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const CHANNEL = 'lab:bench'
const QUESTIONS = 40

/** What `/ready` says: its status, and which checks fail. */
async function readiness({ httpUrl }: TestServer): Promise<[status: number, failed: string[]]> {
  const response = await fetch(`${httpUrl}/ready`)
  const { checks } = (await response.json()) as { checks: Record<string, boolean> }
  const failed = Object.keys(checks).filter(name => checks[name] !== (name === 'engine'))
  return [response.status, failed]
}

async function isHealthy({ httpUrl }: Pick<TestServer, 'httpUrl'>): Promise<boolean> {
  const response = await fetch(`${httpUrl}/health`)
  const { ok } = (await response.json()) as { ok: boolean }
  return response.status === 200 && ok
}

test('health is answered while publishers send without a pause and both cores are busy', async t => {
  // However long it takes on a slow machine, the publishers are slowed down and not sent away.
  const server = await startServerProcess(t, { env: { ARQONBUS_RATE_ABUSE_MS: '600000' } })
  const url = `${server.wsUrl}/ws`
  const publishers = [200, 20_000].map(publishBytes => startMemberProcess(t, { url, channel: CHANNEL, publishBytes }))
  const [first] = await Promise.all(publishers)
  for (let core = 0; core < 2; core++) burnCore(t)
  await first?.published()
  for (let asked = 0; asked < QUESTIONS; asked++) assert.ok(await isHealthy(server))
  await first?.published()
})

test('the server is ready as long as it listens, and then nobody answers', async t => {
  const server = await startServer(t)
  assert.deepEqual(await readiness(server), [200, []])
  await server.app.close()
  await assert.rejects(fetch(`${server.httpUrl}/ready`))
})

test('the server is not ready while something holds up its event loop, and is again when that is over', async t => {
  const server = await startServer(t, { ARQONBUS_MAX_EVENT_LOOP_DELAY_MS: '100' })
  await until('it is over pressure', async () => {
    blockLoop(700)
    const [status, failed] = await readiness(server)
    assert.equal(status, failed.length > 0 ? 503 : 200)
    return failed.includes('pressure')
  })
  assert.ok(await isHealthy(server))
  await until('it is ready again', async () => (await readiness(server))[0] === 200)
})

test('the server is not ready while its engine is down, and is again when it is back', async t => {
  const server = await startServer(t)
  const { broker, bus } = server.app
  await broker.close()
  assert.deepEqual(await readiness(server), [503, ['engine']])
  assert.ok(await isHealthy(server))
  await broker.open(bus.hub)
  assert.deepEqual(await readiness(server), [200, []])
})

test('the server is not ready while it drains', async t => {
  const server = await startServer(t)
  // Who never answers a close frame makes the drain last.
  await RawSocket.open(t, Number(new URL(server.httpUrl).port), { isMute: true })
  const closing = server.app.close()
  assert.deepEqual(await readiness(server), [503, ['draining']])
  assert.ok(await isHealthy(server))
  await closing
})
