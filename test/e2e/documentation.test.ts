import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderAsyncApi } from '../../docs/render/asyncapi.ts'
import { renderOpenApi } from '../../docs/render/openapi.ts'
import { startServer } from '../helper.ts'
import { InspectedPage } from '../support/inspected-page.ts'
import { TEST_SECRET } from '../support/tokens.ts'

const withTokens = { ARQONBUS_ENABLE_AUTH: 'true', ARQONBUS_AUTH_JWT_SECRET: TEST_SECRET }
const paths = ['/openapi.json', '/asyncapi.json', '/documentation', '/documentation/static/swagger-ui.css']

test('the documents are given out as they are generated', async t => {
  const { httpUrl } = await startServer(t)
  for (const [path, render] of [
    ['/openapi.json', renderOpenApi],
    ['/asyncapi.json', renderAsyncApi]
  ] as const) {
    const answer = await fetch(httpUrl + path)
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(await answer.json(), JSON.parse(await render()), path)
  }
})

test('no token is needed for the documents, with authentication on', async t => {
  const { httpUrl } = await startServer(t, withTokens)
  for (const path of paths) assert.equal((await fetch(httpUrl + path)).status, 200, path)
  assert.equal((await fetch(`${httpUrl}/v1/rooms`)).status, 401)
})

test('without public operators the documents are on the listener of operators only', async t => {
  const { app, httpUrl } = await startServer(t, { ARQONBUS_PUBLIC_OPS: 'false' })
  await app.listenOps()
  for (const path of [...paths, '/documentation/', '/documentation/json', '/documentation/yaml']) {
    assert.equal((await fetch(httpUrl + path)).status, 404, path)
    assert.equal((await fetch(`http://127.0.0.1:${app.opsAddress()?.port}${path}`)).status, 200, path)
  }
})

test('no path leads from the files of the page to others', async t => {
  const { httpUrl } = await startServer(t)
  for (const path of ['..%2f..%2fpackage.json', '%2e%2e/%2e%2e/package.json', '..%5c..%5cpackage.json', 'x%00.css']) {
    const answer = await fetch(`${httpUrl}/documentation/static/${path}`)
    assert.equal(answer.status, 404, path)
    assert.equal(((await answer.json()) as { readonly code: string }).code, 'NOT_FOUND')
  }
})

test('the page may load what stands beside it, and nothing else', async t => {
  const { httpUrl } = await startServer(t)
  const { headers } = await fetch(`${httpUrl}/documentation`)
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'self';/)
  assert.match(policy, /style-src 'self'$/)
  assert.doesNotMatch(policy, /https?:|upgrade-insecure-requests/)
  assert.equal(headers.get('strict-transport-security'), null)
})

test('a browser shows the operations, asks no other host, and lists the rooms when that is tried out', async t => {
  const { httpUrl } = await startServer(t)
  const page = await InspectedPage.open(t, `${httpUrl}/documentation`)
  await page.when('the operations', `document.querySelectorAll('.opblock').length > 40`)
  const block = `document.querySelector('#operations-Rooms_and_channels-listRooms, [id$="listRooms"]')`
  await page.evaluate(`${block}.querySelector('.opblock-summary-control').click()`)
  await page.when('a way to try it', `!!${block}.querySelector('.try-out__btn')`)
  await page.evaluate(`${block}.querySelector('.try-out__btn').click()`)
  await page.when('a way to send it', `!!${block}.querySelector('.execute')`)
  await page.evaluate(`${block}.querySelector('.execute').click()`)
  const body = await page.when(
    'the answer',
    `${block}.querySelector('.live-responses-table .response-col_description .microlight, .live-responses-table .highlight-code')?.textContent`
  )
  assert.match(String(body), /"room": "science"/)
  await page.evaluate(`document.querySelector('.btn.authorize').click()`)
  await page.when('a way to give a token', `!!document.querySelector('.dialog-ux input')`)
  assert.ok(page.requests.some(url => url.startsWith(`${httpUrl}/v1/rooms`)))
  const elsewhere = page.requests.filter(url => !url.startsWith(httpUrl) && !url.startsWith('data:'))
  assert.deepEqual([elsewhere, page.complaints], [[], []])
})
