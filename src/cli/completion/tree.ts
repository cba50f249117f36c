import type { Command } from 'commander'

/** What can be written after a subcommand. */
export interface Branch {
  /** The words that lead here: `[]` for the program itself, `['store', 'get']`. */
  readonly path: readonly string[]
  readonly summary: string
  readonly children: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly Flag[]
  /** What the arguments can be, where that is known. */
  readonly values: readonly string[]
}

/** An option that can be written. */
export interface Flag {
  /** `--limit`, and `-V` where there is a short one. */
  readonly names: readonly string[]
  readonly summary: string
  readonly takesValue: boolean
  /** Whether the value is a file. */
  readonly isFile: boolean
  /** What the value can be, where that is known. */
  readonly values: readonly string[]
}

/** The program and all of its subcommands, as they are declared. */
export function branchesOf(command: Command, path: readonly string[] = []): Branch[] {
  const children = command.commands.map(child => ({ name: child.name(), summary: child.description() }))
  const help: Flag = { names: ['--help'], summary: 'display help', takesValue: false, isFile: false, values: [] }
  const flags = command.options.map(option => ({
    names: [option.long, option.short].filter(name => name !== undefined && name !== null),
    summary: option.description,
    takesValue: option.required || option.optional,
    isFile: /<path>/.test(option.flags),
    values: option.argChoices ?? []
  }))
  const values = command.registeredArguments.flatMap(argument => argument.argChoices ?? [])
  const branch = { path, summary: command.description(), children, flags: [...flags, help], values }
  return [branch, ...command.commands.flatMap(child => branchesOf(child, [...path, child.name()]))]
}
