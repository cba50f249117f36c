import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected, openDashboard, startDashboard } from '../support/dashboard.ts'
import { startProxy } from '../support/proxy.ts'
import { until } from '../support/until.ts'

test('the first look says what a bus does, leads to a message and to where it arrives, and can be folded for good', async t => {
  const server = await startDashboard(t)
  const { page, complaints } = await openDashboard(t, server.httpUrl)
  await page.getByText('All members of a channel get each message').waitFor()
  assert.ok(
    (await page.locator('.steps code').textContent())?.includes(`${server.wsUrl}/ws?room=science&channel=general`)
  )
  await page.getByRole('link', { name: 'Open a channel' }).click()
  await page.locator('.messages.is-empty').waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Send a message' }).click()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('Done: it is message 1 of').waitFor()
  await page.getByRole('link', { name: 'science:general' }).click()
  await page.locator('.messages .row', { hasText: 'Hello' }).waitFor()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('What this is').click()
  await until('it is remembered', () => page.evaluate("localStorage.getItem('arqonbus-introduction') === 'folded'"))
  await page.reload()
  await page.locator('.introduction:not([open])').waitFor()
  assert.deepEqual(complaints, [])
})

test('a sender is shown by its name and the end of its id, since names are given by anybody', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?room=lab&channel=one&screen_name=Ada')
  const dashboard = await openDashboard(t, server.httpUrl, { hash: '#/channels/lab/one' })
  await dashboard.page.getByText('Members: 2').waitFor()
  await ada.ask({ type: 'message', payload: { text: 'here' } })
  await dashboard.page.locator('.messages .m-sender', { hasText: `Ada …${ada.id.slice(-6)}` }).waitFor()
})

test('what is sent while there is no connection is said to wait, and sent when there is one', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?room=lab&channel=one')
  const proxy = await startProxy(t, Number(new URL(server.httpUrl).port))
  const address = proxy.wsUrl.replace('ws:', 'http:')
  const dashboard = await openDashboard(t, address, { hash: '#/try/publish/lab/one' })
  await connected(dashboard)
  proxy.setDown(true)
  proxy.cutAll()
  await dashboard.page.locator('#state.is-waiting').waitFor()
  await dashboard.page.getByRole('button', { name: 'Send' }).click()
  await dashboard.page.getByText('It is sent when the connection is back.').waitFor()
  proxy.setDown(false)
  assert.deepEqual((await ada.next(frame => frame.type === 'message')).payload, { text: 'Hello' })
  await dashboard.page.getByText('Done: it is message 1 of').waitFor()
})

test('a form that is sent twice before the server answers asks once', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/operators' })
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  await page.route('**/v1/commands/op.webhook.register', async route => {
    await opened
    await route.continue()
  })
  await page.getByText('Register a webhook').first().click()
  await page.locator('input[name=url]').fill('http://127.0.0.1:9/hook')
  const button = page.getByRole('button', { name: 'Register a webhook' })
  await button.click()
  await page.locator('form[aria-busy=true]').waitFor()
  await button.click()
  open()
  await page.locator('tr', { hasText: '127.0.0.1:9' }).first().waitFor()
  const { data } = (await (await fetch(`${server.httpUrl}/v1/commands/op.webhook.list`, posted)).json()) as Listed
  assert.equal(data.count, 1)
})

test('a refusal over the socket tells an operator of the way that has more rights', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/try/command/op.cron.schedule' })
  await page.locator('input[name=cron]').waitFor()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('An operator may do more over HTTP').waitFor()
  await page.getByLabel('Way', { exact: true }).selectOption('http')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.answer', { hasText: 'job_id' }).waitFor()
})

const posted = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }

interface Listed {
  readonly data: { readonly count: number }
}
