import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { connected, measuredBy, openDashboard, startDashboard } from '../support/dashboard.ts'
import { until } from '../support/until.ts'

const CHANNELS = 10_000
const RATE = 5_000
const SECONDS = 4
const BATCH_MS = 20

const limits = {
  ARQONBUS_MAX_CHANNELS: '20000',
  ARQONBUS_MAX_CHANNELS_PER_ROOM: '20000',
  ARQONBUS_MAX_BATCH: '1000',
  ARQONBUS_PUBLISHES_PER_SECOND: '1000000',
  ARQONBUS_PUBLISH_BURST: '1000000'
}

test('10,000 channels are listed, found and scrolled through with few rows at a time', async t => {
  const server = await startDashboard(t, limits)
  for (let index = 0; index < CHANNELS; index += 500)
    await publish(
      server.httpUrl,
      Array.from({ length: 500 }, (_, each) => ({
        room: `room-${(index + each) % 100}`,
        channel: `c-${index + each}`,
        payload: {}
      }))
    )
  const { page } = await openDashboard(t, server.httpUrl, { hash: '#/channels' })
  await page.getByText(/10,0\d\d channels/).waitFor()
  const filter = page.getByPlaceholder('Filter')
  await filter.fill('c-')
  await until('the filter shows them', async () => (await rowsHeight(page)) > CHANNELS * 20)
  assert.ok((await page.locator('.tree .row').count()) < 100)
  await page.evaluate(`document.querySelector('.tree').scrollTop = 1e9`)
  await page.locator('.tree .row', { hasText: 'c-9999' }).waitFor()
  await filter.fill('c-7777')
  await page.locator('.tree .row', { hasText: 'c-7777' }).waitFor()
  await reportTasks(t, page)
})

test('5,000 messages a second are followed to the last one with few rows at a time', async t => {
  const server = await startDashboard(t, limits)
  const dashboard = await openDashboard(t, server.httpUrl, { hash: '#/channels/science/explore' })
  const { page } = dashboard
  await connected(dashboard)
  await page.locator('.channel .heading .hint', { hasText: 'position' }).waitFor()
  const perBatch = (RATE * BATCH_MS) / 1000
  const startMs = performance.now()
  for (let sent = 0; sent < RATE * SECONDS; sent += perBatch) {
    await publish(
      server.httpUrl,
      Array.from({ length: perBatch }, (_, each) => ({
        room: 'science',
        channel: 'explore',
        payload: { n: sent + each, text: 'a reading of the northern sensor' }
      }))
    )
    await pause(Math.max(0, startMs + (sent / RATE) * 1000 - performance.now()))
  }
  await page.locator('.channel .heading .hint', { hasText: `position ${RATE * SECONDS} ` }).waitFor()
  await page.locator('.messages .row', { hasText: `n: ${RATE * SECONDS - 1},` }).waitFor()
  assert.ok((await page.locator('.messages .row').count()) < 100)
  assert.deepEqual(dashboard.complaints, [])
  await reportTasks(t, page)
})

/** Says what held the page up: how long that is depends on the machine, and decides nothing. */
async function reportTasks(t: TestContext, page: Page): Promise<void> {
  const { longTasks } = await measuredBy(page)
  t.diagnostic(`tasks over 50 ms: ${longTasks.length}, the longest ${Math.max(0, ...longTasks)} ms`)
}

async function rowsHeight(page: Page): Promise<number> {
  return page.evaluate(`document.querySelector('.tree').scrollHeight`)
}

async function publish(httpUrl: string, messages: readonly object[]): Promise<void> {
  const answer = await fetch(`${httpUrl}/v1/publish`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ messages })
  })
  const body = (await answer.json()) as { readonly failed?: number; readonly details?: string }
  assert.equal(body.failed, 0, JSON.stringify(body).slice(0, 500))
}
