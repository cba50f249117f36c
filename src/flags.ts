import { Argument, Command, CommanderError, Option } from 'commander'
import { type ConfigKey, configKeys } from './config.ts'
import { VERSION } from './version.ts'

/** What the command line of `arqonbus` asks for. */
export interface ParsedFlags {
  /** Settings by name, as {@link loadConfig} takes them. */
  readonly flags: Readonly<Record<string, string>>
  /** Whether to check the configuration and leave. */
  readonly checkConfig: boolean
}

/** The command line asks to end the process at once: after a text that was asked for, or after a fault in its use. */
export class FlagsExit extends Error {
  /** 0 after `--help` and `--version`, 2 after a fault. */
  readonly exitCode: 0 | 2

  /** @param text what is to be written: to the standard output after 0, else to the standard error output. */
  constructor(exitCode: 0 | 2, text: string) {
    super(text)
    this.name = 'FlagsExit'
    this.exitCode = exitCode
  }
}

const footer = `
Every setting is also a variable; flags win. README.md lists the variables, docs/limits.md
the limits, docs/errors.md what the server answers when it refuses.`

/**
 * Reads the arguments that follow the name of the program [protocol.md, Command line]. Nothing is written, the process is not ended.
 *
 * @throws FlagsExit for `--help`, `--version` and arguments that are not understood.
 */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const { command, written } = createCommand()
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    throw new FlagsExit(error.exitCode === 0 ? 0 : 2, written.join(''))
  }
  const { checkConfig = false, ...flags } = command.opts<{ checkConfig?: boolean } & Record<string, string>>()
  return { flags, checkConfig }
}

function createCommand(): { readonly command: Command; readonly written: readonly string[] } {
  const written: string[] = []
  const write = (text: string): void => {
    written.push(text)
  }
  const command = new Command('arqonbus')
    .description('Starts the ArqonBus server.')
    .addArgument(new Argument('[serve]', 'start the server, which is the default').choices(['serve']))
    .version(VERSION, '--version', 'print the version')
    .helpOption('--help', 'print this text')
    .addHelpText('after', footer)
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride()
  for (const key of configKeys) if (key.flag !== undefined) command.addOption(optionOf(key, key.flag))
  command.option('--check-config', 'check the configuration, print everything that is wrong, and leave')
  return { command, written }
}

function optionOf(key: ConfigKey, flag: string): Option {
  const fallback = key.default === undefined ? '' : `; default ${key.default}`
  return new Option(`--${flag} <value>`, `${key.description.replaceAll('`', '')} (${key.env[0]}${fallback})`)
}
