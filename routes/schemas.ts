import { type TSchema, Type } from '@sinclair/typebox'
import { NAME_PATTERN } from '../src/protocol/address.ts'
import { ID_PATTERN } from '../src/protocol/envelope.ts'
import type { JsonObject } from '../src/protocol/json.ts'

/** A room or a channel in a path or a body. */
export const Name = Type.String({
  pattern: NAME_PATTERN,
  expected: 'a name of 1 to 64 letters, digits, ".", "_", "-"'
})

/** The id of a message, chosen by whoever publishes. */
export const MessageId = Type.String({
  pattern: ID_PATTERN,
  expected: '"arq_" and 1 to 124 letters, digits, ".", "_", "-"',
  description: 'Chosen by whoever publishes: the same id again is not published twice',
  examples: ['arq_report-17']
})

/** The client id of a connection. */
export const ClientId = Type.String({
  minLength: 1,
  maxLength: 128,
  expected: 'a client id',
  examples: ['arq_client_0198f2c07a1c7000b6f4d2a1c0ffee00']
})

/** A JSON object of any members. */
export const AnyObject = Type.Unsafe<JsonObject>({
  type: 'object',
  additionalProperties: true,
  expected: 'an object',
  examples: [{ text: 'hello' }]
})

/** Which part of a list is wanted. @param cursor an example of one */
export function pageQuery(cursor: string) {
  return Type.Object(
    {
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 100,
          expected: 'an integer from 1 to 1000',
          examples: [100]
        })
      ),
      cursor: Type.Optional(
        Type.String({
          maxLength: 256,
          expected: 'a next_cursor of an answer',
          description: '`next_cursor` of the answer before',
          examples: [cursor]
        })
      )
    },
    { additionalProperties: false }
  )
}

/** A list in parts. @param cursor an example of one */
export function listOf(name: string, entry: TSchema, cursor: string) {
  return Type.Object({
    [name]: Type.Array(entry),
    count: Type.Integer({ minimum: 0, description: 'How many are in this answer' }),
    next_cursor: Type.Optional(
      Type.String({ description: 'Ask for the next part with it; absent at the end', examples: [cursor] })
    )
  })
}

/** Where a message stands in its channel. */
export const Published = Type.Object(
  {
    id: Type.String(),
    room: Type.String(),
    channel: Type.String(),
    sequence: Type.Integer({ minimum: 1 }),
    epoch: Type.String(),
    timestamp: Type.String({ format: 'date-time' }),
    duplicate: Type.Boolean({ description: 'The id was published before: nothing was published now' })
  },
  {
    examples: [
      {
        id: 'arq_report-17',
        room: 'science',
        channel: 'explore',
        sequence: 42,
        epoch: '5f0c3a9b1d2e',
        timestamp: '2026-11-22T12:00:00.000Z',
        duplicate: false
      }
    ]
  }
)

/** An object for documents that show its shape in their own place. */
export const Data = Type.Object({}, { additionalProperties: true })
