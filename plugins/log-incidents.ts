import type { Socket } from 'node:net'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createIncidents, type Incidents, SLOW } from '../src/bus/incidents.ts'
import { BusError, type ErrorCode } from '../src/errors.ts'
import { Sampled } from '../src/log/sampled.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What operators may have to look for: whoever tells of it emits it here. */
    incidents: Incidents
  }
}

/** A line to be: what it befell, what happened, and who was there. Never content, nor text that a peer has chosen. */
interface Facts {
  readonly kind: string
  readonly code: string
  readonly [name: string]: string | number | undefined
}

const WINDOW_MS = 10_000
/** There are fewer kinds and codes: all of them come from the program. */
const MAX_KEYS = 1_000
/** A request that takes longer is slow. */
const SLOW_REQUEST_MS = 250

/** Refusals of whoever wants to come in. What they say is of the program's own making. */
const doorCodes: ReadonlySet<ErrorCode> = new Set([
  'AUTH_INVALID',
  'AUTH_REQUIRED',
  'BAD_HANDSHAKE',
  'DRAINING',
  'ORIGIN_DENIED',
  'OVERLOADED',
  'RATE_LIMITED'
])

/** Writes what was refused, was slow or was ended to the log: one line for each kind and code in ten seconds [limits.md, P10, P19]. */
export default fp(
  async app => {
    const { clock, log } = app
    const lines = new Sampled<Facts>({
      clock,
      windowMs: WINDOW_MS,
      maxKeys: MAX_KEYS,
      tell: (facts, repeated) =>
        log.warn(repeated > 0 ? { ...facts, repeated } : facts, `${facts.kind} ${wordOf(facts.code)}`)
    })
    const tell = (facts: Facts): void => lines.add(`${facts.kind} ${facts.code}`, facts)

    const incidents = createIncidents()
    incidents.on(({ kind, code, tenant, clientId, command, durationMs }) =>
      tell({ kind, code, client: clientId, tenant, command, duration_ms: durationMs && Math.round(durationMs) })
    )
    app.decorate('incidents', incidents)

    const reasons = new WeakMap<FastifyRequest, string>()
    app.addHook('onError', async (request, _reply, error) => {
      if (error instanceof BusError && doorCodes.has(error.code)) reasons.set(request, reasonOf(error))
    })
    app.addHook('onResponse', async (request, reply) => {
      const kind = request.ws ? 'handshake' : 'request'
      const about = { ip: request.ip, method: request.method, route: request.routeOptions.url }
      if (reply.errorCode !== undefined) tell({ kind, code: reply.errorCode, ...about, reason: reasons.get(request) })
      else if (reply.elapsedTime > SLOW_REQUEST_MS && reply.hasHeader('content-length'))
        tell({ kind, code: SLOW, ...about, duration_ms: Math.round(reply.elapsedTime) })
    })
    app.server.prependListener('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (socket.writable) tell({ kind: 'http', code: error.code ?? error.name, ip: (socket as Socket).remoteAddress })
    })
    app.addHook('onClose', async () => lines.close())
  },
  { name: 'log-incidents', fastify: '5.x', dependencies: ['config', 'errors'] }
)

/** What a peer is not told stands in the cause. */
function reasonOf({ cause, faults, message }: BusError): string {
  return cause instanceof BusError ? reasonOf(cause) : faults.join('; ') || message
}

function wordOf(code: string): string {
  if (code === SLOW) return 'was slow'
  return /^\d+$/.test(code) ? 'was ended' : 'was refused'
}
