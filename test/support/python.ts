import { execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules/.cache/python')
const run = promisify(execFile)

/** The folder of the Python SDK. */
export const sdk = join(root, 'sdk/python')

/** What a Python program ended with. */
export interface PythonEnd {
  readonly code: number | null
  /** Both of its outputs. */
  readonly output: string
}

/** How a Python program runs. */
export interface PythonOptions {
  /** `python3` unless told. */
  readonly python?: string
  /** Folders in which modules are looked for first. */
  readonly modules?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The folder of the SDK unless told. */
  readonly cwd?: string
}

/** Runs a Python program; it ends with the test. */
export async function runPython(t: TestContext, args: readonly string[], options: PythonOptions): Promise<PythonEnd> {
  const { python = 'python3', modules = [], env = {}, cwd = sdk } = options
  const child = spawn(python, args, {
    cwd,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: modules.join(':'), ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.after(() => child.kill('SIGKILL'))
  const code = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, output: out + errors }
}

/** Whether there is a Python that the SDK runs on. */
export function hasPython(): boolean {
  return succeeds('python3', 'import sys; sys.exit(sys.version_info < (3, 10))')
}

/**
 * The folders of an old `websockets`: Debian's, which is fetched and unpacked, but not installed; where there is no Debian, the
 * one that is installed.
 * @throws Error that says what to install, when there is none
 */
export async function findWebsockets(): Promise<string[]> {
  try {
    return [await fetchDebian('websockets', ['python3-websockets'])]
  } catch (cause) {
    if (succeeds('python3', 'import websockets')) return []
    throw new Error('the tests of the Python SDK need websockets: apt-get install python3-websockets', { cause })
  }
}

/** The folders of the newest `websockets` that pip can get; undefined where it can get none. */
export async function findNewestWebsockets(): Promise<string[] | undefined> {
  const options = ['--quiet', '--retries', '0', '--timeout', '10', '--no-deps', '--disable-pip-version-check']
  const install = (draft: string): Promise<unknown> =>
    run('python3', ['-m', 'pip', 'install', ...options, '--target', draft, 'websockets>=13'])
  try {
    const { stdout } = await run('python3', ['-c', 'import platform; print(platform.python_version())'])
    return [await build(`newest-websockets-${stdout.trim()}`, install)]
  } catch {
    return undefined
  }
}

/** A Python that can build wheels, with the folders that it needs for that. Debian's tools fit Debian's Python alone. */
export async function findBuilder(): Promise<{ readonly python: string; readonly modules: readonly string[] }> {
  const debian = '/usr/bin/python3'
  for (const python of ['python3', debian]) {
    if (succeeds(python, 'import setuptools.build_meta, wheel')) return { python, modules: [] }
  }
  const packages = ['python3-setuptools', 'python3-pkg-resources', 'python3-wheel']
  return { python: debian, modules: [await fetchDebian('setuptools', packages)] }
}

/** Lets a program in another language use servers in processes of their own: it answers POST /take, /signal and /ended. */
export async function lendServers(
  t: TestContext,
  count: number,
  env: Readonly<Record<string, string>>
): Promise<string> {
  const servers: Promise<ServerProcess>[] = []
  for (let index = 0; index < count; index++) {
    // One after the other: a small machine is busy enough with the tests that run meanwhile.
    const previous = servers.at(-1) ?? Promise.resolve()
    servers.push(previous.then(() => startServerProcess(t, { env })))
  }
  const started = Promise.allSettled(servers)
  let taken = 0
  const server = createServer(async (request, response) => {
    try {
      const { id = taken++, signal } = JSON.parse(await text(request))
      const lent = (await servers[id]) as ServerProcess
      if (request.url === '/signal') lent.kill(signal)
      else if (request.url === '/ended') await lent.ended
      response.end(JSON.stringify({ id, port: lent.port }))
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await started
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function succeeds(python: string, program: string): boolean {
  return spawnSync(python, ['-c', program], { stdio: 'ignore' }).status === 0
}

/** The folder of modules of packages of Debian, kept for the next run. */
async function fetchDebian(name: string, packages: readonly string[]): Promise<string> {
  const folder = await build(`debian-${name}`, async draft => {
    const download = () => run('apt-get', ['download', ...packages], { cwd: draft })
    await download().catch(async () => {
      await run('apt-get', ['update'])
      await download()
    })
    for (const archive of readdirSync(draft)) await run('dpkg', ['-x', join(draft, archive), draft])
  })
  return join(folder, 'usr/lib/python3/dist-packages')
}

/** Makes a folder of the cache all at once, so that a run that is broken off leaves nothing half done. */
async function build(name: string, fill: (draft: string) => Promise<unknown>): Promise<string> {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    await fill(draft)
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}
