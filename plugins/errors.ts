import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { BusError, type ErrorCode, errorTable } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** What the request was refused with, if it was. */
    errorCode: ErrorCode | undefined
  }
}

/** Errors of the framework that have a code of ours [limits.md, Codes]. */
const known = new Map<string, ErrorCode>([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'VALIDATION_ERROR'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'VALIDATION_ERROR'],
  ['FST_ERR_VALIDATION', 'VALIDATION_ERROR'],
  ['FST_ERR_BAD_URL', 'VALIDATION_ERROR'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'URI_TOO_LONG']
])

/** What the framework says of these repeats what was sent, however long that is. */
const sentences = new Map([
  ['FST_ERR_BAD_URL', 'The path must be UTF-8, percent-encoded'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'A part of the path is too long'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'The body must be JSON: send Content-Type: application/json']
])

export default fp(
  async app => {
    app.decorateReply('errorCode', undefined)
    app.setErrorHandler((error: Error & { code?: string }, request, reply) => {
      if (error instanceof BusError) return answer(reply, error)
      // Whoever breaks off in the middle of a body is no fault of the server.
      const isBrokenOff = request.raw.destroyed && !request.raw.complete
      const code = known.get(error.code ?? '') ?? (isBrokenOff ? 'BAD_HANDSHAKE' : undefined)
      if (code) return answer(reply, new BusError(code, { faults: [sentences.get(error.code ?? '') ?? error.message] }))
      const reference = app.ids.short()
      request.log.error({ err: error, reference }, 'a request failed')
      return answer(reply, new BusError('INTERNAL_ERROR', { faults: [`error ${reference}`] }))
    })
    app.setNotFoundHandler((request, reply) =>
      answer(reply, new BusError('NOT_FOUND', { faults: [`No route for ${request.method} here`] }))
    )
  },
  { name: 'errors', fastify: '5.x', dependencies: ['config'] }
)

/** Every error over HTTP looks the same: `{error, code, details}`. */
function answer(reply: FastifyReply, error: BusError): FastifyReply {
  if (error.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="arqonbus"')
  if (error.retryAfterMs !== undefined) reply.header('Retry-After', Math.max(1, Math.ceil(error.retryAfterMs / 1000)))
  const { message } = errorTable[error.code]
  reply.errorCode = error.code
  const details = error.faults.length > 0 ? error.faults.join('; ') : error.message
  return reply.code(error.status).send({ error: message, code: error.code, details })
}
