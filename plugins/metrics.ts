import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createMetrics, type Metrics } from '../src/telemetry/metrics.ts'
import type { MetricSources } from '../src/telemetry/metrics-sources.ts'
import { Probe } from '../src/telemetry/probe.ts'
import { Runtime } from '../src/telemetry/runtime.ts'
import { VERSION } from '../src/version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Metrics
  }
}

export default fp(
  async app => {
    const { clock } = app
    const runtime = new Runtime(clock)
    const probe = new Probe(clock, () => app.broker.probe())
    const metrics = createMetrics(() => readSources(app, { runtime: runtime.values(), probe }))
    app.decorate('metrics', metrics)
    app.addHook('onReady', async () => {
      app.bus.deliveries.on(metrics.observeDelivery)
      app.gate.inspections.on(metrics.observeInspection)
    })
    app.addHook('onResponse', async (request, reply) =>
      metrics.observeRequest({
        method: request.method,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
        code: reply.errorCode,
        isHandshake: request.ws === true
      })
    )
    app.addHook('onClose', async () => {
      probe.close()
      runtime.close()
    })
  },
  { name: 'metrics', fastify: '5.x', dependencies: ['config', 'errors'] }
)

/** Where every number stands. The parts that come after this plugin are looked up when somebody asks. */
function readSources(app: FastifyInstance, own: Pick<MetricSources, 'runtime' | 'probe'>): MetricSources {
  const { bus, admission, broker, clock, config, gate, rooms } = app
  const { cron, feed, store, telemetry, webhooks } = app as Partial<FastifyInstance>
  return {
    ...own,
    version: VERSION,
    uptimeSeconds: (clock.now() - bus.startedAtMs) / 1000,
    bus,
    connections: admission.count,
    limits: config,
    world: rooms.count(),
    history: broker.stats(),
    decisions: gate.counts(),
    engine: broker.engine?.(),
    store: store?.held,
    cron: cron && { jobs: cron.size, fired: cron.firedCount, claimsLost: cron.claims.lost },
    telemetry: feed && { connections: telemetry?.size ?? 0, sent: feed.sentCount, dropped: feed.droppedCount },
    webhooks: webhooks && { queued: webhooks.queued, inFlight: webhooks.inFlight, outcomes: webhooks.counts() }
  }
}
