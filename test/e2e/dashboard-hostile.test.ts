import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected, measuredBy, openDashboard, startDashboard } from '../support/dashboard.ts'
import { watch } from '../support/watcher.ts'

const script = `<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script><svg onload="globalThis.ran=1">`
const bidi = 'safe\u202egnp.exe\u2066\u200b'
const large = 'A'.repeat(900_000)

test('what others write is shown as text: nothing of it runs, and nothing turns the order of what is beside it', async t => {
  const server = await startDashboard(t)
  const name = encodeURIComponent(`${script.slice(0, 90)}`)
  const ada = await server.connect(`/ws?screen_name=${name}&client_type=ai-agent&room=lab&channel=one`)
  const say = (payload: object) => ada.ask({ type: 'message', room: 'lab', channel: 'one', payload, ack: true })
  await say({ [script]: script, [bidi]: bidi, deep: { __proto__x: [script, { toString: script }] } })
  await say({ large, list: Array(5_000).fill(script.slice(0, 20)) })
  await fetch(`${server.httpUrl}/v1/rooms/lab/channels`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ channel: 'described', description: `${script} ${bidi}` })
  })
  await fetch(`${server.httpUrl}/v1/store/default/${encodeURIComponent(script + bidi)}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ value: { [script]: bidi } })
  })

  const dashboard = await openDashboard(t, server.httpUrl, { hash: '#/channels/lab/one' })
  const { page } = dashboard
  await connected(dashboard)
  const rows = page.locator('.messages .row')
  await rows.first().click()
  const shown = (await page.locator('.detail').textContent()) ?? ''
  assert.ok(shown.includes('<script>globalThis.ran=1</script>'))
  assert.ok(shown.includes('safe\\u{202e}gnp.exe\\u{2066}\\u{200b}'))
  assert.doesNotMatch(shown, /[\u202a-\u202e\u2066-\u2069]/)
  await page.getByText('Members:').click()
  await page.getByRole('cell', { name: '<img src=x' }).waitFor()

  await rows.nth(1).click()
  const more = page.getByRole('button', { name: 'show more (900,000 characters)' })
  await more.waitFor()
  assert.ok(((await page.locator('.detail').textContent()) ?? '').length < 10_000)
  await more.click()
  assert.ok(((await page.locator('.detail').textContent()) ?? '').length > 20_000)

  for (const hash of [
    '#/channels/lab/described',
    '#/clients',
    '#/operators',
    `#/channels/${encodeURIComponent(script)}/x`
  ]) {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
    await page.locator('main h1').first().waitFor()
  }
  await page.evaluate(`location.hash = '#/clients'`)
  await page.locator('.clients .row', { hasText: '<img src=x' }).click()
  await page.locator('.detail h2', { hasText: '<img src=x' }).waitFor()
  await page.evaluate(`location.hash = '#/operators'`)
  await page.getByRole('tab', { name: 'Store' }).click()
  await page.locator('.keys .row', { hasText: '<script>' }).click()
  await page.locator('.detail h3', { hasText: '<script>' }).waitFor()

  assert.equal(await page.evaluate('globalThis.ran'), undefined)
  assert.equal(await page.locator('main img, main script, main svg, main iframe').count(), 0)
  assert.deepEqual((await measuredBy(page)).violations, [])
  assert.deepEqual(
    dashboard.complaints.filter(words => !/404|400/.test(words)),
    []
  )
})

test('what clients report under the names of events of the server changes nothing on the page', async t => {
  const server = await startDashboard(t)
  const reporter = await watch(t, server)
  const member = await server.connect('/ws?room=integriguard&channel=telemetry-stream')
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  const row = page.locator('.tree .row', { hasText: 'explore' })
  await row.filter({ hasText: '0 members' }).waitFor()
  const payload = { room: 'science', channel: 'explore', participant_count: 666 }
  reporter.send({ eventType: 'client_joined', payload })
  await member.next(frame => frame.payload.eventType === 'client_joined')
  const ada = await server.connect()
  await ada.join('science:hypothesize')
  await page.locator('.tree .row', { hasText: 'hypothesize' }).filter({ hasText: '1 member' }).waitFor()
  assert.match((await row.textContent()) ?? '', /0 members$/)
})

test('a frame of 1 MB on the wire is cut where it is listed', async t => {
  const server = await startDashboard(t)
  const dashboard = await openDashboard(t, server.httpUrl, { hash: '#/try/publish/lab/one' })
  const { page } = dashboard
  await page.getByLabel('Payload').fill(JSON.stringify({ large }))
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.answer .good').waitFor()
  for (const direction of ['.out', '.in']) await page.locator(`.wire .row ${direction}`).first().waitFor()
  const lengths = await page.evaluate(`[...document.querySelectorAll('.wire .row')].map(row => row.textContent.length)`)
  assert.ok((lengths as readonly number[]).every(length => length < 1_000))
  assert.deepEqual(dashboard.complaints, [])
})
