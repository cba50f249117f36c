import { Type } from '@sinclair/typebox'
import { NAME_PATTERN } from '../protocol/address.ts'

/** A room or channel name. */
export const NameArg = Type.String({
  pattern: NAME_PATTERN,
  expected: 'a name of 1 to 64 letters, digits, ".", "_", "-"'
})

/** RFC 3339. */
export const TimeArg = Type.String({ format: 'date-time', expected: 'an ISO 8601 date and time with Z or an offset' })

/** The address of one channel; the other spellings are resolved before the check. */
export const channelArgs = { room: NameArg, channel: NameArg }

/** How many entries are wanted. */
export function limitArg(fallback: number, maximum: number) {
  return Type.Optional(
    Type.Integer({ minimum: 1, maximum, default: fallback, expected: `an integer from 1 to ${maximum}` })
  )
}

/** The moment in milliseconds since the epoch; undefined when absent. */
export function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}
