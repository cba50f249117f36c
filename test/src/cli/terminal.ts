import { runProgram } from '../../../src/cli/program.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'

/** What a made-up terminal has that differs from a pipe without input at the beginning of 2026. */
export interface TerminalSettings {
  readonly env?: Readonly<Record<string, string>>
  readonly columns?: number
  readonly isErrorTerminal?: boolean
  readonly input?: string
  readonly nowMs?: number
  readonly signal?: AbortSignal
}

/** A terminal that keeps what is written to it. */
export interface KeptTerminal extends Terminal {
  stdout(): string
  stderr(): string
}

/** Makes a terminal. */
export function createTerminal(settings: TerminalSettings = {}): KeptTerminal {
  let stdout = ''
  let stderr = ''
  const { input } = settings
  return {
    env: settings.env ?? {},
    signal: settings.signal ?? new AbortController().signal,
    columns: settings.columns,
    isErrorTerminal: settings.isErrorTerminal ?? false,
    input: input === undefined ? undefined : { lines: () => linesOf(input), text: async () => input },
    now: () => settings.nowMs ?? Date.parse('2026-01-01T00:00:00Z'),
    random: () => 0.5,
    write: text => {
      stdout += text
    },
    writeError: text => {
      stderr += text
    },
    stdout: () => stdout,
    stderr: () => stderr
  }
}

/** Runs the command line in this process. */
export async function runHere(args: readonly string[], settings: TerminalSettings = {}) {
  const terminal = createTerminal(settings)
  const code = await runProgram(args, terminal)
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

/** Output without its colours. */
export function unpainted(text: string): string {
  return text.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d*m`, 'g'), '')
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.replace(/\n$/, '').split('\n')
}
