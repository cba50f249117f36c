import type { TSchema } from '@sinclair/typebox'

/** A JSON Schema as data, without what only this program understands. */
export interface PlainSchema {
  readonly [keyword: string]: unknown
}

/** Keywords that hold one schema, a list of schemas, and schemas by name. Only in these places a key is a keyword. */
const one: ReadonlySet<string> = new Set(['items', 'additionalProperties'])
const several: ReadonlySet<string> = new Set(['anyOf', 'allOf', 'oneOf'])
const named: ReadonlySet<string> = new Set(['properties'])

/** The schema in words that every validator knows: `expected`, the wording of faults, becomes the description where there is none. */
export function plainSchema(schema: TSchema): PlainSchema {
  return plain(JSON.parse(JSON.stringify(schema)))
}

/** A part of a schema as a schema; what is none counts as one that takes everything. */
export function asSchema(value: unknown): PlainSchema {
  return typeof value === 'object' && value !== null ? (value as PlainSchema) : {}
}

function plain(value: unknown): PlainSchema {
  const { expected, ...schema } = asSchema(value)
  const members = Object.entries(schema).map(([keyword, held]) => [keyword, plainMember(keyword, held)])
  const description = typeof expected === 'string' && schema.description === undefined ? { description: expected } : {}
  return { ...Object.fromEntries(members), ...description }
}

function plainMember(keyword: string, held: unknown): unknown {
  if (several.has(keyword) && Array.isArray(held)) return held.map(plain)
  if (typeof held !== 'object' || held === null) return held
  if (one.has(keyword)) return plain(held)
  if (!named.has(keyword)) return held
  return Object.fromEntries(Object.entries(held).map(([name, schema]) => [name, plain(schema)]))
}
