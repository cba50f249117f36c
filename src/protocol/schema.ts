import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

/** A compiled check: the faults of a value, one sentence each; empty when it fits. */
export type Check = (value: unknown) => string[]

const { validate: isCalendarTime } = formats.default.get('date-time') as { validate(text: string): boolean }
const ajv = createAjv({})
const coercing = createAjv({ coerceTypes: true, useDefaults: true })

/** Most faults named at once: an answer is not to be much longer than what it answers. */
const MAX_FAULTS = 20

/**
 * Compiles a schema with the one Ajv that checks envelopes and command arguments. A schema may say in `expected` what a
 * value has to be; the sentence then reads `field: must be <expected>`.
 */
export function compileCheck(schema: TSchema): Check {
  const validate: ValidateFunction = ajv.compile(schema)
  return value => (validate(value) ? [] : toFaults(validate.errors ?? []))
}

/** The same for what comes as text, such as a query string: values are turned into numbers and truth values where they are wanted. */
export function compileTextCheck(schema: TSchema): Check {
  const validate: ValidateFunction = coercing.compile(schema)
  return value => (validate(value) ? [] : toFaults(validate.errors ?? []))
}

function createAjv(options: Options): Ajv {
  const made = new Ajv({ allErrors: true, verbose: true, strict: false, ...options })
  formats.default(made, ['uri'])
  // A leap second, or an offset of hours alone, is a time to the library but none to Date.
  made.addFormat('date-time', (text: string) => isCalendarTime(text) && !Number.isNaN(Date.parse(text)))
  return made
}

function toFaults(errors: readonly ErrorObject[]): string[] {
  const faults = new Map<string, string>()
  for (const error of errors) {
    const field = fieldOf(error)
    if (faults.size >= MAX_FAULTS && !faults.has(field)) continue
    const isExpected = expectationOf(error) !== undefined
    if (isExpected || !faults.has(field)) faults.set(field, `${field}: ${sentenceOf(error)}`)
  }
  return [...faults.values()]
}

/** The dotted path of the value at fault, a list standing for its elements; for a missing or an extra property, that property. */
function fieldOf(error: ErrorObject): string {
  const segments = error.instancePath.split('/').filter(segment => !/^\d*$/.test(segment))
  const named: unknown = error.params.missingProperty ?? error.params.additionalProperty
  if (typeof named === 'string') segments.push(named.slice(0, 64))
  return segments.join('.') || 'message'
}

function sentenceOf(error: ErrorObject): string {
  if (error.keyword === 'required') return 'is required'
  if (error.keyword === 'additionalProperties') return 'is not known'
  const expectation = expectationOf(error)
  return expectation === undefined ? (error.message ?? 'is not valid') : `must be ${expectation}`
}

function expectationOf(error: ErrorObject): string | undefined {
  const expected: unknown = (error.parentSchema as { expected?: unknown } | undefined)?.expected
  return typeof expected === 'string' ? expected : undefined
}
