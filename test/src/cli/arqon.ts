import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { TestContext } from 'node:test'
import { programArgs } from '../../support/program.ts'

/** How `arqon` ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `arqon` as a process of its own; it ends with the test at the latest. */
export function startArqon(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [...programArgs('src/cli/main'), ...args], {
    env: { PATH: process.env.PATH, ...env }
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
  const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, stdout, stderr })))
  return { child, ended }
}

/** Runs `arqon` to its end. @param input what standard input holds; nothing unless told */
export function runArqon(
  t: TestContext,
  args: readonly string[],
  env: Record<string, string> = {},
  input = ''
): Promise<Ended> {
  const { child, ended } = startArqon(t, args, env)
  child.stdin.on('error', () => {}).end(input)
  return ended
}
