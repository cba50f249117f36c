import { createServer } from 'node:net'

/** Below those that the system gives to connections: of these there may be thousands at a time. */
const [LEAST_PORT, PORTS] = [20_000, 10_000]

/** Ports of this machine on which nobody listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = LEAST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree && !ports.includes(port)) ports.push(port)
  }
  return ports
}
