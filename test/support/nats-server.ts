import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const kept = fileURLToPath(new URL('../../node_modules/.cache/nats', import.meta.url))

/** A real NATS server with JetStream, on a port that stays the same when it is started again. */
export class NatsServer {
  readonly port: number
  readonly #folder: string
  readonly #options: readonly string[]
  #child: ChildProcess

  private constructor(port: number, folder: string, options: readonly string[], child: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#options = options
    this.#child = child
  }

  /** Starts a server on a free port with a folder of its own. */
  static async start(options: readonly string[] = []): Promise<NatsServer> {
    const folder = mkdtempSync(join(tmpdir(), 'arqonbus-nats-'))
    const { child, port } = await launch(folder, -1, options)
    return new NatsServer(port, folder, options, child)
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Ends the process at once, as a crash would. What it has stored stays. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
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
    if (isEmpty) rmSync(join(this.#folder, 'data'), { recursive: true, force: true })
    this.#child = (await launch(this.#folder, this.port, this.#options)).child
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A server that ends with the test. */
export async function startNats(t: TestContext, options: readonly string[] = []): Promise<NatsServer> {
  const server = await NatsServer.start(options)
  t.after(() => server.remove())
  return server
}

async function launch(
  folder: string,
  port: number,
  options: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const where = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'data')]
  const child = spawn(findProgram(), [...where, ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  // A test run that is broken off leaves nothing behind either.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const lines: string[] = []
  let bound = port
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line)
    const [, found] = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line) ?? []
    if (found !== undefined) bound = Number(found)
    if (!line.includes('Server is ready')) continue
    child.stderr.resume()
    return { child, port: bound }
  }
  throw new Error(`nats-server did not start:\n${lines.join('\n')}`)
}

/** The program on the path; else that of Debian's package, which is unpacked into a folder and not installed. */
function findProgram(): string {
  if (spawnSync('nats-server', ['--version'], { stdio: 'ignore' }).status === 0) return 'nats-server'
  const program = join(kept, 'usr/sbin/nats-server')
  if (!existsSync(program)) fetchPackage()
  return program
}

/** Needs no rights beyond writing here: the lists of packages are its own too. Two that do it at once do not meet. */
function fetchPackage(): void {
  mkdirSync(dirname(kept), { recursive: true })
  const folder = mkdtempSync(`${kept}-`)
  const lists = join(folder, 'lists')
  const apt = (...args: string[]): void => {
    const options = [`Dir::State::lists=${lists}`, `Dir::Cache=${join(folder, 'cache')}`].flatMap(one => ['-o', one])
    execFileSync('apt-get', ['-q', ...options, ...args], { cwd: folder, stdio: 'pipe' })
  }
  try {
    mkdirSync(join(lists, 'partial'), { recursive: true })
    mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true })
    apt('update')
    apt('download', 'nats-server')
    const [archive = ''] = readdirSync(folder).filter(file => file.endsWith('.deb'))
    execFileSync('dpkg', ['-x', archive, 'unpacked'], { cwd: folder, stdio: 'pipe' })
    if (!existsSync(kept)) renameSync(join(folder, 'unpacked'), kept)
  } catch (cause) {
    if (!existsSync(kept)) {
      const message =
        'nats-server is not on the path and cannot be fetched: apt-get install nats-server, or go install github.com/nats-io/nats-server/v2@latest'
      throw new Error(message, { cause })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
