import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { readText } from '../documents/project.ts'
import { findBalancerProgram } from './balancer-program.ts'
import { freePorts } from './ports.ts'
import { until } from './until.ts'

/** What is deployed. */
export const BALANCER_CONFIG = 'deploy/cluster/haproxy.cfg'
const MAX_TRIES = 5

/** A real haproxy before two nodes, with the configuration that is deployed; {@link configFor} says what differs. It ends with the test. */
export class Balancer {
  readonly port: number
  /** Every line of the log so far. */
  readonly log: readonly string[]

  private constructor(port: number, log: readonly string[]) {
    this.port = port
    this.log = log
  }

  /** Resolves when clients can connect. @param ports those of the two nodes */
  static async start(t: TestContext, ports: readonly [number, number]): Promise<Balancer> {
    for (let tries = 1; ; tries++) {
      const [port = 0] = await freePorts(1)
      const log: string[] = []
      const child = launch(t, configFor(port, ports), log)
      const isUp = async (): Promise<boolean> => {
        const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
        return answer?.ok === true || child.exitCode !== null
      }
      await until('the balancer answers', isUp)
      if (child.exitCode === null) return new Balancer(port, log)
      if (tries === MAX_TRIES) throw new Error(`haproxy did not start:\n${log.join('\n')}`)
    }
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }
}

/** The configuration that is deployed, but with addresses of this machine, and for fewer connections than it may allow to have open. */
export function configFor(port: number, [one, two]: readonly [number, number]): string {
  const changes = [
    ['maxconn 20000', 'maxconn 1000'],
    ['bind :9100', `bind 127.0.0.1:${port}`],
    [' arqonbus-1:9100', ` 127.0.0.1:${one}`],
    [' arqonbus-2:9100', ` 127.0.0.1:${two}`]
  ] as const
  return changes.reduce((config, [deployed, here]) => {
    assert.equal(config.split(deployed).length, 2, `${deployed} stands once in ${BALANCER_CONFIG}`)
    return config.replace(deployed, here)
  }, readText(BALANCER_CONFIG))
}

function launch(t: TestContext, config: string, log: string[]): ChildProcess {
  const folder = mkdtempSync(join(tmpdir(), 'arqonbus-balancer-'))
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, config)
  const { path, env } = findBalancerProgram()
  const child = spawn(path, ['-db', '-f', file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => log.push(line))
  const ended = once(child, 'exit')
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  t.after(async () => {
    end()
    await ended
    process.off('exit', end)
    rmSync(folder, { recursive: true, force: true })
  })
  return child
}
