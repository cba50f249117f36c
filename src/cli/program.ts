import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { declareBench } from './bench.ts'
import { declareCasil } from './casil.ts'
import { declareChannels } from './channels.ts'
import { declareClients } from './clients.ts'
import { declareCmd } from './cmd.ts'
import { declareCompletion } from './completion.ts'
import { declareCron } from './cron.ts'
import { declareDoctor } from './doctor.ts'
import { declareHistory } from './history.ts'
import { declarePub } from './pub.ts'
import { declareStatus } from './status.ts'
import { declareStore } from './store.ts'
import { declareSub } from './sub.ts'
import { declareTail } from './tail.ts'
import { SilentFailure, type Terminal } from './terminal.ts'
import { declareToken } from './token.ts'
import { declareVersion } from './version.ts'
import { declareWebhook } from './webhook.ts'

/** Every subcommand of `arqon`, in the groups and the order of its help. A new one is a file and a line here. */
const subcommands = {
  'Messages:': [declarePub, declareSub, declareTail, declareHistory],
  'Server:': [declareStatus, declareVersion, declareChannels, declareClients, declareCmd, declareDoctor, declareBench],
  'Operators:': [declareStore, declareCron, declareWebhook, declareCasil],
  'Around:': [declareToken, declareCompletion]
} as const

const DONE = 0
const FAILED = 1
const MISUSED = 2
const INTERRUPTED = 130
const HELP_COLUMNS = 100
/** The program with all of its subcommands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('arqon')
    .description('Talk to an ArqonBus server, look at it and run it.')
    .version(VERSION, '-V, --version', 'print the version of this program')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.write(text),
      writeErr: text => terminal.writeError(text),
      getOutHelpWidth: () => terminal.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => terminal.columns ?? HELP_COLUMNS,
      outputError: (text, write) => write(text.replace(/^error: /, 'arqon: '))
    })
  for (const [heading, declarations] of Object.entries(subcommands)) {
    program.commandsGroup(heading)
    for (const declare of declarations) declare(program, terminal)
  }
  return program.helpCommand('help [command]', 'display help for command')
}

/**
 * Runs the command line and resolves with the exit code [protocol.md, Command line]: 0, 1 after a failure, 2 after a usage
 * error, 130 after an interrupt. The reason of a failure is on standard error.
 * @param args the arguments after the name of the program
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' })
    return DONE
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === DONE ? DONE : MISUSED
    if (terminal.signal.aborted) return INTERRUPTED
    if (!(error instanceof SilentFailure))
      terminal.writeError(`arqon: ${error instanceof Error ? error.message : String(error)}\n`)
    return FAILED
  }
}
