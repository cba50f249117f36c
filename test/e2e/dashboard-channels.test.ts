import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDashboard, startDashboard } from '../support/dashboard.ts'
import { until } from '../support/until.ts'

test('the numbers of the overview follow the server', async t => {
  const server = await startDashboard(t)
  const { page, complaints } = await openDashboard(t, server.httpUrl)
  const clients = page.locator('#tile-clients .value')
  await until('this page is counted', async () => (await clients.textContent()) === '1')
  const ada = await server.connect()
  await until('another client is counted', async () => (await clients.textContent()) === '2')
  const refusals = page.locator('#tile-refusals .value')
  await until('a command that is refused is counted', async () => {
    await ada.ask({ type: 'command', command: 'unheard_of' })
    return !['–', '0/s'].includes((await refusals.textContent()) ?? '')
  })
  await until('a chart is drawn', async () => (await page.locator('#tile-clients canvas').count()) === 1)
  assert.match((await page.locator('.status').textContent()) ?? '', /^ArqonBus 1\./)
  assert.deepEqual(complaints, [])
})

test('a pause in the numbers is a gap in the lines, and not a slope', async t => {
  const { httpUrl } = await startDashboard(t)
  const { page } = await openDashboard(t, httpUrl)
  const points = await page.evaluate(`import('/dashboard/samples.js').then(({ Samples, rateOf }) => {
    const samples = new Samples()
    for (const [at, total] of [[100, 0], [102, 20], [200, 1000], [202, 1010]])
      samples.add(at, { arqonbus_uptime_seconds: at, total })
    return samples.points([(sample, former) => rateOf(sample, former, 'total')])
  })`)
  assert.deepEqual(points, [
    [100, 102, 103, 200, 202],
    [null, 10, null, null, 5]
  ])
})

test('what an alert would fire at is red, from the moment at which it would', async t => {
  const { httpUrl } = await startDashboard(t)
  const { page } = await openDashboard(t, httpUrl)
  await page.clock.install()
  await page.route('**/metrics', route =>
    route.fulfill({
      json: {
        arqonbus_uptime_seconds: Date.now() / 1000,
        arqonbus_active_connections: 90,
        arqonbus_connections_max: 100
      }
    })
  )
  const tile = page.locator('#tile-clients.is-firing')
  await page.reload()
  await page.locator('#tile-clients').waitFor()
  await page.clock.runFor(10_000)
  assert.equal(await tile.count(), 0)
  await until('the time of the rule has passed', async () => {
    await page.clock.runFor(20_000)
    return (await tile.count()) === 1
  })
  assert.equal(await page.locator('.alerts li b').textContent(), 'ArqonBusConnectionsNearLimit')
  assert.match((await page.locator('#tile-clients .alarm').textContent()) ?? '', /almost full/)
})

test('a server that does not answer is told of', async t => {
  const { httpUrl } = await startDashboard(t)
  const { page } = await openDashboard(t, httpUrl)
  await page.locator('.status', { hasText: 'running' }).waitFor()
  await page.route('**/metrics', route => route.abort())
  await page.locator('.status.is-bad', { hasText: 'has not answered' }).waitFor()
})

test('a server that is held up is told of, and followed again when it goes on', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl)
  await page.locator('.status', { hasText: 'running' }).waitFor()
  await page.route('**/metrics', () => {})
  await page.locator('.status.is-bad', { hasText: 'has not answered' }).waitFor()
  await page.unroute('**/metrics')
  await page.locator('.status', { hasText: 'running' }).waitFor()
})

test('a channel shows its members, its history, and what comes, with a filter and a pause', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?screen_name=Ada')
  await ada.join('science:explore')
  await ada.ask({ type: 'message', room: 'science', channel: 'explore', payload: { text: 'before' } })
  const dashboard = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  const { page } = dashboard
  await page.locator('.tree .row', { hasText: 'explore' }).click()
  const rows = page.locator('.messages .row')
  await rows.filter({ hasText: 'before' }).waitFor()
  await page.getByText('Members: 2').click()
  await page.getByRole('cell', { name: 'Ada' }).waitFor()

  await ada.ask({ type: 'event', room: 'science', channel: 'explore', payload: { text: 'live', deep: { er: [1, 2] } } })
  await rows.filter({ hasText: 'live' }).click()
  assert.match((await page.locator('.detail .json').first().textContent()) ?? '', /text: "live"/)
  assert.match((await page.locator('.channel .heading .hint').textContent()) ?? '', /^position 2 · epoch /)

  await page.getByRole('button', { name: 'Pause' }).click()
  await ada.ask({ type: 'message', room: 'science', channel: 'explore', payload: { text: 'unseen' } })
  await page.getByText('paused, 1 more came').waitFor()
  assert.equal(await rows.count(), 2)
  await page.getByRole('button', { name: 'Go on' }).click()
  await rows.filter({ hasText: 'unseen' }).waitFor()
  await page.getByPlaceholder('Filter messages').fill('BEFORE')
  await page.getByText('1 of 3 messages').waitFor()
  await until('one row is left', async () => (await rows.count()) === 1)
  assert.deepEqual(dashboard.complaints, [])
})

test('a channel that is not there yet comes to be by being looked at, however long the socket takes', async t => {
  const server = await startDashboard(t)
  const dashboard = await openDashboard(t, server.httpUrl)
  const { page } = dashboard
  await page.routeWebSocket(/./, socket => {
    const onward = socket.connectToServer()
    socket.onMessage(frame => setTimeout(() => onward.send(frame), 300))
  })
  await page.reload()
  await page.evaluate("location.hash = '#/channels/never/seen'")
  await page.locator('.about', { hasText: 'made by its first use' }).waitFor()
  await page.getByText('Members: 1').waitFor()
  assert.deepEqual(dashboard.complaints, [])
})

test('counts of members follow those who come and go', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  const row = page.locator('.tree .row', { hasText: 'hypothesize' })
  await row.filter({ hasText: '0' }).waitFor()
  const ada = await server.connect()
  await ada.join('science:hypothesize')
  await row.filter({ hasText: '1' }).waitFor()
  await ada.command('leave_channel', { channel_id: 'science:hypothesize' })
  await row.filter({ hasText: '0' }).waitFor()
})

test('a channel is created, described and deleted, and a refusal is said in words', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  await page.getByRole('button', { name: 'Create a channel' }).click()
  await page.locator('dialog input[name=room]').fill('lab')
  await page.locator('dialog input[name=channel]').fill('results')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('button', { name: 'Describe' }).click()
  await page.getByLabel('Description').fill('What was found')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.about', { hasText: 'What was found' }).waitFor()

  const ada = await server.connect()
  await ada.join('lab:results')
  await remove()
  await page.locator('.notice.is-bad', { hasText: 'CHANNEL_NOT_EMPTY' }).waitFor()
  await ada.command('leave_channel', { channel_id: 'lab:results' })
  await remove()
  await page.locator('.notice.is-good', { hasText: 'Deleted lab:results.' }).waitFor()
  assert.equal((await fetch(`${server.httpUrl}/v1/rooms/lab/channels/results`)).status, 404)

  async function remove(): Promise<void> {
    await page.locator('.channel .danger').click()
    await page.getByRole('button', { name: 'Delete', exact: true }).last().click()
  }
})
