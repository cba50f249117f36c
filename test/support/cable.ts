import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** A way to a port of this machine that can be cut and mended. */
export class Cable {
  readonly port: number
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(server: Server, targetPort: number) {
    this.port = (server.address() as AddressInfo).port
    server.on('connection', near => {
      if (this.#isCut) {
        near.destroy()
        return
      }
      const far = connect(targetPort, '127.0.0.1')
      for (const [socket, other] of [
        [near, far],
        [far, near]
      ] as const) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
  }

  /** Lays a cable to a port; it is taken away with the test. */
  static async lay(t: TestContext, targetPort: number): Promise<Cable> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const cable = new Cable(server, targetPort)
    t.after(() => {
      cable.cut()
      server.close()
    })
    return cable
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Ends all connections and lets no new one through. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }
}
