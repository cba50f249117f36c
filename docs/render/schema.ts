import { asSchema, type PlainSchema, plainSchema } from '../../src/protocol/plain-schema.ts'

export { type PlainSchema, plainSchema }

/** One value of an object, with the way to it: `server.version`, `channels[].name`. */
export interface Field {
  readonly path: string
  readonly isRequired: boolean
  readonly schema: PlainSchema
}

/** Every value of the object that a schema describes, in its order; those within come after what holds them. */
export function fieldsOf(schema: PlainSchema, prefix = ''): Field[] {
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  return Object.entries(asSchema(schema.properties)).flatMap(([name, value]) => {
    const path = prefix + name
    const field = asSchema(value)
    const isList = field.type === 'array'
    const within = isList ? fieldsOf(asSchema(field.items), `${path}[].`) : fieldsOf(field, `${path}.`)
    return [{ path, isRequired: required.has(name), schema: field }, ...within]
  })
}

/** The type in words: `integer`, `list of string`, `string or null`, a constant as it is written in JSON. */
export function sayType(schema: PlainSchema): string {
  if ('const' in schema) return JSON.stringify(schema.const)
  if (Array.isArray(schema.anyOf))
    return [...new Set(schema.anyOf.map(member => sayType(asSchema(member))))].join(' or ')
  if (schema.type === 'array') return `list of ${sayType(asSchema(schema.items))}`
  if (schema.format === 'date-time') return 'date and time'
  return schema.type === undefined ? 'any' : String(schema.type)
}

/** What a value has to keep to beside its type: a range, a length, a pattern; empty if nothing. */
export function sayBounds(schema: PlainSchema): string {
  if (Array.isArray(schema.anyOf))
    return schema.anyOf
      .map(member => sayBounds(asSchema(member)))
      .filter(Boolean)
      .join('; ')
  const { minimum, maximum, minLength, maxLength, pattern } = schema
  const parts: string[] = []
  if (minimum !== undefined || maximum !== undefined) parts.push(sayRange(minimum, maximum))
  if (maxLength !== undefined) parts.push(`${sayRange(minLength, maxLength)} characters`)
  if (pattern !== undefined) parts.push(`\`${pattern}\``)
  return parts.join(', ')
}

function sayRange(least: unknown, most: unknown): string {
  if (most === undefined) return `at least ${least}`
  return least === undefined ? `at most ${most}` : `${least}–${most}`
}
