import type { ErrorCode } from '../errors.ts'
import { exampleOf } from './examples.ts'
import { ErrorAnswer, errorResponseOf, type RequestTraits, refusalsOf } from './http.ts'
import { asSchema, type PlainSchema, plainSchema } from './plain-schema.ts'

/** The parts of a request that have a schema of their own. */
export interface RouteSchema {
  readonly operationId?: string | undefined
  readonly summary?: string | undefined
  readonly description?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly params?: unknown
  readonly querystring?: unknown
  readonly headers?: unknown
  readonly body?: unknown
  readonly response?: unknown
}

/** A route, as far as documents speak of it. */
export interface DocumentedRoute extends Omit<RequestTraits, 'hasBody'> {
  readonly schema: RouteSchema
}

/** Where {@link describeRoute} leaves for {@link completeDocument} what there is no place for. */
const REFUSALS = 'x-refusals'

const IdempotencyKey = {
  type: 'string',
  pattern: '^[\\x21-\\x7e]{1,128}$',
  description: 'The same request under the same key gets the same answer and is carried out once',
  examples: ['7c3f9a52-report-17']
}
const Replayed = {
  type: 'string',
  const: 'true',
  description: 'Stands here when the answer was given before under the same key',
  examples: ['true']
}

/** The schemas of a route as documents show them: without foreign words, and all with examples [protocol.md, HTTP]. */
export function describeRoute(route: DocumentedRoute): Record<string, unknown> {
  const { schema, isGuarded, isIdempotent } = route
  const { params, querystring, body } = schema
  const headers = headersOf(route)
  const traits = { ...route, hasBody: body !== undefined }
  return {
    ...schema,
    security: isGuarded ? [{ bearer: [] }, {}] : [],
    ...(params === undefined ? {} : { params: withMemberExamples(asPlain(params)) }),
    ...(querystring === undefined ? {} : { querystring: withMemberExamples(asPlain(querystring)) }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: withExample(asPlain(body)) }),
    response: answersOf(schema.response, isIdempotent),
    [REFUSALS]: [...refusalsOf(traits)]
  }
}

/** Puts the refusals into a whole document, and what they refer to. */
export function completeDocument(document: PlainSchema): PlainSchema {
  const responses: Record<string, PlainSchema> = {}
  const paths = Object.entries(asSchema(document.paths)).map(([path, methods]) => {
    const operations = Object.entries(asSchema(methods)).map(([method, operation]) => [
      method,
      completeOperation(asSchema(operation), responses)
    ])
    return [path, Object.fromEntries(operations)]
  })
  const schemas = { Error: plainSchema(ErrorAnswer) }
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...asSchema(document.components), schemas, responses }
  }
}

/** @param responses the refusals that operations share, by the codes that they hold */
function completeOperation(operation: PlainSchema, responses: Record<string, PlainSchema>): PlainSchema {
  const { [REFUSALS]: refusals, requestBody, parameters, ...rest } = operation
  const answers: Record<string, unknown> = {}
  for (const [status, codes] of refusals as [number, ErrorCode[]][]) {
    const name = codes.join('.')
    responses[name] = errorResponseOf(codes)
    answers[status] = { $ref: `#/components/responses/${name}` }
  }
  return {
    ...rest,
    ...(Array.isArray(parameters) ? { parameters: parameters.map(parameterOf) } : {}),
    ...(requestBody === undefined ? {} : { requestBody: bodyOf(asSchema(requestBody)) }),
    responses: { ...answers, ...asSchema(rest.responses) }
  }
}

/** The example of what can be left out stands in its schema: pages that try requests out fill in those of parameters. */
function parameterOf({ example, ...parameter }: PlainSchema): PlainSchema {
  if (parameter.required === true) return { ...parameter, example }
  return { ...parameter, schema: { ...asSchema(parameter.schema), examples: [example] } }
}

/** A body is required when anything in it is. */
function bodyOf(body: PlainSchema): PlainSchema {
  const { schema } = asSchema(asSchema(body.content)['application/json']) as { schema?: PlainSchema }
  return { ...body, required: Array.isArray(schema?.required) && schema.required.length > 0 }
}

function headersOf({ schema, isIdempotent }: DocumentedRoute): PlainSchema | undefined {
  const given = schema.headers === undefined ? undefined : asPlain(schema.headers)
  if (!isIdempotent) return given
  const properties = { ...asSchema(given?.properties), 'idempotency-key': IdempotencyKey }
  return { type: 'object', ...given, properties }
}

/** The successes of a route, each with an example and a description. */
function answersOf(response: unknown, isIdempotent: boolean): PlainSchema {
  const answers = Object.entries(asSchema(response)).map(([status, schema]) => {
    const plain = asPlain(schema)
    const headers = { ...asSchema(plain.headers), ...(isIdempotent ? { 'Idempotent-Replayed': Replayed } : {}) }
    return [
      status,
      {
        ...('content' in plain ? plain : withExample(plain)),
        'x-response-description': plain.description ?? meanings.get(status) ?? 'Success',
        ...(Object.keys(headers).length === 0 ? {} : { headers })
      }
    ]
  })
  return Object.fromEntries(answers)
}

const meanings = new Map([['201', 'Created, or sent']])

function withExample(schema: PlainSchema): PlainSchema {
  return { ...schema, examples: schema.examples ?? [exampleOf(schema)] }
}

/** Parameters stand alone in documents: each gets its part of the example of the whole. */
function withMemberExamples(schema: PlainSchema): PlainSchema {
  const whole = asSchema(exampleOf(schema))
  const members = Object.entries(asSchema(schema.properties)).map(([name, member]) => {
    const plain = asSchema(member)
    return [name, { ...plain, examples: [whole[name] ?? exampleOf(plain, name)] }]
  })
  return { ...schema, properties: Object.fromEntries(members) }
}

function asPlain(schema: unknown): PlainSchema {
  return plainSchema(schema as Parameters<typeof plainSchema>[0])
}
