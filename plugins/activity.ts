import fp from 'fastify-plugin'
import { ALL } from '../src/auth/capabilities.ts'
import type { Identity } from '../src/auth/identity.ts'
import { keyOf } from '../src/protocol/address.ts'
import { ACTIVITY_CHANNEL, TELEMETRY_ROOM } from '../src/rooms/seed.ts'
import { Activity } from '../src/telemetry/activity.ts'

export default fp(
  async app => {
    const { config, clock, bus, log } = app
    const activity = new Activity({
      acts: bus.frames,
      clock,
      limits: config,
      // Whoever watches on another node is not known here.
      isWatched: tenant =>
        !bus.hub.peers.isAlone || bus.hub.membersOf(keyOf(tenant, TELEMETRY_ROOM, ACTIVITY_CHANNEL)).size > 0,
      post(tenant, payload) {
        const source = { id: 'telemetry', identity: { ...server, tenant } }
        bus
          .post(source, { type: 'telemetry', room: TELEMETRY_ROOM, channel: ACTIVITY_CHANNEL, payload })
          .catch((error: unknown) => log.debug({ err: error }, 'activity could not be told'))
      }
    })
    app.addHook('onClose', async () => activity.close())
  },
  { name: 'activity', fastify: '5.x', dependencies: ['bus'] }
)

/** Who speaks: the server itself, in the tenant of whom it speaks. */
const server: Omit<Identity, 'tenant'> = {
  subject: undefined,
  role: 'admin',
  capabilities: ALL,
  expiresAtMs: undefined,
  clientType: 'system'
}
