import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of Node.js. */
export interface Started {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** Waits for something on the standard output and returns the line that holds it. */
  said(text: string): Promise<string>
}

/** Starts Node.js with the arguments; the process ends with the test at the latest. */
export function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Started {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [...args], {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE, ...env }
  })
  t.after(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  let end: Ended | undefined
  const ended = new Promise<Ended>(resolve => {
    child.on('close', code => {
      end = { code, stdout, stderr }
      resolve(end)
    })
  })
  const lineWith = (text: string) => stdout.split('\n').find(line => line.includes(text))
  return {
    child,
    ended,
    async said(text) {
      await until(`"${text}" is said`, () => {
        if (lineWith(text) === undefined && end) throw new Error(`ended before: ${JSON.stringify(end)}`)
        return lineWith(text) !== undefined
      })
      return lineWith(text) as string
    }
  }
}
