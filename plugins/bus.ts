import fp from 'fastify-plugin'
import { Admission } from '../src/bus/admission.ts'
import { Bus } from '../src/bus/bus.ts'
import { PROTOCOL_VERSION } from '../src/version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    bus: Bus
    admission: Admission
  }
}

export default fp(
  async app => {
    const { config, clock, ids, metrics } = app
    const bus = new Bus({
      broker: app.broker,
      gate: app.gate,
      events: app.events,
      incidents: app.incidents,
      traces: app.traces,
      registry: app.rooms,
      records: app.records,
      clock,
      ids,
      log: app.log,
      limits: {
        ...config,
        json: {
          depth: config.maxJsonDepth,
          keysPerObject: config.maxJsonKeys,
          nodes: config.maxJsonNodes,
          keyBytes: config.maxJsonKeyBytes
        }
      },
      defer: config.flushIntervalMs > 0 ? run => setTimeout(run, config.flushIntervalMs) : setImmediate,
      random: Math.random,
      node: config.nodeName,
      welcome: {
        protocol: PROTOCOL_VERSION,
        limits: {
          max_message_bytes: config.maxMessageBytes,
          max_memberships: config.maxMemberships,
          history: config.maxHistorySize
        },
        features: ['history', 'recovery', 'presence', 'private', config.enableAuth ? 'auth' : 'open']
      },
      observeRouting: metrics.observeRouting
    })
    const admission = new Admission(clock, config)
    app.decorate('bus', bus)
    app.decorate('admission', admission)
    app.addHook('onReady', () => bus.start())
    app.addHook('preClose', () => bus.drain())
    app.addHook('onClose', async () => {
      admission.close()
      await bus.close()
    })
  },
  {
    name: 'bus',
    fastify: '5.x',
    dependencies: ['broker', 'records', 'rooms', 'metrics', 'casil', 'log-incidents', 'traces']
  }
)
