import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { JsonObject } from '../../src/protocol/json.ts'
import { inTraceOf } from '../../src/protocol/trace.ts'
import { AnyObject } from '../schemas.ts'

const Announcement = Type.Object(
  { payload: AnyObject },
  { additionalProperties: false, examples: [{ payload: { text: 'The server restarts at noon.' } }] }
)
const Announced = Type.Object({ id: Type.String(), timestamp: Type.String({ format: 'date-time' }) })

/** A word to every client of the tenant [operators.md, Admin REST]. */
export default async function announce(app: FastifyInstance): Promise<void> {
  app.post<{ Body: { payload: JsonObject } }>(
    '/announce',
    {
      config: { isIdempotent: true },
      schema: {
        operationId: 'announce',
        tags: ['Messages'],
        summary: 'Send a system message to every client.',
        body: Announcement,
        response: { 201: Announced }
      }
    },
    async ({ caller, body, bodyRead, headers }, reply) => {
      const metadata = inTraceOf(headers, undefined)
      const { message } = await app.bus.post(
        { id: 'arqonbus', identity: caller.identity },
        { type: 'system', room: '*', payload: body.payload, metadata, payloadText: bodyRead?.payloadText }
      )
      return reply.code(201).send({ id: message.id, timestamp: message.timestamp })
    }
  )
}
