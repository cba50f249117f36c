import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import helmet from '@fastify/helmet'
import files from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BusError } from '../src/errors.ts'

/** The page stands beside the routes, as source and as built. */
const pages = fileURLToPath(new URL('../dashboard/', import.meta.url))
/** Where a build leaves the client of the bus, seen from the built routes and from their source. */
const clients = ['../client/', '../dist/client/'].map(path => fileURLToPath(new URL(path, import.meta.url)))
const CLIENT = 'arqonbus.min.js'

/** The live page for operators on both doors. It is only files: its data ask for their own tokens [protocol.md, HTTP]. */
export default async function dashboard(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'", request => socketSourcesOf(request.headers.host, mainPortOf(app))],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        upgradeInsecureRequests: null
      }
    },
    strictTransportSecurity: false
  })

  app.addHook('onSend', async (request, reply, payload: unknown) => {
    if (!(payload instanceof Readable) || !isCompressible(request, reply)) return payload
    reply.header('Content-Encoding', 'gzip').header('Vary', 'Accept-Encoding').removeHeader('Content-Length')
    return payload.pipe(createGzip())
  })

  app.setErrorHandler((error: Error & { readonly statusCode?: number }) => {
    const isOfPath = error.statusCode !== undefined && error.statusCode < 500 && !(error instanceof BusError)
    throw isOfPath ? new BusError('NOT_FOUND', { faults: ['There is no such file'], cause: error }) : error
  })

  const hidden = { schema: { hide: true } }
  app.get('/dashboard', hidden, async (_request, reply) => reply.redirect('dashboard/', 308))
  app.get('/dashboard/server.json', hidden, async (request, reply) => {
    reply.header('Cache-Control', 'no-store')
    return { enable_auth: app.config.enableAuth, websocket_port: socketPortOf(request, mainPortOf(app)) }
  })
  app.get(`/dashboard/client/${CLIENT}`, hidden, async (_request, reply) => {
    const root = clients.find(folder => existsSync(folder + CLIENT))
    if (root === undefined)
      throw new BusError('NOT_FOUND', { faults: ['The client is not built: npm run build:browser'] })
    return reply.sendFile(CLIENT, root)
  })
  await app.register(files, { root: pages, prefix: '/dashboard/', cacheControl: false, setHeaders: askAgain })
}

/** A part of a file is that of the file as it is. */
function isCompressible({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  return reply.statusCode === 200 && /\bgzip\b/.test(headers['accept-encoding'] ?? '')
}

/** A page and its parts are of one version: browsers ask each time, and are told when nothing has changed. */
function askAgain(reply: FastifyReply): void {
  reply.header('Cache-Control', 'no-cache')
}

function mainPortOf(app: FastifyInstance): number | undefined {
  return (app.server.address() as AddressInfo | null)?.port
}

/** The port of the socket where it is not that of the page. */
function socketPortOf({ raw }: FastifyRequest, mainPort: number | undefined): number | null {
  return mainPort === undefined || raw.socket.localPort === mainPort ? null : mainPort
}

/** The socket of the host that the page was asked of, on the port of the page and on the main one. */
function socketSourcesOf(host: string | undefined, mainPort: number | undefined): string {
  const name = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?=(?::[0-9]+)?$)/.exec(host ?? '')?.[0]
  if (name === undefined) return "'self'"
  const main = mainPort === undefined ? [] : [`ws://${name}:${mainPort}`]
  return [`ws://${host}`, `wss://${host}`, ...main].join(' ')
}
