import fp from 'fastify-plugin'
import { Traces } from '../src/telemetry/traces.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Spans of messages, while somebody in the process collects them. */
    traces: Traces
  }
}

/** How often it is looked whether somebody collects spans: an SDK is mostly started before the server, and may come or go later. */
const REFRESH_MS = 2_000

export default fp(
  async app => {
    const traces = new Traces()
    const timer = app.clock.every(REFRESH_MS, () => traces.refresh())
    app.decorate('traces', traces)
    app.addHook('onClose', async () => timer.cancel())
  },
  { name: 'traces', fastify: '5.x', dependencies: ['config'] }
)
