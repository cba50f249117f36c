import { type Static, Type } from '@sinclair/typebox'
import type { JsonObject } from './json.ts'

/** Types a client may send. */
export const clientTypes = [
  'message',
  'event',
  'private',
  'system',
  'telemetry',
  'command',
  'response',
  'error',
  'ping',
  'pong'
] as const
export type ClientType = (typeof clientTypes)[number]

/** Longest list of targets of one private message. */
export const MAX_TARGETS = 1000

/** Whatever is sent on a channel of this name is private [protocol.md, Types]. */
export const PRIVATE_CHANNEL = 'pm'
/** What is wrong with such a channel where targets cannot be named. */
export const PRIVATE_CHANNEL_FAULT = `channel: must not be "${PRIVATE_CHANNEL}", which is for private messages`

/** Ids chosen by clients. */
export const ID_PATTERN = '^arq_[A-Za-z0-9_.-]{1,124}$'

const NAME = '(?!(?:constructor|prototype)(?:$|:))[A-Za-z0-9][A-Za-z0-9._-]{0,63}'
const CHANNEL = Type.String({ pattern: `^${NAME}$`, expected: 'a name of 1 to 64 letters, digits, ".", "_", "-"' })
const ROOM = Type.String({
  pattern: `^(\\*|${NAME}(:${NAME})?)$`,
  expected: 'a name of 1 to 64 letters, digits, ".", "_", "-", or "room:channel"'
})
const CLIENT_ID = Type.String({ minLength: 1, maxLength: 128, expected: 'a client id or a list of client ids' })
/** Targets of a private message. */
export const TargetsSchema = Type.Union([CLIENT_ID, Type.Array(CLIENT_ID, { minItems: 1, maxItems: MAX_TARGETS })], {
  expected: `a client id or a list of 1 to ${MAX_TARGETS} client ids`
})
const OBJECT = Type.Unsafe<JsonObject>({ type: 'object', expected: 'an object' })

/**
 * What a client may put into a frame [protocol.md, Envelope]. Keys that are not listed are ignored and not relayed;
 * `null` counts as absent, since several JSON libraries write absent fields so. `expected` words the fault.
 */
export const EnvelopeSchema = Type.Object(
  {
    id: Type.Optional(
      Type.String({ pattern: ID_PATTERN, expected: '"arq_" and 1 to 124 letters, digits, ".", "_", "-"' })
    ),
    type: Type.Unsafe<ClientType>({ enum: clientTypes, expected: `one of ${clientTypes.join(', ')}` }),
    version: Type.Optional(Type.Literal('1.0', { expected: '"1.0"' })),
    timestamp: Type.Optional(
      Type.String({ format: 'date-time', maxLength: 64, expected: 'an ISO 8601 date and time with Z or an offset' })
    ),
    room: Type.Optional(ROOM),
    channel: Type.Optional(CHANNEL),
    to: Type.Optional(TargetsSchema),
    to_client: Type.Optional(TargetsSchema),
    payload: Type.Optional(OBJECT),
    command: Type.Optional(Type.String({ minLength: 1, maxLength: 128, expected: 'the name of a command' })),
    args: Type.Optional(OBJECT),
    metadata: Type.Optional(
      Type.Object(
        {
          sequence: Type.Optional(Type.Integer({ minimum: 1, expected: 'an integer of at least 1' })),
          vector_clock: Type.Optional(OBJECT),
          causal_parent_id: Type.Optional(
            Type.String({ maxLength: 128, expected: 'a string of up to 128 characters' })
          ),
          traceparent: Type.Optional(Type.String({ maxLength: 128, expected: 'a string of up to 128 characters' })),
          echo: Type.Optional(Type.Boolean({ expected: 'true or false' }))
        },
        { additionalProperties: true, expected: 'an object' }
      )
    ),
    ack: Type.Optional(Type.Boolean({ expected: 'true or false' }))
  },
  { additionalProperties: true, $id: 'envelope', title: 'Envelope, as a client sends it' }
)

/** The fields of a checked frame that the bus acts on. */
export type ClientFields = Static<typeof EnvelopeSchema>

/** A frame from a client after decoding: aliases resolved, shapes checked, bounds kept. */
export interface Envelope {
  readonly id: string | undefined
  readonly type: ClientType
  /** The client's own time, as it wrote it. */
  readonly timestamp: string | undefined
  readonly room: string | undefined
  readonly channel: string | undefined
  /** Targets of a private message, each once; undefined when the frame names none. */
  readonly to: readonly string[] | undefined
  readonly payload: JsonObject
  /** The payload's JSON text as it came; undefined when there was none. */
  readonly payloadText: string | undefined
  readonly metadata: JsonObject
  readonly metadataText: string | undefined
  readonly command: string | undefined
  readonly args: JsonObject
  readonly ack: boolean | undefined
}
