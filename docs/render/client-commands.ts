import type { AnyCommand } from '../../src/bus/command.ts'
import { asSchema, type PlainSchema, plainSchema } from '../../src/protocol/plain-schema.ts'
import { commands } from './commands.ts'

/** Files of the client library that hold the types of commands, by the beginning of the names that they are for. */
export const commandFiles: Readonly<Record<string, RegExp>> = {
  'src/client/commands/bus.ts': /^(?!op\.|history$|.*channel)/,
  'src/client/commands/casil.ts': /^op\.casil\./,
  'src/client/commands/channels.ts': /^(?!op\.).*channel/,
  'src/client/commands/cron.ts': /^op\.cron\./,
  'src/client/commands/history.ts': /^(op\.history\.|history$)/,
  'src/client/commands/omega.ts': /^op\.omega\./,
  'src/client/commands/store.ts': /^op\.store\./,
  'src/client/commands/webhooks.ts': /^op\.webhook\./
}

const MAX_WIDTH = 120
const head = '// Made by `npm run docs:generate` from src/commands.'

/** The whole of one of the {@link commandFiles}: the types of arguments and answers, by the names of the commands. */
export function renderCommandTypes(path: string): string {
  const pattern = commandFiles[path] ?? /^$/
  const records = commands.filter(({ name }) => pattern.test(name))
  const members = records.flatMap(record =>
    [record.name, ...(record.aliases ?? [])].map(name => memberOf(name, record))
  )
  const body = members.join('\n')
  const json = /\bJson(Object)?\b/.test(body)
    ? `import type { ${importsOf(body)} } from '../../protocol/json.ts'\n\n`
    : ''
  return `${head}\n${json}/** Commands with their arguments and the data of their answers. */\nexport interface ${nameOf(path)} {\n${body}\n}\n`
}

function nameOf(path: string): string {
  const [, name = ''] = /(\w+)\.ts$/.exec(path) ?? []
  return `${name[0]?.toUpperCase()}${name.slice(1)}Commands`
}

function importsOf(body: string): string {
  return ['Json', 'JsonObject'].filter(name => new RegExp(`\\b${name}\\b`).test(body)).join(', ')
}

function memberOf(name: string, { summary, args, result }: AnyCommand<never>): string {
  const key = /^\w+$/.test(name) ? name : `'${name}'`
  const parts = [`args: ${typeOf(plainSchema(args), '    ', 6)}`, `result: ${typeOf(plainSchema(result), '    ', 8)}`]
  return `  /** ${summary} */\n  ${key}: {\n    ${parts.join('\n    ')}\n  }`
}

/**
 * A schema as a type, laid out as the formatter does it.
 * @param before how many characters stand before it in its line, beside the indentation
 */
function typeOf(schema: PlainSchema, indent: string, before: number): string {
  if ('const' in schema) return literalOf(schema.const)
  if (Array.isArray(schema.enum)) return [...new Set(schema.enum.map(literalOf))].join(' | ')
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return [...new Set(union.map(one => typeOf(asSchema(one), indent, before)))].join(' | ')
  if (schema.type === 'array') return listOf(typeOf(asSchema(schema.items), indent, before + 9))
  if (schema.type === 'object') return objectOf(schema, indent, before)
  return (
    { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' }[String(schema.type)] ??
    'Json'
  )
}

function listOf(item: string): string {
  return item.includes(' | ') && !item.startsWith('{') ? `readonly (${item})[]` : `readonly ${item}[]`
}

function objectOf(schema: PlainSchema, indent: string, before: number): string {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const fields = Object.entries(asSchema(schema.properties))
  if (fields.length === 0) return schema.additionalProperties === false ? 'Record<never, never>' : 'JsonObject'
  const inner = `${indent}  `
  const members = fields.map(([name, value]) => {
    const start = `readonly ${name}${required.has(name) ? '' : '?'}: `
    const type = typeOf(asSchema(value), inner, start.length)
    return `${start}${type}${required.has(name) ? '' : ' | undefined'}`
  })
  const line = `{ ${members.join('; ')} }`
  if (!line.includes('\n') && indent.length + before + line.length <= MAX_WIDTH) return line
  return `{\n${members.map(member => `${inner}${member}`).join('\n')}\n${indent}}`
}

function literalOf(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
