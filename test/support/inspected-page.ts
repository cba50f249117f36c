import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { WebSocket } from 'ws'
import { openPage } from './browser.ts'
import { until } from './until.ts'

interface Told {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
}

/** How long a browser may take on a machine that has much else to do. */
const PATIENCE_MS = 60_000

/** A page in a real browser, with what it asked for and what it complained of. */
export class InspectedPage {
  /** Addresses of all requests since the page was opened. */
  readonly requests: string[] = []
  /** Errors and warnings of the console, and exceptions that nobody caught. */
  readonly complaints: string[] = []
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (told: Told) => void>()
  #count = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => this.#hear(JSON.parse(String(data))))
  }

  /** Opens an address; the browser ends with the test. */
  static async open(t: TestContext, url: string): Promise<InspectedPage> {
    const profile = openPage(t, 'about:blank', ['--remote-debugging-port=0'])
    const file = join(profile, 'DevToolsActivePort')
    await until('the browser can be inspected', () => existsSync(file) && readPort(file) !== '')
    let address: string | undefined
    await until('the browser has a page', async () => {
      const pages = await fetch(`http://127.0.0.1:${readPort(file)}/json/list`)
      const list = (await pages.json()) as readonly { readonly type: string; readonly webSocketDebuggerUrl: string }[]
      address = list.find(({ type }) => type === 'page')?.webSocketDebuggerUrl
      return address !== undefined
    })
    const socket = new WebSocket(address ?? '')
    t.after(() => socket.terminate())
    const page = new InspectedPage(socket)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page.#ask(`${domain}.enable`)
    await page.#ask('Page.navigate', { url })
    return page
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#ask('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
    return (result?.result as { readonly value?: unknown } | undefined)?.value
  }

  /** Waits until an expression in the page is true, and returns its value. */
  async when(what: string, expression: string): Promise<unknown> {
    const giveUpMs = Date.now() + PATIENCE_MS
    for (;;) {
      const value = await this.evaluate(expression)
      if (value) return value
      if (Date.now() > giveUpMs) throw new Error(`${what} did not come: ${this.complaints.join('; ')}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  #ask(method: string, params: object = {}): Promise<Told> {
    const id = ++this.#count
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise(resolve => this.#waiting.set(id, resolve))
  }

  #hear(told: Told): void {
    const { id, method, params = {} } = told
    if (id !== undefined) {
      this.#waiting.get(id)?.(told)
      this.#waiting.delete(id)
    } else if (method === 'Network.requestWillBeSent') this.requests.push((params.request as { url: string }).url)
    else if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params.exceptionDetails))
    else if (method === 'Log.entryAdded') this.#note(params.entry as { level: string; text: string })
    else if (method === 'Runtime.consoleAPICalled')
      this.#note({ level: String(params.type), text: JSON.stringify(params.args) })
  }

  #note({ level, text }: { readonly level: string; readonly text: string }): void {
    if (['error', 'warning', 'assert'].includes(level)) this.complaints.push(`${level}: ${text}`)
  }
}

/** The first of two lines; empty before it is written as a whole. */
function readPort(file: string): string {
  const [port = '', ...rest] = readFileSync(file, 'utf8').split('\n')
  return rest.length > 0 ? port : ''
}
