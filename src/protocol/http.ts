import { Type } from '@sinclair/typebox'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { PlainSchema } from './plain-schema.ts'

/** What is answered over HTTP whenever something is refused. */
export const ErrorAnswer = Type.Object(
  {
    error: Type.String({ description: 'What it is, in a few words' }),
    code: Type.Unsafe<ErrorCode>({
      type: 'string',
      enum: Object.keys(errorTable),
      description: 'The code of the error, as in `docs/errors.md`'
    }),
    details: Type.String({ description: 'Everything that is wrong, for people' })
  },
  { additionalProperties: false, title: 'Error' }
)

/** What a request can be, as far as it decides what it can be refused with. */
export interface RequestTraits {
  /** It stands behind the door for operators. */
  readonly isGuarded: boolean
  /** It changes something, so that it is refused while the server drains. */
  readonly isChange: boolean
  readonly hasBody: boolean
  /** An `Idempotency-Key` is honoured. */
  readonly isIdempotent: boolean
  /** What else it can be refused with. */
  readonly refusals: readonly ErrorCode[]
}

const everywhere: readonly ErrorCode[] = [
  'BAD_HANDSHAKE',
  'VALIDATION_ERROR',
  'NOT_FOUND',
  'REQUEST_TIMEOUT',
  'URI_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'INTERNAL_ERROR'
]
/** Arguments pass the gate wherever they stand. */
const behindTheDoor: readonly ErrorCode[] = [
  'AUTH_REQUIRED',
  'AUTH_INVALID',
  'AUTHORIZATION_ERROR',
  'ORIGIN_DENIED',
  'CASIL_POLICY_BLOCKED_SECRET',
  'CASIL_POLICY_OVERSIZE',
  'CASIL_INTERNAL_ERROR',
  'RATE_LIMITED',
  'EXECUTION_ERROR',
  'OVERLOADED',
  'ENGINE_UNAVAILABLE'
]
const withChange: readonly ErrorCode[] = ['LIMIT_EXCEEDED', 'DRAINING']
const withKey: readonly ErrorCode[] = ['CONFLICT']
const withBody: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/** Every code that a request can be refused with, by status [protocol.md, HTTP]. */
export function refusalsOf(traits: RequestTraits): Map<number, ErrorCode[]> {
  const codes = [
    ...everywhere,
    ...(traits.isGuarded ? behindTheDoor : []),
    ...(traits.isChange ? withChange : []),
    ...(traits.isIdempotent ? withKey : []),
    ...(traits.hasBody ? withBody : []),
    ...traits.refusals
  ]
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    if (!codes.includes(code)) continue
    const { status } = errorTable[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return byStatus
}

/** An answer with one of some codes of one status, as a response of OpenAPI. */
export function errorResponseOf(codes: readonly ErrorCode[]): PlainSchema {
  const meanings = codes.map(code => `\`${code}\`: ${errorTable[code].meaning}`)
  return {
    description: meanings.join('\n\n'),
    ...headersOf(codes),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        examples: Object.fromEntries(codes.map(code => [code, { value: exampleOf(code) }]))
      }
    }
  }
}

function exampleOf(code: ErrorCode): object {
  const { message } = errorTable[code]
  return { error: message, code, details: message }
}

function headersOf(codes: readonly ErrorCode[]): { headers?: object } {
  const isForToken = codes.includes('AUTH_REQUIRED')
  const isForLater = codes.some(code => code === 'RATE_LIMITED' || code === 'OVERLOADED')
  if (isForToken) return { headers: { 'WWW-Authenticate': header('What is wanted', 'Bearer realm="arqonbus"') } }
  return isForLater ? { headers: { 'Retry-After': header('Seconds to wait before the next attempt', '1') } } : {}
}

function header(description: string, example: string): PlainSchema {
  return { description, schema: { type: 'string', examples: [example] } }
}
