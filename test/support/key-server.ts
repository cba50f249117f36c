import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/** An issuer that publishes its keys over HTTP on a free port. */
export interface KeyServer {
  readonly url: string
  /** How many requests have come in. */
  requests(): number
  /** Resolves when the next request comes in. */
  nextRequest(): Promise<void>
  /** From now on answers with a key set of the keys. */
  publish(...keys: readonly object[]): void
  /** From now on answers in another way, or not at all. */
  answer(respond: (response: ServerResponse) => void): void
  /** Takes the server off the network. */
  stop(): Promise<void>
}

/** Starts an issuer; it stops with the test. */
export async function startKeyServer(t: TestContext, ...keys: readonly object[]): Promise<KeyServer> {
  let respond = answerWith(keys)
  let count = 0
  const server = createServer((_request, response) => {
    count++
    server.emit('counted')
    respond(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  async function stop(): Promise<void> {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  t.after(stop)
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    requests: () => count,
    async nextRequest() {
      await once(server, 'counted')
    },
    publish: (...next) => {
      respond = answerWith(next)
    },
    answer: next => {
      respond = next
    },
    stop
  }
}

function answerWith(keys: readonly object[]): (response: ServerResponse) => void {
  return response => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys }))
  }
}
