import fp from 'fastify-plugin'
import { VERSION } from '../src/version.ts'

/** Tells those who watch when the server begins and ends. It stands before the bus, so that the end is told before connections are. */
export default fp(
  async app => {
    const { config, clock, events } = app
    const startedAtMs = clock.now()
    const tell = (type: string, facts: object): void =>
      events.emit({ type, severity: 'info', tenant: undefined, payload: { node: config.nodeName, ...facts } })
    app.addHook('onListen', async () => tell('system_started', { version: VERSION }))
    app.addHook('preClose', async () =>
      tell('system_stopping', { uptime_seconds: Math.round((clock.now() - startedAtMs) / 1000) })
    )
  },
  { name: 'lifecycle', fastify: '5.x', dependencies: ['config', 'casil'] }
)
