import { type Command, InvalidArgumentError } from 'commander'
import type { Json, JsonObject } from '../protocol/json.ts'
import { type AccessOptions, readHttpAccess, takeHttpOptions } from './access.ts'
import { Output } from './print/output.ts'
import { runCommand } from './request.ts'
import type { Terminal } from './terminal.ts'

/** What was given on the command line: the arguments in their order, and the options by name. */
export interface Given {
  readonly values: readonly string[]
  readonly options: Readonly<Record<string, Json | undefined>>
}

/** What an operation answered, and where it is printed. */
export interface Answered {
  readonly output: Output
  readonly message: string
  readonly data: JsonObject
  readonly nowMs: number
}

/** A subcommand that runs one command of the server through the door for operators, so that what it makes outlives the program. */
export interface Operation {
  readonly name: string
  readonly summary: string
  /** The command on the wire. */
  readonly command: string
  /** Adds arguments and options. */
  readonly take?: (command: Command) => unknown
  /** The arguments on the wire; what is undefined is left out. */
  readonly args?: (given: Given) => Readonly<Record<string, Json | undefined>>
  readonly print: (answered: Answered) => void
}

/** Declares the operations of a group. */
export function declareOperations(group: Command, terminal: Terminal, operations: readonly Operation[]): void {
  for (const operation of operations) declareOperation(group, terminal, operation)
}

function declareOperation(group: Command, terminal: Terminal, operation: Operation): void {
  const name = `${group.name()} ${operation.name}`
  const command = group.command(operation.name).description(operation.summary)
  operation.take?.(command)
  takeHttpOptions(command).action(async () => {
    const options = command.opts<AccessOptions & Given['options']>()
    const access = readHttpAccess(options, terminal, command)
    const args = readArgs(operation, { values: command.args, options }, command)
    const answer = await runCommand(terminal, access, name, operation.command, args)
    operation.print({ output: new Output(terminal, options), nowMs: terminal.now(), ...answer })
  })
}

function readArgs({ args }: Operation, given: Given, command: Command): JsonObject {
  try {
    return (args?.(given) ?? {}) as JsonObject
  } catch (error) {
    if (error instanceof InvalidArgumentError) return command.error(`error: ${error.message}`)
    throw error
  }
}
