import { Command, CommanderError } from 'commander'
import { declareStatus } from './status.ts'
import { declareTail } from './tail.ts'
import type { Terminal } from './terminal.ts'
import { declareVersion } from './version.ts'

/** Every subcommand of `arqon`. A new one is a file and a line here. */
const subcommands = [declareStatus, declareTail, declareVersion] as const

const DONE = 0
const FAILED = 1
const MISUSED = 2
const INTERRUPTED = 130

/**
 * Runs the command line and resolves with the exit code [protocol.md, Command line]: 0, 1 after a failure, 2 after a usage
 * error, 130 after an interrupt. The reason of a failure is one line on standard error.
 * @param args the arguments after the name of the program
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('arqon')
    .description('Look at a running ArqonBus server.')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.write(text),
      writeErr: text => terminal.writeError(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'arqon: '))
    })
  for (const declare of subcommands) declare(program, terminal)
  try {
    await program.parseAsync(args, { from: 'user' })
    return DONE
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === DONE ? DONE : MISUSED
    if (terminal.signal.aborted) return INTERRUPTED
    terminal.writeError(`arqon: ${error instanceof Error ? error.message : String(error)}\n`)
    return FAILED
  }
}
