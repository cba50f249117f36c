import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import fp from 'fastify-plugin'
import { BusError } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Where the second listener for operators listens; undefined when it does not. */
    opsAddress(): AddressInfo | undefined
    /** Opens the second listener. A port that is taken is an error only if it was asked for. */
    listenOps(): Promise<void>
  }
  interface FastifyContextConfig {
    /** Whether the route is answered on a listener of its own only, so that it is not on the public one anyway. */
    hasOwnListener?: boolean
  }
}

/** What stays on the public port when operators have their own [protocol.md, HTTP]. */
const publicPaths = new Set(['/ws', '/', '/health', '/ready', '/version'])

export default fp(
  async app => {
    const { config } = app
    let server: Server | undefined
    /** Sockets of the second listener: its port may be that of the first one on another address. */
    const sockets = new WeakSet<Socket>()
    app.decorate('opsAddress', () => (server?.listening ? (server.address() as AddressInfo) : undefined))

    app.addHook('onRequest', async request => {
      if (config.publicOps || sockets.has(request.socket) || request.routeOptions.config.hasOwnListener) return
      const path = request.url.split('?', 1)[0] ?? ''
      if (!publicPaths.has(path) || (path === '/' && !request.ws))
        throw new BusError('NOT_FOUND', { faults: [`No route for ${request.method} here`] })
    })

    app.decorate('listenOps', async () => {
      server = createServer(
        {
          maxHeaderSize: config.maxHeaderBytes + 1,
          headersTimeout: config.handshakeTimeoutMs,
          connectionsCheckingInterval: 1_000
        },
        app.routing
      )
      server.on('connection', socket => sockets.add(socket))
      server.on('clientError', (error, socket) => app.server.emit('clientError', error, socket))
      try {
        await listen(server, config.httpPort, config.httpHost)
      } catch (error) {
        server = undefined
        if (config.httpPortIsExplicit) throw error
        app.log.warn(
          { port: config.httpPort },
          'the port for operators is taken: HTTP is answered on the main port only'
        )
      }
    })
    app.addHook('preClose', async () => {
      server?.closeAllConnections()
      server?.close()
    })
  },
  { name: 'ops', fastify: '5.x', dependencies: ['config', 'errors'] }
)

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}
