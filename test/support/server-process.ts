import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { programArgs } from './program.ts'
import { until } from './until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What {@link ServerProcess.memory} tells. */
export interface ServerMemory {
  readonly heapUsed: number
  readonly external: number
  /** Open file descriptors. */
  readonly handles: number
}

/** How to start a server. */
export interface ServerProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Whether {@link ServerProcess.memory} can be asked. */
  readonly isProbed?: boolean
}

/** The real server in a process of its own. */
export interface ServerProcess {
  readonly pid: number
  readonly port: number
  readonly wsUrl: string
  readonly httpUrl: string
  /** Every line of the log so far. */
  readonly log: readonly string[]
  /** Resolves when the process has ended and its log is complete. */
  readonly ended: Promise<ProcessEnd>
  readonly hasEnded: () => boolean
  kill(signal: NodeJS.Signals): void
  /** After a collection of all garbage. */
  memory(): Promise<ServerMemory>
  /** One number of `/metrics`. */
  metric(name: string): Promise<number>
}

/** Starts the server on free ports and waits until it is ready; it ends with the test. */
export async function startServerProcess(t: TestContext, options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const { env = {}, isProbed = false } = options
  const probe = ['--expose-gc', '--import', join(root, 'test/support/memory-probe.mjs')]
  const child = spawn(process.execPath, [...(isProbed ? probe : []), ...programArgs('src/main')], {
    cwd: root,
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', isProbed ? 'ipc' : 'ignore']
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as ProcessEnd)
  t.after(() => stop(child, ended))
  const log: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', line => log.push(line))
  }

  let port = 0
  await until('the server listens', () => {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${log.join('\n')}`)
    port = Number(/"websocket":"ws:\/\/[^"]+:(\d+)\/ws"/.exec(log.join('\n'))?.[1] ?? 0)
    return port !== 0
  })
  const httpUrl = `http://127.0.0.1:${port}`
  await until('the server is ready', async () => (await fetch(`${httpUrl}/ready`)).ok)

  return {
    pid: child.pid as number,
    port,
    wsUrl: `ws://127.0.0.1:${port}`,
    httpUrl,
    log,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    kill: signal => child.kill(signal),
    async memory() {
      const answer = once(child, 'message')
      child.send('memory')
      const [memory] = await answer
      return { ...memory, handles: readdirSync(`/proc/${child.pid}/fd`).length }
    },
    async metric(name) {
      const response = await fetch(`${httpUrl}/metrics`, { headers: { accept: 'application/json' } })
      return ((await response.json()) as Record<string, number>)[name] ?? Number.NaN
    }
  }
}

const STOP_MS = 15_000

async function stop(child: ChildProcess, ended: Promise<ProcessEnd>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}

/** Free ports, nothing that the environment of the tests says about a server, and no refusals because the machine is busy. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(ARQONBUS_|LOG_LEVEL$)/.test(name))
  return {
    ...Object.fromEntries(inherited),
    ARQONBUS_SERVER_PORT: '0',
    ARQONBUS_HTTP_PORT: '0',
    ARQONBUS_TELEMETRY_PORT: '0',
    ARQONBUS_MAX_EVENT_LOOP_DELAY_MS: '60000',
    LOG_LEVEL: 'info'
  }
}
