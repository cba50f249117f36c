import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { findNatsProgram } from './nats-program.ts'
import { freePorts } from './ports.ts'

const MAX_TRIES = 5

/** Where a server keeps its things, and what runs. */
export interface NatsServerPlace {
  /** A path of nats-server; that of {@link findNatsProgram} unless told. */
  readonly program?: string
  /** Where a folder for it is made; that of the system unless told. */
  readonly parent?: string
}

interface Launch {
  readonly program: string
  readonly folder: string
  readonly options: readonly string[]
}

/** A real NATS server with JetStream, on a port that stays the same when it is started again. */
export class NatsServer {
  readonly port: number
  readonly #launch: Launch
  #child: ChildProcess

  private constructor(port: number, how: Launch, child: ChildProcess) {
    this.port = port
    this.#launch = how
    this.#child = child
  }

  /**
   * Starts a server on a free port with a folder of its own. The port is asked for beforehand, so that nobody is given it while the
   * server is down; when another process was quicker, once more.
   */
  static async start(options: readonly string[] = [], place: NatsServerPlace = {}): Promise<NatsServer> {
    const { program = findNatsProgram().path, parent = tmpdir() } = place
    const how = { program, folder: mkdtempSync(join(parent, 'arqonbus-nats-')), options }
    for (let tries = 1; ; tries++) {
      const [port = 0] = await freePorts(1)
      try {
        return new NatsServer(port, how, await launch(how, port))
      } catch (error) {
        if (tries === MAX_TRIES) throw error
      }
    }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Ends the process at once, as a crash would. What it has stored stays. */
  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  /** Makes the process stand still: its sockets stay open and nothing answers. Returns when it does. */
  pause(): void {
    this.#child.kill('SIGSTOP')
    const ask = ['-o', 'stat=', '-p', String(this.#child.pid)]
    while (!execFileSync('ps', ask, { encoding: 'utf8' }).trim().startsWith('T'));
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** Starts a killed server again, with what it had stored or with nothing. */
  async restart({ isEmpty = false } = {}): Promise<void> {
    if (isEmpty) rmSync(join(this.#launch.folder, 'data'), { recursive: true, force: true })
    this.#child = await launch(this.#launch, this.port)
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#launch.folder, { recursive: true, force: true })
  }
}

/** A server that ends with the test. */
export async function startNats(t: TestContext, options: readonly string[] = []): Promise<NatsServer> {
  const server = await NatsServer.start(options)
  t.after(() => server.remove())
  return server
}

async function launch({ program, folder, options }: Launch, port: number): Promise<ChildProcess> {
  const where = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'data')]
  const child = spawn(program, [...where, ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  endWithThis(child)
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line)
    if (!line.includes('Server is ready')) continue
    child.stderr.resume()
    return child
  }
  throw new Error(`nats-server did not start:\n${lines.join('\n')}`)
}

/** A test run that is broken off, also by its runner, leaves no process behind. */
function endWithThis(child: ChildProcess): void {
  const end = (): void => void child.kill('SIGKILL')
  const leave = (): void => process.exit(143)
  process.once('exit', end)
  process.once('SIGTERM', leave)
  child.once('exit', () => {
    process.off('exit', end)
    process.off('SIGTERM', leave)
  })
}
