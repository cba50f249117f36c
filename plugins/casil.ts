import fp from 'fastify-plugin'
import { type BusEvents, createBusEvents } from '../src/bus/events.ts'
import { Gate } from '../src/bus/gate.ts'
import { policyOf } from '../src/bus/policy.ts'
import { secretRules } from '../src/casil/rules/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What all content passes. */
    gate: Gate
    /** What happens on the bus, for whoever watches. */
    events: BusEvents
  }
}

export default fp(
  async app => {
    const { config, clock, log, records } = app
    const events = createBusEvents()
    const gate = new Gate({
      policy: policyOf(config),
      rules: secretRules,
      clock,
      log,
      emit: event => events.emit(event),
      records: records?.('casil')
    })
    app.decorate('events', events)
    app.decorate('gate', gate)
    app.addHook('onReady', () => gate.follow())
    app.addHook('onClose', async () => gate.close())
  },
  { name: 'casil', fastify: '5.x', dependencies: ['config', 'records'] }
)
