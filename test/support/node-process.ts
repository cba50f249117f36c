import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const MAX_STARTS = 5
/** No answer for so long counts as a no. */
const READY_MS = 5_000

/** An ArqonBus node in a process of its own, which can die and be started again on another port. It ends with the test at the latest. */
export class NodeProcess {
  readonly #t: TestContext
  readonly #env: Readonly<Record<string, string>>
  #process: ServerProcess | undefined

  private constructor(t: TestContext, env: Readonly<Record<string, string>>) {
    this.#t = t
    this.#env = env
  }

  /** Starts a node and waits until it is ready. Its own coverage is not taken: it is killed. */
  static async start(t: TestContext, env: Readonly<Record<string, string>>): Promise<NodeProcess> {
    const node = new NodeProcess(t, { ...env, NODE_V8_COVERAGE: '' })
    // Before that of the process itself, which would wait until it has closed in order.
    t.after(() => node.kill())
    await node.restart()
    return node
  }

  /** Port of the sockets; 0 while there is no process. */
  get port(): number {
    return this.#process === undefined || this.#process.hasEnded() ? 0 : this.#process.port
  }

  get httpUrl(): string {
    return this.#running.httpUrl
  }

  get wsUrl(): string {
    return this.#running.wsUrl
  }

  /** Every line of the log of the present process so far. */
  get log(): readonly string[] {
    return this.#process?.log ?? []
  }

  /** Whether `/ready` says so; false too when there is no answer. */
  async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.httpUrl}/ready`, { signal: AbortSignal.timeout(READY_MS) })).ok
    } catch {
      return false
    }
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.port === 0) return
    const { ended } = this.#running
    this.#running.kill('SIGKILL')
    await ended
  }

  /** Makes the process stand still: its sockets stay open and nothing answers. Returns when it does. */
  pause(): void {
    this.#running.kill('SIGSTOP')
    const ask = ['-o', 'stat=', '-p', String(this.#running.pid)]
    while (!execFileSync('ps', ask, { encoding: 'utf8' }).trim().startsWith('T'));
  }

  resume(): void {
    this.#running.kill('SIGCONT')
  }

  /** Starts a process where there is none, and waits until it is ready. One that ends at once is started again, as a supervisor does. */
  async restart(): Promise<void> {
    for (let tries = 1; this.port === 0; tries++) {
      try {
        this.#process = await startServerProcess(this.#t, { env: this.#env })
      } catch (error) {
        if (tries === MAX_STARTS) throw error
      }
    }
    this.#guard(this.#running)
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('the node was not started')
    return this.#process
  }

  #guard({ pid, ended }: ServerProcess): void {
    // A test run that is broken off leaves no process behind either.
    const end = (): void => void process.kill(pid, 'SIGKILL')
    process.once('exit', end)
    void ended.then(() => process.off('exit', end))
  }
}
