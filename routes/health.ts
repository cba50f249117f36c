import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../src/version.ts'

const Health = Type.Object({
  status: Type.Literal('healthy'),
  ok: Type.Literal(true),
  service: Type.Literal('arqonbus'),
  timestamp: Type.String({ format: 'date-time' }),
  uptime_seconds: Type.Number(),
  version: Type.String()
})

const Checks = Type.Object({
  draining: Type.Boolean({ description: 'The server is shutting down' }),
  pressure: Type.Boolean({ description: 'It has more to do than it can' }),
  engine: Type.Boolean({ description: 'The message engine answers' })
})
const timestamp = Type.String({ format: 'date-time' })
const Ready = Type.Object(
  { status: Type.Literal('ready'), ok: Type.Literal(true), checks: Checks, timestamp },
  {
    examples: [
      {
        status: 'ready',
        ok: true,
        checks: { draining: false, pressure: false, engine: true },
        timestamp: '2026-11-22T12:00:00.000Z'
      }
    ]
  }
)
const NotReady = Type.Object(
  { status: Type.Literal('not ready'), ok: Type.Literal(false), checks: Checks, timestamp },
  {
    description: 'Send traffic elsewhere: one of the checks fails',
    examples: [
      {
        status: 'not ready',
        ok: false,
        checks: { draining: true, pressure: false, engine: true },
        timestamp: '2026-11-22T12:00:00.000Z'
      }
    ]
  }
)

const tags = ['Server']

/** How long the engine may take to answer before it counts as down. */
const PROBE_MS = 2_000

/** Whether the process lives, and whether it should be sent traffic [limits.md, P12]. */
export default async function health(app: FastifyInstance): Promise<void> {
  const { bus, broker, clock } = app

  const live = { tags, operationId: 'getHealth', summary: 'Tell whether the process lives.', response: { 200: Health } }
  app.get('/health', { schema: live }, async () => ({
    status: 'healthy' as const,
    ok: true as const,
    service: 'arqonbus' as const,
    timestamp: clock.iso(),
    uptime_seconds: Math.round((clock.now() - bus.startedAtMs) / 1000),
    version: VERSION
  }))

  const ready = {
    tags,
    operationId: 'getReadiness',
    summary: 'Tell whether the process should be sent traffic.',
    response: { 200: Ready, 503: NotReady }
  }
  app.get('/ready', { schema: ready }, async (_request, reply) => {
    const checks = { draining: bus.isDraining, pressure: bus.isUnderPressure, engine: await isEngineUp() }
    const ok = !checks.draining && !checks.pressure && checks.engine
    return reply.code(ok ? 200 : 503).send({ status: ok ? 'ready' : 'not ready', ok, checks, timestamp: clock.iso() })
  })

  async function isEngineUp(): Promise<boolean> {
    let timer = { cancel() {} }
    const timeout = new Promise<boolean>(resolve => {
      timer = clock.after(PROBE_MS, () => resolve(false))
    })
    try {
      return await Promise.race([broker.probe().then(() => true), timeout])
    } catch {
      return false
    } finally {
      timer.cancel()
    }
  }
}
