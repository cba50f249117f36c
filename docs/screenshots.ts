import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { type Browser, chromium, type Page } from 'playwright-core'
import { WebSocket } from 'ws'
import { buildApp } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'

/** Takes the pictures of `docs/dashboard.md`: a real server with something to do, a real browser, every view in both themes. */
const folder = 'docs/images'
const size = { width: 1280, height: 860 }
const STEPS = 450
const STEP_MS = 2_000
const CHATTER_MS = 400
/** So long that rates are known. */
const SETTLE_MS = 7_000

const env = {
  ARQONBUS_SERVER_PORT: '0',
  ARQONBUS_TELEMETRY_PORT: '0',
  ARQONBUS_NODE_NAME: 'demo',
  ARQONBUS_OMEGA_ENABLED: 'true',
  ARQONBUS_CASIL_ENABLED: 'true',
  ARQONBUS_CASIL_METADATA_TO_ENVELOPE: 'true',
  ARQONBUS_REST_PER_SECOND: '10000',
  ARQONBUS_MAX_EVENT_LOOP_DELAY_MS: '60000',
  LOG_LEVEL: 'silent'
}

/** Each picture: its name, the address of the view, and what is done there first. */
const views: readonly (readonly [name: string, hash: string, prepare?: (page: Page) => Promise<void>])[] = [
  [
    'channels',
    '#/channels/lab/agents',
    async page => {
      await page.locator('.messages .row').nth(6).click()
    }
  ],
  [
    'clients',
    '#/clients',
    async page => {
      await page.locator('.clients .row').nth(2).click()
    }
  ],
  [
    'try',
    '#/try/command/op.store.set',
    async page => {
      await page.getByLabel('Way', { exact: true }).selectOption('socket')
      await page.locator('input[name=if_version]').fill('')
      await page.locator('input[name=namespace]').fill('')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.locator('.answer .json').waitFor()
      await page.locator('.wire .row').first().click()
    }
  ],
  [
    'casil',
    '#/casil',
    async page => {
      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await page.locator('.wire .row').nth(3).waitFor()
    }
  ],
  [
    'operators',
    '#/operators',
    async page => {
      await page.getByRole('button', { name: 'Deliveries' }).first().click()
      await page.getByText('Deliveries to').waitFor()
    }
  ]
]

const sayings = [
  { text: 'The third run agrees with the first.' },
  { step: 'plan', tasks: ['measure', 'compare', 'write'], budget: { tokens: 12_000 } },
  { text: 'Who has the calibration of last week?', to: 'Ada' },
  { note: 'password: tangerine' },
  { reading: 21.4, unit: '°C', sensor: 'north' },
  { text: 'I would not publish this before the control is done.', confidence: 0.72 }
]

const app = await buildApp({ config: loadConfig({ env }).config, logger: pino({ level: 'silent' }) })
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo
const httpUrl = `http://127.0.0.1:${port}`
const sockets: WebSocket[] = []
const sink = createServer((request, response) => {
  request.resume()
  response.writeHead(204).end()
}).listen(0, '127.0.0.1')
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
try {
  mkdirSync(folder, { recursive: true })
  await furnish()
  for (const theme of ['light', 'dark'] as const) await takeAll(browser, theme)
} finally {
  sink.close()
  sink.closeAllConnections()
  await browser.close()
  for (const socket of sockets) socket.terminate()
  await app.close()
}

async function takeAll(chrome: Browser, colorScheme: 'light' | 'dark'): Promise<void> {
  const shoot = (page: Page, name: string) =>
    page.screenshot({ path: `${folder}/dashboard-${name}-${colorScheme}.png` })
  const charts = await chrome.newPage({ viewport: size, colorScheme })
  await charts.clock.install()
  await charts.goto(`${httpUrl}/dashboard/`)
  await charts.locator('#state.is-open').waitFor()
  for (let step = 0; step < STEPS; step++) {
    talk(3 + Math.round(4 * (1 + Math.sin(step / 25)) + (step % 60 === 0 ? 12 : 0)), step)
    const answered = charts.waitForResponse(`${httpUrl}/metrics`)
    await charts.clock.runFor(STEP_MS)
    await answered
  }
  await shoot(charts, 'overview')
  await charts.close()

  const page = await chrome.newPage({ viewport: size, colorScheme })
  const chatter = setInterval(() => talk(2, Math.floor(Date.now() / CHATTER_MS)), CHATTER_MS)
  for (const [name, hash, prepare] of views) {
    await page.goto(`${httpUrl}/dashboard/${hash}`)
    await page.waitForTimeout(SETTLE_MS)
    await prepare?.(page)
    await page.waitForTimeout(CHATTER_MS)
    await shoot(page, name)
    await page.goto('about:blank')
  }
  clearInterval(chatter)
  await page.close()
}

/** Channels, clients, webhooks, jobs and values, as a small laboratory might have. */
async function furnish(): Promise<void> {
  const who = [
    ['Ada', 'human', 'lab:agents'],
    ['Planner', 'ai-agent', 'lab:agents'],
    ['Critic', 'ai-agent', 'lab:agents'],
    ['Sensors', 'service', 'lab:readings'],
    ['Grace', 'human', 'science:explore'],
    ['Archivist', 'ai-agent', 'science:interpret']
  ] as const
  for (const [name, type, address] of who) {
    const [room, channel] = address.split(':')
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/ws?client_type=${type}&screen_name=${name}&room=${room}&channel=${channel}`
    )
    await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject))
    sockets.push(socket)
  }
  await post('/v1/rooms/lab/channels', { channel: 'results', description: 'What was found, and how' })
  await post('/v1/webhooks', { url: `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`, room: 'lab' })
  await post('/v1/webhooks', { url: `${httpUrl}/nowhere`, room: 'science' })
  await post('/v1/cron', {
    room: 'lab',
    channel: 'agents',
    payload: { text: 'Stand-up' },
    cron: '55 8 * * MON-FRI',
    timezone: 'Europe/Berlin'
  })
  await post('/v1/omega/substrates', { name: 'reservoir', kind: 'simulated' })
}

function talk(messages: number, step: number): void {
  for (let index = 0; index < messages; index++) {
    const socket = sockets[(index + step) % sockets.length] as WebSocket
    const payload = sayings[(index * 5 + step) % sayings.length]
    socket.send(JSON.stringify({ type: 'message', payload, ack: false }))
  }
}

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(httpUrl + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body)
  })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
}
