import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { IdempotentAnswers } from '../src/bus/idempotency.ts'
import { BusError } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** An `Idempotency-Key` is honoured. */
    isIdempotent?: boolean
  }
}

const JSON_TYPE = 'application/json; charset=utf-8'
const SWEEP_MS = 60_000

/** The same request under the same `Idempotency-Key` gets the same answer and is carried out once [operators.md, Admin REST]. */
export default fp(
  async app => {
    const { clock, config } = app
    const answers = new IdempotentAnswers(clock, config)
    /** Requests that are being carried out under a key. */
    const keys = new WeakMap<FastifyRequest, string>()

    app.addHook('preHandler', async (request, reply) => {
      const key = request.headers['idempotency-key']
      if (request.routeOptions.config.isIdempotent !== true || key === undefined) return
      if (typeof key !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(key))
        throw new BusError('VALIDATION_ERROR', { faults: ['Idempotency-Key: must be 1 to 128 visible characters'] })
      const { id, identity } = request.caller
      const scoped = `${id} ${key}`
      const kept = answers.begin(identity.tenant, scoped, fingerprintOf(request))
      if (kept === undefined) keys.set(request, scoped)
      else return reply.code(kept.status).header('Idempotent-Replayed', 'true').type(JSON_TYPE).send(kept.body)
    })
    app.addHook('onSend', async (request, reply, body: unknown) => {
      const key = keys.get(request)
      if (key === undefined) return
      const isFinal = reply.statusCode < 500 && reply.statusCode !== 429 && typeof body === 'string'
      answers.settle(request.caller.identity.tenant, key, isFinal ? { status: reply.statusCode, body } : undefined)
    })

    app.metrics.watchIdempotencyKeys(() => answers.size)
    const timer = clock.every(SWEEP_MS, () => answers.sweep())
    app.addHook('onClose', async () => timer.cancel())
  },
  { name: 'idempotency', fastify: '5.x', dependencies: ['rest'] }
)

/** The body counts as the text that it is: what was read of it may have lost digits. */
function fingerprintOf({ method, url, bodyRead }: FastifyRequest): string {
  const text = JSON.stringify([method, url, bodyRead?.text ?? ''])
  return createHash('sha256').update(text).digest('base64')
}
