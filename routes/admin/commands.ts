import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { ErrorCode } from '../../src/errors.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { stringifyRaw } from '../../src/protocol/replies.ts'
import { Data } from '../schemas.ts'

const CommandName = Type.String({
  minLength: 1,
  maxLength: 128,
  expected: 'the name of a command',
  examples: ['list_channels']
})
const Arguments = Type.Unsafe<JsonObject>({
  type: 'object',
  additionalProperties: true,
  expected: 'an object',
  description: 'The arguments of the command',
  examples: [{ room: 'science', limit: 10 }]
})

/** What commands are refused with beside what any route can. */
const refusals: readonly ErrorCode[] = [
  'UNKNOWN_COMMAND',
  'CHANNEL_NOT_FOUND',
  'CHANNEL_EXISTS',
  'CHANNEL_NOT_EMPTY',
  'CHANNEL_PROTECTED',
  'CONFLICT',
  'FEATURE_DISABLED'
]

/** Every command, behind one door [operators.md, Admin REST]. */
export default async function commands(app: FastifyInstance): Promise<void> {
  app.post<{ Params: { name: string }; Body: JsonObject | undefined }>(
    '/commands/:name',
    {
      config: {
        refusals,
        isIdempotent: true,
        isReadOnly: params => app.bus.commands.find((params as { readonly name: string }).name)?.isReadOnly === true
      },
      schema: {
        operationId: 'runCommand',
        tags: ['Commands'],
        summary: 'Run any command that is not about a socket of its own.',
        description: 'The body holds the arguments; `docs/commands.md` and `openapi/commands.json` list them.',
        params: Type.Object({ name: CommandName }, { additionalProperties: false }),
        body: Arguments,
        response: { 200: Type.Object({ message: Type.String(), data: Data }) }
      }
    },
    async (request, reply) => {
      const { message, data } = await app.ask(request, request.params.name, request.body ?? {})
      return reply.serializer(stringifyRaw).send({ message, data })
    }
  )
}
