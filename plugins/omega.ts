import fp from 'fastify-plugin'
import type { Source } from '../src/bus/draft.ts'
import { table } from '../src/commands/index.ts'
import { BusError } from '../src/errors.ts'
import { Lane, type Told } from '../src/omega/lane.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The experimental lane; while it is off it refuses everything but its status. */
    omega: Lane<Source>
  }
}

export default fp(
  async app => {
    const { bus, config, clock, ids, log, records } = app
    const lab = { room: config.omegaLabRoom, channel: config.omegaLabChannel }
    const omega = new Lane<Source>({
      isEnabled: config.omegaEnabled,
      lab,
      maxEvents: config.omegaMaxEvents,
      maxSubstrates: config.omegaMaxSubstrates,
      maxReplyBytes: config.maxHistoryReplyBytes,
      clock,
      makeId: () => ids.short(),
      shared: records && { substrates: records('omega-substrates'), events: records('omega-events'), log },
      async post({ identity }, event) {
        const payload = { omega_event: { ...event } }
        const { message } = await bus.post({ id: 'op-omega', identity }, { type: 'telemetry', ...lab, payload })
        return (JSON.parse(message.payload) as { omega_event: Told }).omega_event
      }
    })
    app.decorate('omega', omega)
    app.addHook('onReady', () => omega.follow())
    bus.commands.add(omega, ...table.omega)
    bus.commands.reserve(
      'op.omega.vm',
      () => new BusError('FEATURE_DISABLED', { message: 'Tier-Omega virtual machines are disabled' })
    )
  },
  { name: 'omega', fastify: '5.x', dependencies: ['bus', 'commands', 'records'] }
)
