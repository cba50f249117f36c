import type { AddressInfo } from 'node:net'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { pino } from 'pino'
import { loadConfig } from '../../src/config.ts'

/** The defaults of the configuration. */
export const { config: defaultConfig } = loadConfig({ env: {} })

/** A bare Fastify with a log that is written down. It is closed when the test ends. */
export interface BareApp {
  readonly app: FastifyInstance
  readonly log: Record<string, unknown>[]
}

/** Makes an app that holds, by the names of the plugins that would bring them, the decorations that the plugin under test needs. */
export function buildBare(t: TestContext, needs: Readonly<Record<string, object>>): BareApp {
  const log: Record<string, unknown>[] = []
  const loggerInstance = pino({ level: 'debug' }, { write: line => void log.push(JSON.parse(line)) })
  const app = Fastify({ loggerInstance, forceCloseConnections: 'idle' }) as unknown as FastifyInstance
  t.after(() => app.close())
  for (const [name, decorations] of Object.entries(needs)) {
    app.register(
      fp(
        async instance => {
          for (const [key, value] of Object.entries(decorations)) instance.decorate(key, value)
        },
        { name }
      )
    )
  }
  return { app, log }
}

/** The answer to bytes that are sent as they are, once the server has closed the connection. */
export async function sendRaw(address: AddressInfo, text: string): Promise<RawAnswer> {
  const socket = connect(address.port, address.address)
  socket.write(text)
  const answer = await readAll(socket)
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
  const [status = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map(line => line.toLowerCase().split(': ', 2)))
  return { status: Number(status.split(' ')[1]), headers, body }
}

/** An HTTP answer as it came. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}
