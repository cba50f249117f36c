import { type Static, Type } from '@sinclair/typebox'
import { NAME_PATTERN } from '../protocol/address.ts'
import type { JsonObject } from '../protocol/json.ts'

const Name = Type.String({ pattern: NAME_PATTERN, expected: 'a name of 1 to 64 letters, digits, ".", "_", "-"' })

/** Time to the first delivery, and number of deliveries, where nothing is said. */
export const DEFAULT_DELAY_SECONDS = 1
export const DEFAULT_REPEAT_COUNT = 1

/** What a job is to do, and when [operators.md, op.cron.*]. What else has to hold is in `checkOrder`. */
export const OrderSchema = Type.Object(
  {
    room: Name,
    channel: Name,
    payload: Type.Unsafe<JsonObject>({
      type: 'object',
      expected: 'an object',
      description: 'Payload of every message of the job.'
    }),
    delay_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        default: DEFAULT_DELAY_SECONDS,
        expected: 'a number above 0',
        description: 'Time to the first delivery.'
      })
    ),
    interval_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        expected: 'a number above 0',
        description: 'Time from one delivery to the next; required with a `repeat_count` above 1.'
      })
    ),
    repeat_count: Type.Optional(
      Type.Integer({
        minimum: 1,
        default: DEFAULT_REPEAT_COUNT,
        expected: 'an integer from 1',
        description: 'Number of deliveries.'
      })
    ),
    cron: Type.Optional(
      Type.String({
        expected: 'a cron expression',
        description:
          'Five fields: minute, hour, day of the month, month, day of the week; in place of the three above, and until the job is cancelled. Lists, ranges, steps, English names of three letters, `L` for the last day, `5L` and `5#2` for the last and the second Friday of a month.'
      })
    ),
    timezone: Type.Optional(
      Type.String({
        default: 'UTC',
        expected: 'the name of a time zone',
        description: 'Time zone of `cron`, by its name in the IANA database.'
      })
    ),
    lifetime: Type.Optional(
      Type.Union([Type.Literal('connection'), Type.Literal('tenant')], {
        expected: '"connection" or "tenant"',
        description:
          'Whether the job ends with the connection that ordered it, or stays until it is cancelled, for admins only. Without a connection it is always "tenant".'
      })
    )
  },
  {
    additionalProperties: false,
    examples: [
      {
        room: 'science',
        channel: 'general',
        payload: { text: 'Stand-up in five minutes' },
        cron: '55 8 * * MON-FRI',
        timezone: 'Europe/Berlin',
        lifetime: 'tenant'
      }
    ]
  }
)

/** What a job is to do, and when: in the words and units of the wire. */
export type Order = Static<typeof OrderSchema>
