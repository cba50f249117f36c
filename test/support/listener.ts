import type { Server, Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A server on a free port of loopback that counts who came. It is gone with the test. */
export interface Listener {
  readonly port: number
  /** Connections that were accepted, ever. */
  readonly accepted: number
  /** Connections that are open. */
  readonly open: number
  /** Reads what a connection still holds: one that is not read does not notice its end. */
  resume(): void
}

/** Starts a server on a free port, or on the port given, of 127.0.0.1 or of another loopback address. */
export async function listen(t: TestContext, server: Server, port = 0, host = '127.0.0.1'): Promise<Listener> {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>(resolve => server.close(() => resolve()))
  })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port')
  return {
    port: bound.port,
    get accepted() {
      return accepted
    },
    get open() {
      return sockets.size
    },
    resume() {
      for (const socket of sockets) socket.resume()
    }
  }
}
