import { type Command, InvalidArgumentError } from 'commander'
import { type AccessOptions, readBusAccess, takeBusOptions } from './access.ts'
import { parseArguments } from './arguments.ts'
import { formatJson } from './json.ts'
import { Output } from './print/output.ts'
import { toVisible } from './print/text.ts'
import { withBus } from './session.ts'
import type { Terminal } from './terminal.ts'

/** `arqon cmd` [protocol.md, Command line]. */
export function declareCmd(program: Command, terminal: Terminal): void {
  const command = program
    .command('cmd')
    .description('run any command of the server')
    .argument('<name>', 'such as whoami, list_channels or help')
    .argument('[arguments...]', 'a JSON object, or key=value for each')
    .addHelpText(
      'after',
      `
Examples:
  arqon cmd whoami
  arqon cmd list_channels room=science limit=10
  arqon cmd join_channel '{"room":"science","channel":"explore"}'`
    )
  takeBusOptions(command).action(async (name: string, texts: readonly string[], options: AccessOptions) => {
    const args = readArguments(texts, command)
    const output = new Output(terminal, options)
    const access = readBusAccess(options, terminal, command)
    const { data, message } = await withBus(terminal, access, { name }, bus => bus.command(name, args))
    output.print({ message, data }, () => `${output.style.green(toVisible(message))}\n${formatJson(data, 2)}`)
  })
}

function readArguments(texts: readonly string[], command: Command): object {
  try {
    return parseArguments(texts)
  } catch (error) {
    if (error instanceof InvalidArgumentError) return command.error(`error: ${error.message}`)
    throw error
  }
}
