import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Identity } from '../src/auth/identity.ts'
import { hasRole } from '../src/auth/roles.ts'
import { Liveness } from '../src/bus/liveness.ts'
import { TELEMETRY_CHANNEL, TELEMETRY_ROOM } from '../src/rooms/seed.ts'
import { Audience } from '../src/telemetry/audience.ts'
import { Feed } from '../src/telemetry/feed.ts'
import { createInputDecoder } from '../src/telemetry/input.ts'
import type { Reported } from '../src/telemetry/session.ts'
import { welcomeText } from '../src/telemetry/wire.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What happens, for whoever subscribes. */
    feed: Feed
    /** The clients of the telemetry socket. */
    telemetry: Audience<Identity>
    /** Where the telemetry socket listens; undefined when it does not. */
    telemetryAddress(): AddressInfo | undefined
    /** Opens the telemetry socket. A port that is taken is an error only if it was asked for. */
    listenTelemetry(): Promise<void>
  }
}

/** How long clients may take for the answer to a close frame when the server drains. */
const DRAIN_MS = 1_000

export default fp(
  async app => {
    const { config, clock, ids } = app
    const feed = new Feed({ events: app.events, clock, ids, hasTenants: config.enableAuth })
    const telemetry = createAudience(app, feed)
    let server: Server | undefined
    /** Sockets of the telemetry listener: its routes are not seen from elsewhere, and no other is seen from there. */
    const sockets = new WeakSet<Socket>()
    app.addConstraintStrategy({
      name: 'listener',
      storage: () => {
        const handlers = new Map()
        return { get: key => handlers.get(key) ?? null, set: (key, handler) => void handlers.set(key, handler) }
      },
      validate: () => {},
      deriveConstraint: (request: IncomingMessage) => (sockets.has(request.socket) ? 'telemetry' : undefined),
      mustMatchWhenDerived: true
    })
    app.decorate('feed', feed)
    app.decorate('telemetry', telemetry)
    app.decorate('telemetryAddress', () => (server?.listening ? (server.address() as AddressInfo) : undefined))

    app.decorate('listenTelemetry', async () => {
      server = createServer(
        {
          maxHeaderSize: config.maxHeaderBytes + 1,
          headersTimeout: config.handshakeTimeoutMs,
          connectionsCheckingInterval: 1_000
        },
        app.routing
      )
      server.on('connection', socket => sockets.add(socket))
      for (const event of ['clientError', 'upgrade']) server.on(event, (...args) => app.server.emit(event, ...args))
      try {
        await listen(server, config.telemetryPort, config.telemetryHost)
      } catch (error) {
        server = undefined
        if (config.telemetryPortIsExplicit) throw error
        app.log.warn({ port: config.telemetryPort }, 'the port for telemetry is taken: there is no telemetry socket')
      }
    })
    app.addHook('preClose', async () => {
      server?.close()
      server?.closeAllConnections()
      await telemetry.drain(DRAIN_MS, () =>
        JSON.stringify({ retry_ms: Math.round(config.drainRetryMs * Math.random()) })
      )
    })
    app.addHook('onClose', async () => {
      telemetry.close()
      feed.close()
    })
  },
  { name: 'telemetry', fastify: '5.x', dependencies: ['bus', 'auth', 'casil', 'errors', 'websocket'] }
)

function createAudience(app: FastifyInstance, feed: Feed): Audience<Identity> {
  const { config, clock, ids, log, bus } = app
  const decode = createInputDecoder({
    depth: config.maxJsonDepth,
    keysPerObject: config.maxJsonKeys,
    nodes: config.maxJsonNodes,
    keyBytes: config.maxJsonKeyBytes
  })
  // A client that does not read loses events and is counted; only its silence to pings, not that it was sent something, ends it.
  const liveness = { ...config, livenessProbeMs: Number.POSITIVE_INFINITY }
  return new Audience<Identity>({
    clock,
    ids,
    log,
    feed,
    decode,
    limits: config,
    maxClients: config.maxTelemetryClients,
    welcome: () =>
      welcomeText(clock.iso(), {
        host: config.telemetryHost,
        port: app.telemetryAddress()?.port ?? config.telemetryPort
      }),
    makePulse: nowMs => new Liveness(liveness, Math.random, nowMs),
    seesAll: ({ role }) => !config.enableAuth || hasRole(role, 'superadmin'),
    async publish(identity, { eventType, payload }) {
      const post = {
        type: 'telemetry',
        room: TELEMETRY_ROOM,
        channel: TELEMETRY_CHANNEL,
        payload: { eventType, payload }
      } as const
      const { message } = await bus.post({ id: 'telemetry', identity }, post)
      return JSON.parse(message.payload) as Reported
    }
  })
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
