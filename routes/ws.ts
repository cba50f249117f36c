import type { FastifyInstance } from 'fastify'
import type { Identity } from '../src/auth/identity.ts'
import { socketTransport } from '../src/bus/transport.ts'
import { BusError } from '../src/errors.ts'

/** The socket, at `/ws` and, for older clients, at the bare address [protocol.md, Connect]. */
export default async function ws(app: FastifyInstance): Promise<void> {
  for (const url of ['/ws', '/']) {
    app.route({
      method: 'GET',
      url,
      config: { isSocket: true },
      preValidation: async request => {
        if (request.ws) await app.admit(request)
      },
      handler: async (_request, reply) => {
        if (url === '/ws')
          throw new BusError('BAD_HANDSHAKE', { faults: ['This is a WebSocket address: connect with ws://'] })
        return reply.send({
          service: 'arqonbus',
          websocket: '/ws',
          health: '/health',
          status: '/status',
          metrics: '/metrics'
        })
      },
      wsHandler: (socket, request) => {
        app.bus.attach(request.identity as Identity, socketTransport(socket))
      }
    })
  }
}
