import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { connected, measuredBy, openDashboard, startDashboard } from '../support/dashboard.ts'
import { TEST_SECRET } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const MAX_BYTES = 200_000
const paths = ['/dashboard/', '/dashboard/app.js', '/dashboard/client/arqonbus.min.js', '/dashboard/server.json']

test('no token is needed for the files of the dashboard, and one is for its data', async t => {
  const { httpUrl } = await startDashboard(t, {
    ARQONBUS_ENABLE_AUTH: 'true',
    ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET
  })
  for (const path of paths) assert.equal((await fetch(httpUrl + path)).status, 200, path)
  assert.equal((await fetch(`${httpUrl}/v1/clients`)).status, 401)
})

test('the address without a slash leads to the one with it', async t => {
  const { httpUrl } = await startDashboard(t)
  const answer = await fetch(`${httpUrl}/dashboard`)
  assert.equal(answer.url, `${httpUrl}/dashboard/`)
  assert.match(await answer.text(), /<title>ArqonBus<\/title>/)
})

test('without public operators the dashboard is on the listener of operators only, and names the port of the socket', async t => {
  const { app, httpUrl } = await startDashboard(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  await app.listenOps()
  const opsUrl = `http://127.0.0.1:${app.opsAddress()?.port}`
  for (const path of paths) {
    assert.equal((await fetch(httpUrl + path)).status, 404, path)
    assert.equal((await fetch(opsUrl + path)).status, 200, path)
  }
  const port = Number(new URL(httpUrl).port)
  assert.deepEqual(await (await fetch(`${opsUrl}/dashboard/server.json`)).json(), {
    enable_auth: false,
    websocket_port: port
  })
  const dashboard = await openDashboard(t, opsUrl, { hash: '#/try' })
  await connected(dashboard)
  await dashboard.page.getByLabel('Language').selectOption('TypeScript')
  await dashboard.page.locator('.code-block', { hasText: `connect('ws://127.0.0.1:${port}/ws')` }).waitFor()
  assert.deepEqual(dashboard.complaints, [])
})

test('no path leads from the files of the dashboard to others', async t => {
  const { httpUrl } = await startDashboard(t)
  for (const path of [
    '..%2fpackage.json',
    '%2e%2e/package.json',
    '..%5cpackage.json',
    'x%00.css',
    'client/package.json'
  ]) {
    const answer = await fetch(`${httpUrl}/dashboard/${path}`)
    assert.equal(answer.status, 404, path)
    assert.equal(((await answer.json()) as { readonly code: string }).code, 'NOT_FOUND')
  }
})

test('the page may load what is its own, talk to its own host, and nothing else', async t => {
  const { httpUrl } = await startDashboard(t)
  const { headers } = await fetch(`${httpUrl}/dashboard/`)
  const policy = headers.get('content-security-policy') ?? ''
  const { host } = new URL(httpUrl)
  assert.match(policy, /^default-src 'none';/)
  assert.match(policy, /script-src 'self';/)
  assert.match(policy, /style-src 'self'$/)
  assert.match(policy, new RegExp(`connect-src 'self' ws://${host} wss://${host} ws://${host};`))
  assert.doesNotMatch(policy, /unsafe|https?:|data:/)
  assert.equal(headers.get('cache-control'), 'no-cache')
})

test('the files are compressed for whoever takes that, and whole for whoever does not', async t => {
  const { app } = await startDashboard(t)
  const url = '/dashboard/vendor/uPlot.iife.min.js'
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } })
  const plain = await app.inject({ url })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal(packed.headers.vary, 'Accept-Encoding')
  assert.deepEqual(gunzipSync(packed.rawPayload), plain.rawPayload)
  assert.ok(packed.rawPayload.length < plain.rawPayload.length / 2)
  assert.equal(plain.headers['content-encoding'], undefined)
  const again = await app.inject({ url, headers: { 'accept-encoding': 'gzip', 'if-none-match': packed.headers.etag } })
  assert.equal(again.statusCode, 304)
})

test('a host that is no name adds nothing to the policy', async t => {
  const { app } = await startDashboard(t)
  for (const host of ["x; script-src 'unsafe-inline'", 'a b', "evil'", 'a/b:1']) {
    const { headers } = await app.inject({ url: '/dashboard/', headers: { host } })
    assert.match(String(headers['content-security-policy']), /connect-src 'self' 'self';/, host)
  }
})

test('the whole page is less than 200 kB, and asks no other host', async t => {
  const { httpUrl, wsUrl } = await startDashboard(t)
  const dashboard = await openDashboard(t, httpUrl)
  await connected(dashboard)
  await until('all files have come', () => dashboard.isWhole())
  assert.ok(dashboard.bytes() > 20_000 && dashboard.bytes() < MAX_BYTES, `${dashboard.bytes()} bytes`)
  assert.deepEqual(
    dashboard.requests.filter(url => !url.startsWith(httpUrl) && !url.startsWith(wsUrl)),
    []
  )
  assert.deepEqual([dashboard.complaints, (await measuredBy(dashboard.page)).violations], [[], []])
})

test('the alerts of the page are those of Prometheus: their names, their limits and their times', async t => {
  const { httpUrl } = await startDashboard(t)
  const { page } = await openDashboard(t, httpUrl)
  const rules = await page.evaluate(
    `import('/dashboard/alerts.js').then(({ Alerts }) => Alerts.rules.map(({ name, limit, seconds }) => [name, limit, seconds]))`
  )
  assert.deepEqual(rules, readAlerts())
})

/** The alerts of the file, but for the one that no page can see by the numbers of the server. */
function readAlerts(): (readonly [name: string, limit: number, seconds: number])[] {
  const blocks = readFileSync('deploy/prometheus/alerts.yml', 'utf8').split('- alert: ').slice(1)
  return blocks
    .map(block => {
      const expression = /expr: >-\n\s+(.*)/.exec(block)?.[1] ?? ''
      const [, count, unit] = /for: (\d+)([sm])/.exec(block) ?? []
      const limit = Number(/(?:>|==) (\d+(?:\.\d+)?)$/.exec(expression)?.[1])
      const name = block.split('\n', 1)[0] ?? ''
      const isFlag = expression.endsWith('== 1')
      return [name, isFlag ? 0 : limit, Number(count) * (unit === 'm' ? 60 : 1)] as const
    })
    .filter(([name]) => name !== 'ArqonBusDown')
}
