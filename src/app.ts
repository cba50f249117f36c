import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import activity from '../plugins/activity.ts'
import auth from '../plugins/auth.ts'
import broker from '../plugins/broker.ts'
import bus from '../plugins/bus.ts'
import casil from '../plugins/casil.ts'
import commands from '../plugins/commands.ts'
import configPlugin from '../plugins/config.ts'
import cron from '../plugins/cron.ts'
import doors from '../plugins/doors.ts'
import errors from '../plugins/errors.ts'
import eventStreams from '../plugins/event-streams.ts'
import history from '../plugins/history.ts'
import idempotency from '../plugins/idempotency.ts'
import lifecycle from '../plugins/lifecycle.ts'
import logIncidents from '../plugins/log-incidents.ts'
import metrics from '../plugins/metrics.ts'
import omega from '../plugins/omega.ts'
import openapi from '../plugins/openapi.ts'
import ops from '../plugins/ops.ts'
import records from '../plugins/records.ts'
import rest from '../plugins/rest.ts'
import rooms from '../plugins/rooms.ts'
import stats from '../plugins/stats.ts'
import store from '../plugins/store.ts'
import telemetry from '../plugins/telemetry.ts'
import traces from '../plugins/traces.ts'
import webhooks from '../plugins/webhooks.ts'
import websocket from '../plugins/websocket.ts'
import announceRoutes from '../routes/admin/announce.ts'
import casilRoutes from '../routes/admin/casil.ts'
import clientRoutes from '../routes/admin/clients.ts'
import commandRoutes from '../routes/admin/commands.ts'
import cronRoutes from '../routes/admin/cron.ts'
import eventRoutes from '../routes/admin/events.ts'
import messageRoutes from '../routes/admin/messages.ts'
import omegaRoutes from '../routes/admin/omega.ts'
import roomRoutes from '../routes/admin/rooms.ts'
import storeRoutes from '../routes/admin/store.ts'
import webhookRoutes from '../routes/admin/webhooks.ts'
import dashboardRoutes from '../routes/dashboard.ts'
import documentationRoutes from '../routes/documentation.ts'
import healthRoutes from '../routes/health.ts'
import metricsRoutes from '../routes/metrics.ts'
import statusRoutes from '../routes/status.ts'
import telemetryRoutes from '../routes/telemetry.ts'
import versionRoutes from '../routes/version.ts'
import wsRoutes from '../routes/ws.ts'
import { type Clock, createSystemClock } from './clock.ts'
import type { Config } from './config.ts'
import { BusError, type ErrorCode, errorTable } from './errors.ts'
import { type Build, readBuild } from './version.ts'

/** What an app is built from. */
export interface AppOptions {
  readonly config: Config
  readonly logger: FastifyBaseLogger
  /** What `/version` says of the build. */
  readonly build?: Build
  /** Where everything gets its time from; the system unless told. */
  readonly clock?: Clock
}

/** The whole server, not yet listening: what exists, in the order in which it needs each other. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, logger, build = readBuild({}), clock = createSystemClock() } = options
  const app: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustOf(config.trustProxy),
    bodyLimit: config.maxBodyBytes,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) => app.errorHandler(error, request, reply),
    requestTimeout: 30_000,
    // The whole URL is bounded already.
    routerOptions: { maxParamLength: config.maxUrlBytes },
    // Counts for closing too: a drain may take its time.
    pluginTimeout: config.drainTimeoutMs + 10_000,
    http: {
      maxHeaderSize: config.maxHeaderBytes + 1,
      headersTimeout: config.handshakeTimeoutMs,
      connectionsCheckingInterval: 1_000
    }
  })

  app.addHook('onRequest', async request => {
    if (request.url.length > config.maxUrlBytes) throw new BusError('URI_TOO_LONG')
  })

  await app.register(configPlugin, { config, build, clock })
  await app.register(errors)
  await app.register(logIncidents)
  await app.register(traces)
  await app.register(metrics)
  await app.register(auth)
  await app.register(broker)
  await app.register(records)
  await app.register(rooms)
  await app.register(history)
  await app.register(casil)
  await app.register(lifecycle)
  await app.register(bus)
  await app.register(commands)
  await app.register(webhooks)
  await app.register(cron)
  await app.register(store)
  await app.register(omega)
  await app.register(websocket)
  await app.register(ops)
  await app.register(telemetry)
  await app.register(activity)
  await app.register(stats)

  await app.register(eventStreams)
  await app.register(doors)
  await app.register(openapi)

  await app.register(wsRoutes)
  await app.register(telemetryRoutes)
  await app.register(healthRoutes)
  await app.register(versionRoutes)
  await app.register(statusRoutes)
  await app.register(metricsRoutes)
  await app.register(documentationRoutes)
  await app.register(dashboardRoutes)
  await app.register(operators, { prefix: '/v1' })
  return app
}

/** What operators do, behind a door of its own. */
async function operators(app: FastifyInstance): Promise<void> {
  await app.register(rest)
  await app.register(idempotency)
  for (const routes of [
    roomRoutes,
    messageRoutes,
    announceRoutes,
    clientRoutes,
    webhookRoutes,
    cronRoutes,
    storeRoutes,
    casilRoutes,
    omegaRoutes,
    commandRoutes,
    eventRoutes
  ])
    await app.register(routes)
}

/** A number means so many proxies in front, in a form that the types of the framework know too. */
function trustOf(proxies: Config['trustProxy']) {
  if (typeof proxies !== 'number') return proxies
  return (_address: string, hop: number) => hop < proxies
}

/** Faults of the HTTP parser that have a code of ours; every other one is a bad request. */
const parserCodes = new Map<string, ErrorCode>([
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT']
])

/** Answers what is not even a request, before any hook can see it. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return
  const code = parserCodes.get(error.code ?? '') ?? 'BAD_HANDSHAKE'
  const { status, message } = errorTable[code]
  const body = JSON.stringify({
    error: message,
    code,
    details: code === 'BAD_HANDSHAKE' ? 'Malformed HTTP request' : message
  })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // Whoever neither reads this nor closes would keep the socket for ever: it has no time-out any more.
    () => socket.destroy()
  )
}
