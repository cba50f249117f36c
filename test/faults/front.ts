import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** What stands before the nodes, as a load balancer does: each connection goes to the next port where somebody listens. */
export class Front {
  readonly #server: Server
  readonly #ports: () => readonly number[]
  readonly #sockets = new Set<Socket>()
  #next = 0

  private constructor(server: Server, ports: () => readonly number[]) {
    this.#server = server
    this.#ports = ports
    server.on('connection', near => this.#serve(near))
  }

  /** Listens until the test ends. `ports` are those of the nodes that run. */
  static async open(t: TestContext, ports: () => readonly number[]): Promise<Front> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const front = new Front(server, ports)
    t.after(() => front.#close())
    return front
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #serve(near: Socket): void {
    const ports = this.#ports()
    const port = ports[this.#next++ % Math.max(1, ports.length)]
    near.on('error', () => {})
    if (port === undefined) {
      near.destroy()
      return
    }
    const far = connect(port, '127.0.0.1')
    far.on('error', () => {})
    for (const [socket, other] of [
      [near, far],
      [far, near]
    ] as const) {
      this.#sockets.add(socket)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }

  #close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
