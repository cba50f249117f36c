import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

const kept = fileURLToPath(new URL('../../node_modules/.cache/prometheus', import.meta.url))

/** What a program said and how it ended. */
export interface ToolResult {
  readonly status: number | null
  /** Everything that it printed. */
  readonly output: string
}

/** Runs promtool to its end. */
export function runPromtool(args: readonly string[], input = ''): ToolResult {
  const { status, stdout, stderr } = spawnSync(findProgram('promtool'), args, { input, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** Starts a real Prometheus on a free port, which ends with the test. Resolves with its address. */
export async function startPrometheus(t: TestContext, config: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-prometheus-'))
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, config)
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0'
  ]
  const child = spawn(findProgram('prometheus'), options, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line)
    const [, address] = /msg="?Listening on"? address=(\S+)/.exec(line) ?? []
    if (address === undefined) continue
    child.stderr.resume()
    const url = `http://${address}`
    await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok)
    return url
  }
  throw new Error(`Prometheus did not start:\n${lines.join('\n')}`)
}

/** The program on the path; else that of Debian's package, which is unpacked into a folder and not installed. */
function findProgram(name: 'promtool' | 'prometheus'): string {
  if (spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) return name
  const program = join(kept, 'usr/bin', name)
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
    apt('download', 'prometheus')
    const [archive = ''] = readdirSync(folder).filter(file => file.endsWith('.deb'))
    execFileSync('dpkg', ['-x', archive, 'unpacked'], { cwd: folder, stdio: 'pipe' })
    if (!existsSync(kept)) renameSync(join(folder, 'unpacked'), kept)
  } catch (cause) {
    if (!existsSync(kept)) {
      const message = 'promtool and prometheus are not on the path and cannot be fetched: apt-get install prometheus'
      throw new Error(message, { cause })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
