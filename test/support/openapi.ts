import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** A JSON Schema, or a part of a document that refers to one. */
export interface Schema {
  readonly [keyword: string]: unknown
}

/** A parameter of an operation. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly required: boolean
  readonly schema: Schema & { readonly examples?: readonly unknown[] }
  readonly example?: unknown
}

/** The example of a parameter: for one that can be left out it stands in the schema. */
export function exampleOf({ example, schema }: Parameter): unknown {
  return example ?? schema.examples?.[0]
}

/** What can be held by a body, by its media type. */
export interface Media {
  readonly schema: Schema
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

/** An answer of an operation. */
export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>
  readonly content?: Readonly<Record<string, Media>>
}

/** An operation with the place where it stands. */
export interface Operation {
  readonly method: string
  readonly path: string
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security: readonly object[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, Response>>
}

/** A document of OpenAPI, as the tests read it: with every reference to a response followed. */
export interface Document {
  readonly openapi: string
  readonly tags: readonly { readonly name: string }[]
  readonly servers: readonly { readonly url: string }[]
  readonly components: Readonly<Record<string, Readonly<Record<string, Schema>>>>
  readonly operations: readonly Operation[]
}

/** Reads a document; what it refers to has to be there. */
export function readDocument(text: string): Document {
  const root = JSON.parse(text)
  const operations = Object.entries<object>(root.paths).flatMap(([path, methods]) =>
    Object.entries<Omit<Operation, 'method' | 'path'>>(methods as never).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, response]) => [status, follow(root, response) as Response])
      )
    }))
  )
  return { ...root, operations }
}

/** What a reference leads to; a value that is none is itself. */
export function follow(root: unknown, value: object): unknown {
  if (!('$ref' in value) || typeof value.$ref !== 'string') return value
  assert.ok(value.$ref.startsWith('#/'), value.$ref)
  let found = root
  for (const key of value.$ref.slice(2).split('/')) {
    found = (found as Record<string, unknown>)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found ?? assert.fail(`${value.$ref} leads nowhere`)
}

/** Compiles the schemas of a document: strictly, so that a word that is none of JSON Schema is an error. */
export class Schemas {
  readonly #ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  readonly #made = new Map<object, ValidateFunction>()

  /** @param root whose parts `$ref`s of schemas name */
  constructor(root: object) {
    formats.default(this.#ajv, ['date-time'])
    this.#ajv.addSchema({ $id: 'document:', ...partsOf(root) })
  }

  /** What is wrong with a value; empty when it fits. */
  faultsOf(schema: Schema, value: unknown): string {
    const validate = this.compile(schema)
    return validate(value) ? '' : this.#ajv.errorsText(validate.errors)
  }

  /** Checks that a schema can be used. */
  compile(schema: Schema): ValidateFunction {
    const known = this.#made.get(schema)
    if (known) return known
    const made = this.#ajv.compile(locate(schema))
    this.#made.set(schema, made)
    return made
  }
}

/** The document as a schema that nothing is held against: only its parts are. */
function partsOf(root: object): object {
  const schemas = 'components' in root ? (root.components as { schemas?: object }).schemas : {}
  return { $defs: schemas ?? {} }
}

function locate(schema: Schema): Schema {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key === '$ref' && typeof value === 'string' ? value.replace('#/components/schemas/', 'document:#/$defs/') : value
    )
  )
}

/** The schema in which a property that is not listed is an error: a gap in the document. */
export function closed(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.properties !== undefined && value.additionalProperties === undefined && value.type === 'object'
      ? { ...value, additionalProperties: Object.keys(value.properties).length === 0 }
      : value
  )
}
