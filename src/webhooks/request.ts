import { type Static, Type } from '@sinclair/typebox'
import { BusError } from '../errors.ts'
import { splitAddress } from '../protocol/address.ts'
import { compileCheck } from '../protocol/schema.ts'
import type { Lifetime } from '../structures/holdings.ts'
import { type AddressGuard, findHeaderFaults } from './guard.ts'
import { type RuleRequest, type RuleType, ruleTypes } from './rule.ts'
import { findSecretFaults } from './signature.ts'

/** A room or channel, or a glob for several of them. Empty: any. */
const PatternArg = Type.String({
  pattern: '^[A-Za-z0-9._*?-]{0,64}$',
  expected: 'a name, or a pattern with "*" and "?", of up to 64 characters'
})

/** The id of a webhook. */
export const RuleIdArg = Type.String({ minLength: 1, maxLength: 64, expected: 'the id of a webhook' })
/** The id of a delivery. */
export const DeliveryIdArg = Type.String({ minLength: 1, maxLength: 64, expected: 'the id of a delivery' })

const lifetimes: readonly Lifetime[] = ['connection', 'tenant']
const DEFAULT_TIMEOUT_SECONDS = 2

/** What a webhook is registered with [operators.md, op.webhook.*]. */
export const RegisterSchema = Type.Object(
  {
    url: Type.String({
      maxLength: 2048,
      expected: 'a URL of up to 2048 characters',
      description: 'Where to post: http or https'
    }),
    room: Type.Optional({ ...PatternArg, description: 'Name or glob; absent or empty: any' }),
    channel: Type.Optional({ ...PatternArg, description: 'Name or glob; absent or empty: any' }),
    headers: Type.Optional(
      Type.Unsafe<Readonly<Record<string, string>>>({
        type: 'object',
        additionalProperties: { type: 'string', expected: 'text' },
        expected: 'an object of texts',
        description: 'More headers for every request; they are never shown again'
      })
    ),
    timeout_seconds: Type.Optional(
      Type.Number({ minimum: 0.1, maximum: 10, default: DEFAULT_TIMEOUT_SECONDS, expected: 'a number from 0.1 to 10' })
    ),
    secret: Type.Optional(
      Type.String({
        expected: 'text',
        description: '"whsec_" and 24 to 64 bytes in base64. Signs every request; never shown again'
      })
    ),
    types: Type.Optional(
      Type.Array(Type.Unsafe<RuleType>({ enum: ruleTypes, expected: 'a list of "message", "event" or both' }), {
        minItems: 1,
        uniqueItems: true,
        expected: 'a list of "message", "event" or both',
        description: 'Types of message to post; absent: both'
      })
    ),
    lifetime: Type.Optional(
      Type.Unsafe<Lifetime>({
        enum: lifetimes,
        expected: '"connection" or "tenant"',
        description: 'Until the connection ends, or until it is removed, which is for admins'
      })
    )
  },
  {
    additionalProperties: false,
    examples: [
      {
        url: 'https://hooks.example.com/bus',
        room: 'science',
        channel: '*',
        headers: { 'X-Source': 'lab' },
        timeout_seconds: 5,
        secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
        types: ['message'],
        lifetime: 'connection'
      }
    ]
  }
)

const check = compileCheck(RegisterSchema)

/**
 * Reads a request. `null` counts as absent, and a room may be spelled "room:channel".
 * @throws {BusError} VALIDATION_ERROR naming all that is wrong with it
 */
export function readRequest(args: Readonly<Record<string, unknown>>, guard: AddressGuard): RuleRequest {
  const { given, faults } = splitRoom(Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null)))
  const allFaults = [...faults, ...check(given), ...findContentFaults(given, guard)]
  if (allFaults.length > 0) throw new BusError('VALIDATION_ERROR', { faults: allFaults })
  const { url, room, channel, headers = {}, secret, types, lifetime, ...rest } = given as Static<typeof RegisterSchema>
  return {
    url,
    room: room || null,
    channel: channel || null,
    headers,
    timeoutMs: (rest.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    secret,
    types: types ?? ruleTypes,
    lifetime: lifetime ?? 'connection'
  }
}

type Given = Readonly<Record<string, unknown>>

function splitRoom(args: Given): { readonly given: Given; readonly faults: readonly string[] } {
  if (typeof args.room !== 'string' || !args.room.includes(':')) return { given: args, faults: [] }
  const { room, channel } = splitAddress(args.room)
  const isTwice = args.channel !== undefined && args.channel !== '' && args.channel !== channel
  return { given: { ...args, room, channel }, faults: isTwice ? ['channel: is given twice, and differently'] : [] }
}

/** What is wrong beyond the shape, with whatever has the right one. */
function findContentFaults({ url, headers, secret }: Given, guard: AddressGuard): readonly string[] {
  return [
    ...(typeof url === 'string' ? guard.findUrlFaults(url) : []),
    ...(areTexts(headers) ? findHeaderFaults(headers) : []),
    ...(typeof secret === 'string' ? findSecretFaults(secret) : [])
  ]
}

function areTexts(headers: unknown): headers is Readonly<Record<string, string>> {
  return (
    typeof headers === 'object' && headers !== null && Object.values(headers).every(value => typeof value === 'string')
  )
}
