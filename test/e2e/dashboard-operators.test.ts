import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDashboard, startDashboard } from '../support/dashboard.ts'
import { until } from '../support/until.ts'

const json = { 'Content-Type': 'application/json' }

test('a client is shown with what it does, and disconnected when that is confirmed', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?screen_name=Ada&client_type=ai-agent&room=lab&channel=one')
  const { page, complaints } = await openDashboard(t, server.httpUrl, { hash: '#/clients' })
  await page.locator('.clients .row', { hasText: 'Ada' }).filter({ hasText: 'lab:one' }).click()
  await page.locator('.detail', { hasText: ada.id }).waitFor()
  const disconnect = page.getByRole('button', { name: 'Disconnect' })
  await disconnect.click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  assert.equal((await ada.command('ping')).status, 'success')
  await disconnect.click()
  await page.locator('dialog').getByRole('button', { name: 'Disconnect' }).click()
  assert.equal((await ada.closed).code, 4403)
  await page.getByText('This client is gone.').waitFor()
  assert.deepEqual(complaints, [])
})

test('a message is published, sent to one, and a command run, with the frames of each and the same as a program', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?room=lab&channel=one')
  const { page, complaints } = await openDashboard(t, server.httpUrl, { hash: '#/try/publish/lab/one' })
  const send = page.getByRole('button', { name: 'Send' })
  await page.getByLabel('Payload').fill('{"text":"it\'s here"}')
  await send.click()
  assert.deepEqual((await ada.next(frame => frame.type === 'message')).payload, { text: "it's here" })
  await page.locator('.answer', { hasText: 'sequence: 1' }).waitFor()
  for (const direction of ['.out', '.in']) await page.locator(`.wire .row ${direction}`).first().waitFor()
  const code = page.locator('.code-block')
  assert.match((await code.textContent()) ?? '', /curl -s -X POST 'http[^']*\/v1\/rooms\/lab\/channels\/one\/messages'/)
  assert.match((await code.textContent()) ?? '', /it'\\''s here/)
  await page.getByLabel('Language').selectOption('TypeScript')
  assert.match((await code.textContent()) ?? '', /bus\.publish\('lab:one', \{"text":"it's here"\}\)/)
  await page.getByLabel('Language').selectOption('Python')
  assert.match((await code.textContent()) ?? '', /bus\.publish\("lab:one", \{"text": "it's here"\}\)/)

  await page.getByLabel('Payload').fill('{"text"')
  await send.click()
  await page.locator('.answer', { hasText: 'That is not JSON' }).waitFor()

  await page.getByRole('tab', { name: 'Private' }).click()
  assert.equal(await page.getByLabel('To, by client id').inputValue(), '')
  await page.getByLabel('To, by client id').fill(ada.id)
  await send.click()
  assert.equal((await ada.next(frame => frame.type === 'private')).payload.text, 'For you alone')

  await page.getByRole('tab', { name: 'Command' }).click()
  await page.locator('select[aria-label=Command]').selectOption('create_channel')
  await page.locator('input[name=room]').fill('lab')
  await page.locator('input[name=channel]').fill('made')
  await send.click()
  await page.locator('.answer', { hasText: 'channel_id: "lab:made"' }).waitFor()
  await send.click()
  await page.locator('.answer', { hasText: 'CHANNEL_EXISTS' }).waitFor()
  assert.deepEqual(
    complaints.filter(words => !words.includes('409')),
    []
  )
})

test('inspection is tested, switched to enforce when that is confirmed, and followed', async t => {
  const server = await startDashboard(t, { ARQONBUS_CASIL_ENABLED: 'true' })
  const { page } = await openDashboard(t, server.httpUrl)
  // A server that is busy at first is asked again.
  await page.route('**/v1/events', route => route.fulfill({ status: 503, json: {} }), { times: 1 })
  const followed = page.waitForResponse(answer => answer.url().endsWith('/v1/events') && answer.ok())
  await page.getByRole('link', { name: 'CASIL' }).click()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await page.getByText('risk high').waitFor()
  await page.getByText('flagged').waitFor()
  await page.getByRole('button', { name: 'Switch to enforce' }).click()
  await page.getByRole('button', { name: 'Switch to enforce' }).last().click()
  await page.getByRole('button', { name: 'Switch to monitor' }).waitFor()
  const policy = (await (await fetch(`${server.httpUrl}/v1/casil`)).json()) as { readonly mode: string }
  assert.equal(policy.mode, 'enforce')
  await followed
  const ada = await server.connect()
  await ada.ask({ type: 'message', room: 'lab', channel: 'one', payload: { note: 'password: tangerine' } })
  await page.locator('.wire .row', { hasText: 'lab:one' }).waitFor()
})

test('a webhook is registered, its deliveries are shown, and one that was given up is replayed', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/operators' })
  await page.getByText('Register a webhook').first().click()
  await page.locator('input[name=url]').fill(`${server.httpUrl}/nowhere`)
  await page.getByRole('button', { name: 'Register a webhook' }).click()
  await page.getByRole('cell', { name: `${server.httpUrl}/nowhere` }).waitFor()
  await post(`${server.httpUrl}/v1/rooms/lab/channels/one/messages`, { payload: { n: 1 } })
  await page.getByRole('button', { name: 'Deliveries' }).click()
  await page.getByRole('region', { name: 'Deliveries' }).getByRole('cell', { name: '404', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Replay' }).click()
  await page.getByText('It waits to be delivered again.').waitFor()
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.locator('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('There are no webhooks.').waitFor()
})

test('a message is scheduled and cancelled', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/operators' })
  await page.getByRole('tab', { name: 'Scheduled' }).click()
  await page.getByText('Schedule a message').first().click()
  await page.locator('input[name=room]').fill('lab')
  await page.locator('input[name=channel]').fill('one')
  await page.locator('input[name=cron]').fill('55 8 * * MON-FRI')
  await page.getByRole('button', { name: 'Schedule a message' }).click()
  await page.getByRole('cell', { name: '55 8 * * MON-FRI (UTC)' }).waitFor()
  await page.locator('table .danger').click()
  await page.getByRole('button', { name: 'Cancel the job' }).click()
  await page.getByText('Nothing is scheduled.').waitFor()
})

test('a value is stored, looked up, changed and deleted', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/operators' })
  await page.getByRole('tab', { name: 'Store' }).click()
  await page.getByText('Store a value').click()
  await page.getByLabel('Key', { exact: true }).fill('agents/planner')
  await page.getByLabel('Value', { exact: true }).fill('{"state":"idle"}')
  await page.getByRole('button', { name: 'Store', exact: true }).click()
  await page.locator('.keys .row', { hasText: 'agents/planner' }).click()
  await page.locator('.detail', { hasText: 'state: "idle"' }).waitFor()
  await page.getByText('Change', { exact: true }).click()
  await page.getByLabel('New value').fill('{"state":"busy"}')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.detail', { hasText: 'state: "busy"' }).waitFor()
  await page.locator('.detail .danger').click()
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('Deleted.').waitFor()
  await until('the key is gone', async () => (await page.locator('.keys .row').count()) === 0)
})

test('the experimental lane is shown where it is on, and said to be off elsewhere', async t => {
  for (const [isOn, words] of [
    ['true', 'There are no substrates.'],
    ['false', 'The experimental lane is off']
  ] as const) {
    const server = await startDashboard(t, { ARQONBUS_OMEGA_ENABLED: isOn })
    const { page } = await openDashboard(t, server.httpUrl, { hash: '#/operators' })
    await page.getByRole('tab', { name: 'Experimental lane' }).click()
    await page.getByText(words).waitFor()
    assert.equal(await page.getByText('Register a substrate').first().isVisible(), isOn === 'true')
  }
})

async function post(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) })
  assert.ok(answer.ok, await answer.text())
}
