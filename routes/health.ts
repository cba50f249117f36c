import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../src/version.ts'

const Health = Type.Object({
  status: Type.Literal('healthy'),
  ok: Type.Literal(true),
  service: Type.Literal('arqonbus'),
  timestamp: Type.String(),
  uptime_seconds: Type.Number(),
  version: Type.String()
})

const Ready = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not ready')]),
  ok: Type.Boolean(),
  checks: Type.Object({ draining: Type.Boolean(), pressure: Type.Boolean(), engine: Type.Boolean() }),
  timestamp: Type.String()
})

/** How long the engine may take to answer before it counts as down. */
const PROBE_MS = 2_000

/** Whether the process lives, and whether it should be sent traffic [limits.md, P12]. */
export default async function health(app: FastifyInstance): Promise<void> {
  const { bus, broker, clock } = app

  app.get('/health', { schema: { response: { 200: Health } } }, async () => ({
    status: 'healthy' as const,
    ok: true as const,
    service: 'arqonbus' as const,
    timestamp: clock.iso(),
    uptime_seconds: Math.round((clock.now() - bus.startedAtMs) / 1000),
    version: VERSION
  }))

  app.get('/ready', { schema: { response: { 200: Ready, 503: Ready } } }, async (_request, reply) => {
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
