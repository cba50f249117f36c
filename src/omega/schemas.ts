import { Type } from '@sinclair/typebox'
import type { JsonObject } from '../protocol/json.ts'

/** A name, a kind, a signal, or an id. */
export const TextArg = Type.String({ minLength: 1, maxLength: 128, expected: 'text of 1 to 128 characters' })

/** Any JSON object; `{}` when absent. */
export const ObjectArg = Type.Optional(Type.Unsafe<JsonObject>({ type: 'object', expected: 'an object' }))

/** Which events are meant: all that match what is given. */
export const filterArgs = { substrate_id: Type.Optional(TextArg), signal: Type.Optional(TextArg) }

const TextOrNull = Type.Union([Type.String(), Type.Null()])

/** What was asked for, in the answer. */
export const filterResults = { substrate_id: TextOrNull, signal: TextOrNull }

/** A substrate as it is shown. */
export const SubstrateResult = Type.Object({
  substrate_id: Type.String({ description: '"omega_" and twelve hexadecimal digits' }),
  name: Type.String({ examples: ['reservoir'] }),
  kind: Type.String(),
  owner_client_id: Type.String({ description: 'Who registered it.' }),
  metadata: Type.Object({}, { additionalProperties: true }),
  created_at: Type.String()
})

/** An event as it is shown. */
export const EventResult = Type.Object({
  event_id: Type.String({ description: '"omega_evt_" and twelve hexadecimal digits' }),
  substrate_id: Type.String(),
  signal: Type.String(),
  payload: Type.Object({}, { additionalProperties: true }),
  emitted_by: Type.String(),
  timestamp: Type.String()
})
