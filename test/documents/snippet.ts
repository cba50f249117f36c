import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { programArgs } from '../support/program.ts'
import { until } from '../support/until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const arqon = [process.execPath, ...programArgs('src/cli/main')].map(word => `'${word}'`).join(' ')
const client = programArgs('src/client/index')

/** `npx arqon` runs the source, so that nothing has to be built before. */
const shellHead = `npx() { [ "$1" = arqon ] || exit 9; shift; ${arqon} "$@"; }\n`
/** A browser has it, and so have newer versions of Node. */
const browserHead = "globalThis.WebSocket ??= (await import('ws')).WebSocket\n"

/** A snippet of a document that runs as a process of its own, against the server of a test instead of the documented one. */
export class Snippet {
  readonly #child: ChildProcessWithoutNullStreams
  #output = ''
  /** How much of it was looked at. */
  #seen = 0
  #errors = ''
  #code: number | null | undefined

  /** Starts it; it ends with the test at the latest. */
  constructor(
    t: TestContext,
    language: string,
    text: string,
    options: { readonly port: number; readonly env?: Record<string, string> }
  ) {
    const [command, ...args] = commandOf(language, text.replaceAll('9100', String(options.port)))
    const place = `127.0.0.1:${options.port}`
    const urls = { ARQONBUS_WS_URL: `ws://${place}`, ARQONBUS_HTTP_URL: `http://${place}` }
    const env = { PATH: process.env.PATH, ...urls, ...options.env }
    this.#child = spawn(command, args, { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.#child.stdout.setEncoding('utf8').on('data', chunk => {
      this.#output += chunk
    })
    this.#child.stderr.setEncoding('utf8').on('data', chunk => {
      this.#errors += chunk
    })
    this.#child.on('close', code => {
      this.#code = code
    })
    t.after(() => this.#kill())
  }

  get output(): string {
    return this.#output
  }

  /** What it has printed since that was last asked for or waited for. */
  take(): string {
    const text = this.#output.slice(this.#seen)
    this.#seen = this.#output.length
    return text
  }

  /** Waits for the next line that it prints. */
  async nextLine(): Promise<string> {
    await this.#until('prints another line', () => this.#output.includes('\n', this.#seen))
    const end = this.#output.indexOf('\n', this.#seen) + 1
    const line = this.#output.slice(this.#seen, end)
    this.#seen = end
    return line
  }

  /** Waits until it has printed what a document shows, and nothing else since that was last looked at; `…` stands for anything. */
  async print(shown: string): Promise<void> {
    const parts = shown.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const pattern = new RegExp(`^${parts.join('.*')}$`)
    await this.#until(`prints\n${shown}`, () => pattern.test(this.#output.slice(this.#seen)))
    this.#seen = this.#output.length
  }

  /** Waits until it has printed anything. */
  async begin(): Promise<void> {
    await this.#until('prints a line', () => this.#output.includes('\n'))
  }

  /** Waits for its end, which has to be a good one. */
  async end(): Promise<void> {
    await this.#until('ends', () => this.#code !== undefined)
    if (this.#code !== 0) throw new Error(`the snippet ended with ${this.#code}: ${this.#errors}`)
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const isOver = (): boolean => isSo() || this.#code !== undefined
    await until(`the snippet ${what}`, isOver)
    if (!isSo())
      throw new Error(`the snippet ended with ${this.#code} and never ${what}: ${this.#output}${this.#errors}`)
  }

  /** A shell has children of its own. */
  #kill(): void {
    if (this.#code === undefined && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
  }
}

function commandOf(language: string, text: string): [string, ...string[]] {
  if (language === 'sh') return ['sh', '-ec', shellHead + text]
  if (language === 'python') return ['python3', '-c', text]
  if (language === 'node') return [process.execPath, '-e', text]
  const url = pathToFileURL(client.at(-1) as string).href
  const program = browserHead + text.replaceAll("'arqonbus/client'", JSON.stringify(url))
  return [process.execPath, ...client.slice(0, -1), '--input-type=module', '--eval', program]
}
