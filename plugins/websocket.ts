import type { Duplex } from 'node:stream'
import websocket from '@fastify/websocket'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Identity } from '../src/auth/identity.ts'
import type { Admission } from '../src/bus/admission.ts'
import { checkHandshake, checkOrigin, selectProtocol } from '../src/bus/handshake.ts'
import type { Timer } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { BusError } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Lets a socket in, or throws what it is refused with: who sends it, and whether there is room.
     * @param places where its place is taken; that of the bus unless said otherwise
     */
    admit(request: FastifyRequest, places?: Pick<Admission, 'take'>): Promise<void>
  }
  interface FastifyRequest {
    /** Who is behind a socket that was let in. */
    identity: Identity | undefined
    /** The reply that an upgrade makes superfluous. */
    upgradeReply: FastifyReply | undefined
  }
  interface FastifyContextConfig {
    /** Whether the route is a socket. No other can be upgraded. */
    isSocket?: boolean
  }
}

export default fp(
  async app => {
    const { config, clock, bus, admission } = app
    await app.register(websocket, {
      options: socketOptions(config),
      errorHandler: (error, _peer, request) => request.log.debug({ err: error }, 'socket failed'),
      preClose: done => done()
    })
    app.decorateRequest('identity', undefined)
    app.decorateRequest('upgradeReply', undefined)

    app.addHook('onRequest', async request => {
      if (!request.ws) return
      if (request.routeOptions.config.isSocket !== true)
        throw new BusError('NOT_FOUND', { faults: ['No socket here: use /ws'] })
      if (bus.isDraining) throw new BusError('DRAINING', { retryAfterMs: config.drainRetryMs })
      if (bus.isUnderPressure) throw new BusError('OVERLOADED', { retryAfterMs: 1000 })
      admission.checkRate(request.ip)
      checkHandshake(request.headers)
      checkOrigin(request.headers, config.allowedOrigins)
    })

    // No time-out of the HTTP server applies from the upgrade on: what is refused before a hook of ours runs would stay for ever.
    const deadlines = new WeakMap<Duplex, Timer>()
    app.server.prependListener('upgrade', (_request, socket: Duplex) => {
      const deadline = clock.after(config.handshakeTimeoutMs, () => socket.destroy())
      deadlines.set(socket, deadline)
      socket.once('close', deadline.cancel)
    })

    // The time-outs of HTTP end with the listening: a request that never ends would keep the server from closing.
    let lastCall: Timer | undefined
    app.addHook('preClose', async () => {
      lastCall = clock.after(CLOSE_MS, () => app.server.closeAllConnections())
    })
    app.addHook('onClose', async () => lastCall?.cancel())

    app.decorate('admit', async (request: FastifyRequest, places: Pick<Admission, 'take'> = admission) => {
      const { socket } = request.raw
      request.identity = await app.authenticate(request).catch(error => {
        const payload = { reason: error instanceof BusError ? error.code : 'INTERNAL_ERROR' }
        app.events.emit({ type: 'authentication_failed', severity: 'warning', tenant: undefined, payload })
        throw error
      })
      deadlines.get(socket)?.cancel()
      const ticket = places.take(request.identity, request.ip)
      socket.once('close', ticket.release)
      if (socket.destroyed) ticket.release()
    })
  },
  { name: 'websocket', fastify: '5.x', dependencies: ['bus', 'auth', 'casil', 'errors'] }
)

/** How long `ws` waits for the answer to a close frame after an error of the peer, and the server for requests when it closes. */
const CLOSE_MS = 2_000

/** What `ws` accepts. The types of the package do not list `closeTimeout`, `maxFragments` and `maxBufferedChunks`. */
function socketOptions(config: Config) {
  const bounds = {
    maxFragments: config.maxFragments,
    maxBufferedChunks: config.maxBufferedChunks,
    closeTimeout: CLOSE_MS
  }
  return {
    ...bounds,
    maxPayload: config.maxMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: selectProtocol
  }
}
