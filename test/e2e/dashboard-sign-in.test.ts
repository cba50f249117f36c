import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TestServer } from '../helper.ts'
import { connected, type DashboardPage, openDashboard, startDashboard } from '../support/dashboard.ts'
import { startProxy } from '../support/proxy.ts'
import { signToken, TEST_SECRET, validClaims } from '../support/tokens.ts'

function startGuarded(t: TestContext): Promise<TestServer> {
  return startDashboard(t, { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
}

async function signIn({ page }: DashboardPage, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('without authentication the page just opens', async t => {
  const { httpUrl } = await startDashboard(t)
  const dashboard = await openDashboard(t, httpUrl)
  await connected(dashboard)
  assert.match((await dashboard.page.locator('#who').textContent()) ?? '', /anonymous · operator · tenant default/)
  assert.equal(await dashboard.page.getByRole('button', { name: 'Sign out' }).isVisible(), false)
})

test('an admin signs in, sees who it is and for how long, and signs out', async t => {
  const { httpUrl } = await startGuarded(t)
  const dashboard = await openDashboard(t, httpUrl, { hash: '#/clients' })
  const { page } = dashboard
  const token = signToken(validClaims(Date.now(), { sub: 'ada', role: 'admin', tenant_id: 'acme' }))
  await signIn(dashboard, token)
  await page.locator('.clients .row', { hasText: 'Dashboard' }).waitFor()
  assert.match((await page.locator('#who').textContent()) ?? '', /^ada · admin · tenant acme · expires in (59|60) min$/)
  const kept = await page.evaluate(
    'JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])'
  )
  assert.doesNotMatch(String(kept), /eyJ/)
  assert.deepEqual(
    dashboard.requests.filter(url => url.includes('eyJ')),
    []
  )
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token').waitFor()
  assert.equal(await page.locator('.clients').count(), 0)
})

test('a server that comes back and wants a token, or another one, makes the page ask for it', async t => {
  const open = await startDashboard(t)
  const dashboard = await openDashboard(t, open.httpUrl)
  await connected(dashboard)
  const env = { ARQONBUS_SERVER_PORT: new URL(open.httpUrl).port, ARQONBUS_ENABLE_AUTH: 'true' }
  await open.app.close()
  const guarded = await startDashboard(t, { ...env, ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET })
  await dashboard.page.getByText('The server asks for a token now.').waitFor()
  await signIn(dashboard, signToken(validClaims(Date.now())))
  await connected(dashboard)
  await guarded.app.close()
  await startDashboard(t, { ...env, ARQONBUS_AUTH_JWT_SECRET: [...TEST_SECRET].reverse().join('') })
  await dashboard.page.getByText('The server does not take the token any more').waitFor()
})

test('a token that is not taken is said to be so, and asked for again', async t => {
  const { httpUrl } = await startGuarded(t)
  const dashboard = await openDashboard(t, httpUrl)
  await signIn(dashboard, 'not.a.token')
  await dashboard.page.locator('.trouble', { hasText: 'did not take this token' }).waitFor()
  await signIn(dashboard, signToken(validClaims(Date.now())))
  await connected(dashboard)
})

test('the policy of all tenants is shown to the admin of one, and offered for change to one of none', async t => {
  const { httpUrl } = await startGuarded(t)
  const switches = async (claims: object): Promise<number> => {
    const dashboard = await openDashboard(t, httpUrl, { hash: '#/casil' })
    await signIn(dashboard, signToken(validClaims(Date.now(), { sub: 'ada', role: 'admin', ...claims })))
    await dashboard.page.getByText('redaction_patterns').waitFor()
    return dashboard.page.getByRole('button', { name: /^Switch/ }).count()
  }
  assert.deepEqual([await switches({ tenant_id: 'acme' }), await switches({})], [0, 2])
})

test('a user is offered what a user may do, and nothing else', async t => {
  const { httpUrl } = await startGuarded(t)
  const dashboard = await openDashboard(t, httpUrl)
  const { page } = dashboard
  await signIn(dashboard, signToken(validClaims(Date.now(), { sub: 'bob', tenant_id: 'acme' })))
  await connected(dashboard)
  const views = await page.locator('#nav a').allTextContents()
  assert.deepEqual(views, ['Overview', 'Rooms and channels', 'Try it', 'CASIL', 'Operators'])
  await page.getByRole('link', { name: 'Rooms and channels' }).click()
  await page.locator('.tree .row', { hasText: 'explore' }).click()
  await page.getByText('Members: 1').waitFor()
  for (const name of ['Create a channel', 'Describe', 'Delete'])
    assert.equal(await page.getByRole('button', { name }).count(), 0, name)
  await page.getByRole('link', { name: 'CASIL' }).click()
  await page.getByText('redaction_paths').waitFor()
  assert.equal(await page.getByRole('button', { name: /Switch|Test/ }).count(), 0)
  await page.getByRole('link', { name: 'Try it' }).click()
  const languages = page.locator('select[aria-label=Language] option')
  await languages.first().waitFor({ state: 'attached' })
  assert.deepEqual(await languages.allTextContents(), ['TypeScript', 'Python'])
  await page.getByRole('tab', { name: 'Command' }).click()
  await page.locator('select[aria-label=Command] option').first().waitFor({ state: 'attached' })
  const commands = await page.locator('select[aria-label=Command] option').allTextContents()
  assert.ok(commands.includes('history') && !commands.includes('create_channel'))
  assert.deepEqual(
    dashboard.requests.filter(url => url.includes('/v1/')),
    []
  )
  assert.deepEqual(dashboard.complaints, [])
})

test('a token that ends is said to have ended, and another one is asked for', async t => {
  const { app, httpUrl } = await startGuarded(t)
  const dashboard = await openDashboard(t, httpUrl)
  await signIn(dashboard, signToken(validClaims(Date.now())))
  await connected(dashboard)
  const [connection] = app.bus.hub.connections()
  connection?.tick(performance.now(), connection.identity.expiresAtMs ?? 0)
  await dashboard.page.getByText('The token has expired: sign in with a new one.').waitFor()
})

test('whoever is let in without a token and is no operator is not asked for one after a loss', async t => {
  const server = await startDashboard(t)
  const proxy = await startProxy(t, Number(new URL(server.httpUrl).port))
  const dashboard = await openDashboard(t, proxy.wsUrl.replace('ws:', 'http:'))
  const { page } = dashboard
  await connected(dashboard)
  await page.route('**/v1/**', route => route.fulfill({ status: 401, json: { code: 'AUTH_REQUIRED' } }))
  const asked = page.waitForResponse('**/dashboard/server.json')
  proxy.cutAll()
  await asked
  await connected(dashboard)
  assert.equal(await page.getByLabel('Token').count(), 0)
})

test('a connection that is lost while it is found out what one may do is not said to be there', async t => {
  const server = await startDashboard(t)
  const proxy = await startProxy(t, Number(new URL(server.httpUrl).port))
  const dashboard = await openDashboard(t, proxy.wsUrl.replace('ws:', 'http:'))
  const { page } = dashboard
  await connected(dashboard)
  let answer = () => {}
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route('**/v1/rooms*', async route => {
    await answered
    await route.fulfill({ json: {} })
  })
  const asked = page.waitForRequest('**/v1/rooms*')
  await page.reload()
  await asked
  proxy.setDown(true)
  proxy.cutAll()
  await page.locator('#state.is-waiting').waitFor()
  assert.equal(await page.locator('main h1').count(), 0)
  answer()
  await page.getByRole('link', { name: 'Clients' }).waitFor()
  assert.match((await page.locator('#state').getAttribute('class')) ?? '', /is-(waiting|connecting)/)
  proxy.setDown(false)
  await connected(dashboard)
})

test('an operator is one also where the server could not say so at first', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl)
  const refusals = [503, 429]
  await page.route('**/v1/rooms*', route => {
    const status = refusals.shift()
    return status === undefined ? route.continue() : route.fulfill({ status, json: {} })
  })
  // Of two that fit, the later one is asked first.
  await page.route('**/v1/rooms*', route => route.abort(), { times: 1 })
  await page.reload()
  await page.getByRole('link', { name: 'Clients' }).waitFor()
  assert.deepEqual(refusals, [])
})

test('a connection that is lost comes back, and the messages of the meantime come with it', async t => {
  const server = await startDashboard(t)
  const { lose, rows, say } = await openChannel(t, server)
  await lose(() => say('two'))
  await rows.filter({ hasText: '"two"' }).waitFor()
  assert.equal(await rows.count(), 2)
})

test('of more messages of the meantime than are sent after it, those that are stored are shown', async t => {
  const server = await startDashboard(t, { ARQONBUS_MAX_HISTORY_SIZE: '2' })
  const { lose, rows, say, page } = await openChannel(t, server)
  await lose(async () => {
    for (const text of ['two', 'three', 'four', 'five']) await say(text)
  })
  await rows.filter({ hasText: '"five"' }).waitFor()
  await page.locator('.channel .heading .hint', { hasText: 'position 5 ' }).waitFor()
  await say('six')
  await rows.filter({ hasText: '"six"' }).waitFor()
  assert.deepEqual(await rows.locator('.m-seq').allTextContents(), ['1', '4', '5', '6'])
})

/** A channel with one message in it, whose connection can be lost for as long as something takes. */
async function openChannel(t: TestContext, server: TestServer) {
  const ada = await server.connect()
  const say = async (text: string): Promise<void> => {
    await ada.ask({ type: 'message', room: 'science', channel: 'explore', payload: { text } })
  }
  await say('one')
  const proxy = await startProxy(t, Number(new URL(server.httpUrl).port))
  const address = proxy.wsUrl.replace('ws:', 'http:')
  const dashboard = await openDashboard(t, address, { hash: '#/channels/science/explore' })
  const { page } = dashboard
  const rows = page.locator('.messages .row')
  await rows.filter({ hasText: '"one"' }).waitFor()
  const lose = async (work: () => Promise<void>): Promise<void> => {
    proxy.setDown(true)
    proxy.cutAll()
    await page.locator('#state.is-waiting').waitFor()
    await work()
    proxy.setDown(false)
    await connected(dashboard)
  }
  return { lose, page, rows, say }
}
