import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { connected, openDashboard, startDashboard } from '../support/dashboard.ts'
import { until } from '../support/until.ts'

const long = 'x'.repeat(64)
const hashes = [
  '#/overview',
  '#/channels',
  '#/channels/lab/one',
  `#/channels/${long}/${long}`,
  '#/clients',
  '#/try',
  '#/casil',
  '#/operators'
]

test('everything fits from 360 to 2,560 pixels', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect('/ws?room=lab&channel=one&screen_name=Ada')
  await ada.ask({ type: 'message', room: 'lab', channel: 'one', payload: { text: 'word '.repeat(200) } })
  for (const width of [360, 768, 2560]) {
    const dashboard = await openDashboard(t, server.httpUrl, { width })
    const { page } = dashboard
    await connected(dashboard)
    for (const hash of hashes) {
      await page.evaluate(`location.hash = '${hash}'`)
      await page.locator(`main.view-${hash.split('/')[1]}`).waitFor()
      const surplus = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.equal(surplus, 0, `${hash} at ${width}`)
      const cut = await page.evaluate(
        "[...document.querySelectorAll('main h2')].filter(each => each.scrollWidth > each.clientWidth + 1).length"
      )
      assert.equal(cut, 0, `${hash} at ${width}`)
    }
    assert.deepEqual(dashboard.complaints, [])
  }
})

test('a narrow page shows the name of the view among those of the others', async t => {
  const server = await startDashboard(t)
  const dashboard = await openDashboard(t, server.httpUrl, { width: 360, hash: '#/operators' })
  await connected(dashboard)
  const box = await dashboard.page.locator('#nav [aria-current]').boundingBox()
  assert.ok(box && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box))
})

test('a narrow page shows the tree or the channel, and leads back', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { width: 360, hash: '#/channels' })
  await page.locator('.tree .row', { hasText: 'explore' }).click()
  await page.getByText('Members:').waitFor()
  assert.equal(await page.locator('.tree').isVisible(), false)
  await page.getByText('← All channels').click()
  await page.locator('.tree').waitFor()
})

test('the keyboard alone leads to a message of a channel', async t => {
  const server = await startDashboard(t)
  const ada = await server.connect()
  await ada.ask({ type: 'message', room: 'integriguard', channel: 'dashboard-events', payload: { text: 'by keys' } })
  const dashboard = await openDashboard(t, server.httpUrl)
  const { page } = dashboard
  await connected(dashboard)
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await tabTo(page, 'Skip to the content')
  await tabTo(page, 'Rooms and channels')
  await press('Enter')
  await page.locator('.tree .row', { hasText: 'dashboard-events' }).waitFor()
  await tabTo(page, 'Rooms and channels', 'tree')
  await press('ArrowLeft')
  await page.locator('.tree .row[aria-expanded=false]', { hasText: 'integriguard' }).waitFor()
  await press('ArrowRight')
  await page.locator('.tree .row', { hasText: 'dashboard-events' }).waitFor()
  await press('ArrowDown', 'Enter')
  await page.locator('.messages .row', { hasText: 'by keys' }).waitFor()
  await tabTo(page, 'Messages, oldest first', 'listbox')
  await press('Enter')
  await page.locator('.detail', { hasText: 'by keys' }).waitFor()
})

test('dialogs take the keyboard, end with Escape, and give the focus back', async t => {
  const server = await startDashboard(t)
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  const create = page.getByRole('button', { name: 'Create a channel' })
  await create.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Create a channel' }).waitFor()
  assert.equal(await page.evaluate('document.activeElement.closest("dialog") !== null'), true)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Create a channel')
})

test('what is read again takes the focus from no button', async t => {
  const server = await startDashboard(t)
  await server.connect('/ws?screen_name=Ada')
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/clients' })
  let reads = 0
  page.on('request', request => {
    if (/\/v1\/(clients\?|commands\/op\.casil\.get)/.test(request.url())) reads++
  })
  await page.clock.install()
  await page.reload()
  await page.locator('.clients .row', { hasText: 'Ada' }).click()
  for (const name of ['Disconnect', 'Switch to enforce']) {
    await page.getByRole('button', { name }).focus()
    const before = reads
    // Nothing is asked again before the last answer is shown.
    await until('an answer is shown', async () => {
      await page.clock.runFor(6_000)
      return reads > before + 1
    })
    assert.equal(await page.evaluate('document.activeElement.textContent'), name)
    await page.evaluate("location.hash = '#/casil'")
  }
})

test('every control has a name, and every view a heading', async t => {
  const server = await startDashboard(t)
  const dashboard = await openDashboard(t, server.httpUrl)
  const { page } = dashboard
  await connected(dashboard)
  for (const hash of hashes) {
    await page.evaluate(`location.hash = '${hash}'`)
    await page.locator(`main.view-${hash.split('/')[1]} h1`).waitFor()
    assert.deepEqual(await page.evaluate(unnamed), [], hash)
    assert.equal(await page.locator('main h1').count(), 1, hash)
  }
})

test('the theme is that of the system until another is chosen, which is remembered', async t => {
  const server = await startDashboard(t)
  const dashboard = await openDashboard(t, server.httpUrl, { colorScheme: 'dark' })
  const { page } = dashboard
  const back = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const dark = await back()
  await page.getByRole('button', { name: 'Theme: auto' }).click()
  await page.getByRole('button', { name: 'Theme: light' }).waitFor()
  const light = await back()
  assert.notEqual(light, dark)
  await page.reload()
  await page.getByRole('button', { name: 'Theme: light' }).waitFor()
  assert.equal(await back(), light)
})

test('texts stand out from what is behind them, in both themes', async t => {
  const server = await startDashboard(t)
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openDashboard(t, server.httpUrl, { colorScheme })
    await page.locator('.status', { hasText: 'running' }).waitFor()
    const pairs = [
      ['--text', '--front'],
      ['--soft', '--front'],
      ['--faint', '--front'],
      ['--faint', '--back'],
      ['--accent', '--accent-back'],
      ['--accent', '--back'],
      ['--on-accent', '--accent'],
      ['--good', '--good-back'],
      ['--warn', '--warn-back'],
      ['--bad', '--bad-back'],
      ['--soft', '--raised']
    ]
    for (const [front, back] of pairs) {
      const ratio = await page.evaluate(`(${contrast})('${front}', '${back}')`)
      assert.ok(Number(ratio) >= 4.5, `${front} on ${back} in ${colorScheme}: ${ratio}`)
    }
  }
})

/** Goes on by Tab until what is focused has the name, and the role if one is given. */
async function tabTo(page: Page, name: string, role = ''): Promise<void> {
  for (let count = 0; count < 40; count++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(
      `[document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent, document.activeElement.getAttribute('role') ?? '']`
    )
    const [label, actual] = found as [string, string]
    if (label === name && actual === role) return
  }
  assert.fail(`Tab does not lead to ${name}`)
}

const unnamed = `[...document.querySelectorAll('button, a, input, select, textarea, [role=tree], [role=listbox], [role=region]')]
  .filter(each => !(each.getAttribute('aria-label') || each.textContent.trim() || each.labels?.[0]?.textContent.trim()))
  .map(each => each.outerHTML.slice(0, 100))`

/** The contrast of WCAG between two variables of the style. */
const contrast = `(front, back) => {
  const context = document.createElement('canvas').getContext('2d')
  const lightness = name => {
    const probe = document.body.appendChild(document.createElement('i'))
    probe.style.color = 'var(' + name + ')'
    context.fillStyle = getComputedStyle(probe).color
    probe.remove()
    context.fillRect(0, 0, 1, 1)
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map(byte => {
      const part = byte / 255
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [high, low] = [lightness(front), lightness(back)].sort((one, other) => other - one)
  return (high + 0.05) / (low + 0.05)
}`
