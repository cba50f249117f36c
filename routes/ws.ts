import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import { socketTransport } from '../src/bus/transport.ts'
import { BusError } from '../src/errors.ts'

/** The socket, at `/ws` and, for older clients, at the bare address [protocol.md, Connect]. */
export default async function ws(app: FastifyInstance): Promise<void> {
  for (const url of ['/ws', '/']) {
    app.route({
      method: 'GET',
      url,
      config: { isSocket: true },
      preValidation: async (request, reply) => {
        if (!request.ws) return
        await app.admit(request)
        request.upgradeReply = reply
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
        forgetRequest(socket, request)
        app.bus.attach(request.identity as NonNullable<FastifyRequest['identity']>, socketTransport(socket))
      }
    })
  }
}

/** Cuts what would keep request, reply and headers in memory for as long as the socket lives: some kB for each. */
function forgetRequest(socket: WebSocket, request: FastifyRequest): void {
  socket.removeAllListeners('error')
  request.upgradeReply?.raw.detachSocket(request.raw.socket)
}
