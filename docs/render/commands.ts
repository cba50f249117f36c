import { channelArgs } from '../../src/bus/arguments.ts'
import type { AnyCommand } from '../../src/bus/command.ts'
import { table } from '../../src/commands/index.ts'
import { PROTOCOL_VERSION } from '../../src/version.ts'
import { type Field, fieldsOf, plainSchema, sayBounds, sayType } from './schema.ts'
import { renderTable } from './table.ts'

/** Every command, by name. */
export const commands: readonly AnyCommand<never>[] = Object.values<readonly AnyCommand<never>[]>(table)
  .flat()
  .sort((a, b) => (a.name < b.name ? -1 : 1))

const head = `# Commands

A command is a frame of type \`command\`; it gets exactly one answer of type \`response\`. Both are described in
[protocol.md](protocol.md#commands). The tables below name the fields of \`args\`, and those of \`payload.data\` in an answer whose
\`status\` is \`success\`. A refusal carries one of the codes of [errors.md](errors.md).

An argument that is not listed is refused. Text is turned into a number or into true or false where one is wanted. Commands that are
marked as heavy have a rate of their own: see [limits.md](limits.md#rates-of-one-connection).`

/** The whole of `docs/commands.md`. */
export function renderCommands(): string {
  return `${[head, renderOverview('#'), ...commands.map(renderCommand)].join('\n\n')}\n`
}

/** One line for each command, with a link to what is said about it; `where` is what the link begins with. */
export function renderOverview(where: string): string {
  const rows = commands.map(({ name, role, summary }) => [
    `[\`${name}\`](${where}${anchorOf(name)})`,
    sayRole(role),
    summary
  ])
  return renderTable(['command', 'who', 'what it does'], rows)
}

/** The whole of `openapi/commands.json`. */
export function renderCommandsJson(): string {
  const records = commands.map(({ name, aliases, summary, role, isHeavy, args, result }) => ({
    name,
    aliases: aliases ?? [],
    summary,
    role,
    heavy: isHeavy === true,
    args: plainSchema(args),
    result: plainSchema(result)
  }))
  return `${JSON.stringify({ protocol: PROTOCOL_VERSION, commands: records }, null, 2)}\n`
}

function renderCommand(record: AnyCommand<never>): string {
  const { name, aliases = [], summary, role, isHeavy, isAddressed } = record
  const facts = [
    `Who: ${sayRole(role)}.`,
    aliases.length === 0 ? '' : `Also called ${aliases.map(alias => `\`${alias}\``).join(', ')}.`,
    isHeavy ? 'Heavy.' : '',
    isAddressed ? 'The address can be [spelled in several ways](protocol.md#addresses-in-commands).' : ''
  ]
  const parts = [`## ${name}`, summary, facts.filter(Boolean).join(' '), renderArgs(record), renderResult(record)]
  return parts.join('\n\n')
}

function renderArgs({ args }: AnyCommand<never>): string {
  const fields = fieldsOf(args)
  if (fields.length === 0) return 'No arguments.'
  const rows = fields.map(({ path, isRequired, schema }) => [
    `\`${path}\``,
    sayType(schema),
    isRequired ? 'required' : sayDefault(schema.default),
    isAddress(path) ? 'a [name](limits.md#fixed)' : sayBounds(schema),
    isAddress(path) ? '' : sayMeaning(schema)
  ])
  return renderTable(['argument', 'type', 'default', 'bounds', 'meaning'], rows)
}

function renderResult({ result }: AnyCommand<never>): string {
  const rows = fieldsOf(result).map(({ path, isRequired, schema }) => [
    `\`${path}\``,
    `${sayType(schema)}${isRequired ? '' : ', optional'}`,
    sayMeaning(schema)
  ])
  return renderTable(['field of the answer', 'type', 'meaning'], rows)
}

function isAddress(path: Field['path']): boolean {
  return Object.hasOwn(channelArgs, path)
}

function sayMeaning({ description }: Field['schema']): string {
  return typeof description === 'string' ? description : ''
}

function sayDefault(value: unknown): string {
  return value === undefined ? 'optional' : `\`${JSON.stringify(value)}\``
}

function sayRole(role: string): string {
  return role === 'user' ? 'all' : role
}

function anchorOf(name: string): string {
  return name.replaceAll('.', '')
}
