import type { FastifyInstance, FastifyRequest } from 'fastify'
import { socketTransport } from '../src/bus/transport.ts'

/** The telemetry socket, on a port of its own at three paths for the clients that there are [protocol.md, Telemetry socket]. */
export default async function telemetry(app: FastifyInstance): Promise<void> {
  for (const url of ['/', '/ws', '/telemetry']) {
    app.route({
      method: 'GET',
      url,
      constraints: { listener: 'telemetry' },
      config: { isSocket: true, hasOwnListener: true },
      preValidation: async request => {
        if (request.ws) await app.admit(request, app.telemetry)
      },
      handler: async () => ({
        service: 'arqonbus',
        telemetry: '/telemetry',
        message: 'This is the telemetry socket: connect with ws://'
      }),
      wsHandler: (socket, request) => {
        socket.removeAllListeners('error')
        app.telemetry.attach(request.identity as NonNullable<FastifyRequest['identity']>, socketTransport(socket))
      }
    })
  }
}
