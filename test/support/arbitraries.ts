import fc, { type Arbitrary } from 'fast-check'
import type { Schema } from './openapi.ts'

/** Longer than anything that an answer may repeat, and easy to find in one. */
const LONG = 'A'.repeat(5_000)

/** Texts that mean something to some program on the way. */
const hostileText = fc.constantFrom(
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'science:explore',
  '*',
  '%00',
  "'; DROP TABLE rooms; --",
  '<script>alert(1)</script>',
  '\ud800',
  '🦊'.repeat(40),
  '$ref',
  'tenant:other',
  '1e999',
  'NaN',
  LONG
)

/** A JSON value of any kind. */
const anyValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e21, 2 ** 53, -0, [], {}, [[]], { '': null }),
  fc.constantFrom<unknown>(
    deep(70),
    Array.from({ length: 300 }, () => 0),
    { [LONG]: 1 },
    { constructor: 1 }
  )
)

function deep(levels: number): unknown {
  return levels === 0 ? 0 : [deep(levels - 1)]
}

/** Values that a schema of a document takes; its examples are among them. */
export function valid(schema: Schema): Arbitrary<unknown> {
  const examples = Array.isArray(schema.examples) ? [fc.constantFrom<unknown>(...schema.examples)] : []
  return fc.oneof(...examples, made(schema))
}

function made(schema: Schema): Arbitrary<unknown> {
  const { type, anyOf, items, minimum, maximum, exclusiveMinimum } = schema
  if ('const' in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom<unknown>(...schema.enum)
  if (Array.isArray(anyOf)) return fc.oneof(...(anyOf as Schema[]).map(valid))
  if (type === 'string') return text(schema)
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  const least = Number(minimum ?? (exclusiveMinimum === undefined ? -1000 : 1))
  const most = Math.min(Number(maximum ?? 100_000), least + 100_000)
  if (type === 'integer') return fc.oneof(fc.constantFrom(least, most), fc.integer({ min: least, max: most }))
  if (type === 'number') return fc.double({ min: least, max: most, noNaN: true })
  if (type === 'array') return fc.array(valid((items ?? {}) as Schema), { minLength: 1, maxLength: 3 })
  if (type === 'object' && schema.properties !== undefined) return record(schema)
  if (type === 'object') return fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string(), { maxKeys: 3 })
  return fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant({ state: 'idle' }))
}

function record({ properties, required = [] }: Schema): Arbitrary<unknown> {
  const members = Object.entries(properties as Record<string, Schema>).map(([name, schema]) => [name, valid(schema)])
  return fc.record(Object.fromEntries(members), { requiredKeys: [...(required as never[])] })
}

function text({ pattern, format, minLength = 0, maxLength = 64 }: Schema): Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map(date => date.toISOString())
  const length = { minLength: Number(minLength), maxLength: Math.min(Number(maxLength), 64) }
  if (typeof pattern !== 'string') return fc.string({ unit: 'grapheme-ascii', ...length })
  if (pattern.includes('ud800')) return fc.string({ unit: 'grapheme', minLength: 1, maxLength: 32 })
  const fits = new RegExp(pattern)
  return fc.stringMatching(new RegExp(pattern.replaceAll(/\(\?!.*?\$\)/g, ''))).filter(one => fits.test(one))
}

/** Bodies that are near to those that a schema takes: a member of another type, one too few, one too many. */
export function spoilt(schema: Schema): Arbitrary<unknown> {
  const names = Object.keys((schema.properties ?? {}) as object)
  const base = valid(schema).map(value => ({ ...(value as object) }))
  const replaced = fc
    .tuple(base, fc.constantFrom(...names, 'stranger'), anyValue)
    .map(([body, name, value]) => ({ ...body, [name]: value }))
  const missing = fc.tuple(base, fc.constantFrom(...names, 'stranger')).map(([body, name]) => {
    const { [name]: _, ...rest } = body as Record<string, unknown>
    return rest
  })
  return fc.oneof(
    { arbitrary: replaced, weight: 4 },
    { arbitrary: missing, weight: 1 },
    { arbitrary: anyValue, weight: 1 }
  )
}

/** Texts for one part of a path, as they stand in the path. */
export const pathPart: Arbitrary<string> = fc.oneof(
  hostileText.map(encode),
  fc.constantFrom(
    '%',
    '%zz',
    '%c3%28',
    '%ff',
    '..',
    '.',
    '%2f',
    '%2e%2e',
    '%00',
    '~',
    ';a=b',
    'a,b',
    '%252e',
    'science'
  )
)

/** What is no query of any operation, or not a sound one. */
export const oddQuery: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '?',
    '?&&',
    '?=',
    '?%',
    '?%zz=1',
    '?a=%ff',
    '?stranger=1',
    '?limit',
    '?limit=&limit=',
    '?limit=1&limit=2'
  ),
  fc.constantFrom(
    '?limit=0',
    '?limit=1e3',
    '?limit=abc',
    '?limit[]=1',
    '?__proto__=1',
    '?cursor=%00',
    '?constructor=1'
  ),
  hostileText.map(text => `?limit=${encode(text)}`),
  hostileText.map(text => `?cursor=${encode(text)}&since=${encode(text)}`)
)

function encode(text: string): string {
  return encodeURIComponent(text.replace('\ud800', '\ufffd')).slice(0, 12_000)
}

/** Bodies that are no JSON objects of the size and depth that is taken, with the media type that they claim. */
export const oddBodies: readonly (readonly [type: string | undefined, body: string])[] = [
  ['application/json', ''],
  ['application/json', '{'],
  ['application/json', '[]'],
  ['application/json', 'null'],
  ['application/json', '"text"'],
  ['application/json', '{"a":1,"a":2}'],
  ['application/json', '{"__proto__":{"isAdmin":true}}'],
  ['application/json', `{"payload":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['application/json', `{"payload":{"text":"${'A'.repeat(1_100_000)}"}}`],
  ['application/json', `{"payload":{"list":[${'0,'.repeat(200_000)}0]}}`],
  ['application/json', '{"payload":{"n":1e999}}'],
  ['application/json', '\u0000'],
  ['text/plain', '{}'],
  ['application/x-www-form-urlencoded', 'payload=1'],
  ['multipart/form-data; boundary=x', '--x--'],
  ['application/xml', '<a/>'],
  [`application/${'A'.repeat(1_000)}`, '{}'],
  [undefined, '{}']
]
