import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { after, type TestContext } from 'node:test'
import { type Browser, chromium, type Page, type Request } from 'playwright-core'
import { startServer, type TestServer } from '../helper.ts'
import { findChromium } from './browser.ts'

const BUILT = 'dist/client/arqonbus.min.js'
/** How long a browser may take on a machine that has much else to do. */
const PATIENCE_MS = 60_000

/** Begins before anything of the page. */
const measuring = `
  globalThis.violations = []
  globalThis.longTasks = []
  document.addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective))
  new PerformanceObserver(list => longTasks.push(...list.getEntries().map(entry => entry.duration))).observe({ type: 'longtask' })
`

/** The page in a real browser, with what it asked for and what it complained of. */
export interface DashboardPage {
  readonly page: Page
  /** Addresses of all requests, those of sockets too. */
  readonly requests: readonly string[]
  /** Errors and warnings of the console, what nobody caught, and what the policy of contents kept from happening. */
  readonly complaints: readonly string[]
  /** Bytes that came over HTTP for files of the page, as they were sent. */
  readonly bytes: () => number
  /** Whether everything of the page that was asked for has come. */
  readonly isWhole: () => boolean
}

/** How the page is opened. */
export interface Look {
  /** Behind `/dashboard/`. */
  readonly hash?: string
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

/** Starts a server whose page can be opened. */
export async function startDashboard(t: TestContext, env: Record<string, string> = {}): Promise<TestServer> {
  buildClient()
  return startServer(t, { ARQONBUS_REST_PER_SECOND: '10000', ...env })
}

/** Opens the page in a profile of its own, which ends with the test. */
export async function openDashboard(t: TestContext, httpUrl: string, look: Look = {}): Promise<DashboardPage> {
  browser ??= launch()
  const { width = 1280, height = 860, colorScheme = 'light' } = look
  const profile = await (await browser).newContext({ viewport: { width, height }, colorScheme })
  t.after(() => profile.close())
  const page = await profile.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const requests: string[] = []
  const complaints: string[] = []
  let bytes = 0
  page.on('request', request => requests.push(request.url()))
  page.on('websocket', socket => requests.push(socket.url()))
  page.on('pageerror', error => complaints.push(String(error.stack)))
  page.on('dialog', dialog => complaints.push(`dialog: ${dialog.message()}`))
  page.on('console', message => {
    if (['error', 'warning', 'assert'].includes(message.type())) complaints.push(message.text())
  })
  let asked = 0
  let answered = 0
  const isFile = (request: Request) => request.url().startsWith(`${httpUrl}/dashboard`)
  page.on('request', request => {
    if (isFile(request)) asked++
  })
  page.on('requestfinished', request => {
    if (!isFile(request)) return
    const note = ({ responseBodySize }: { responseBodySize: number }): void => {
      bytes += responseBodySize
      answered++
    }
    // A page that is closed meanwhile has no sizes any more; whoever wants them waits until it is whole.
    request.sizes().then(note, () => {})
  })
  await page.addInitScript({ content: measuring })
  await page.goto(`${httpUrl}/dashboard/${look.hash ?? ''}`)
  return { page, requests, complaints, bytes: () => bytes, isWhole: () => answered === asked }
}

/** What the page measured of itself since it was opened: tasks over 50 ms, in milliseconds, and breaches of its policy. */
export function measuredBy(page: Page): Promise<{ readonly violations: string[]; readonly longTasks: number[] }> {
  return page.evaluate('({ violations, longTasks })')
}

/** Waits until there is a connection. */
export async function connected({ page }: DashboardPage): Promise<void> {
  await page.locator('#state.is-open').waitFor()
}

/** All tests of a file share one: it takes longer to start than most of them. */
let browser: Promise<Browser> | undefined

after(async () => (await browser)?.close())

function launch(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking']
  findChromium()
  return chromium.launch({ executablePath: '/usr/bin/chromium', args })
}

/** The client of the bus as a build leaves it. It is put in its place as a whole, since other files may read it at the same time. */
function buildClient(): void {
  if (isBuilt) return
  const made = `dist/client/.arqonbus-${process.pid}.js`
  mkdirSync('dist/client', { recursive: true })
  const options = ['--bundle', '--format=esm', '--platform=browser', '--target=es2022', '--minify']
  const { status, stderr } = spawnSync('node_modules/.bin/esbuild', [
    'src/client/index.ts',
    ...options,
    '--log-level=warning',
    `--outfile=${made}`
  ])
  if (status !== 0 || !existsSync(made)) throw new Error(`the client cannot be built: ${stderr}`)
  renameSync(made, BUILT)
  isBuilt = true
}

let isBuilt = false
