import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { type RawData, WebSocket } from 'ws'
import { buildApp } from '../src/app.ts'
import { type Clock, createSystemClock } from '../src/clock.ts'
import { loadConfig } from '../src/config.ts'

/** Environment of a test server: any free port, nothing in the log, limits that a test on one address would run into lifted. */
const testEnv = {
  ARQONBUS_SERVER_PORT: '0',
  ARQONBUS_HTTP_PORT: '0',
  ARQONBUS_TELEMETRY_PORT: '0',
  ARQONBUS_NODE_NAME: 'test',
  ARQONBUS_MAX_EVENT_LOOP_DELAY_MS: '60000',
  ARQONBUS_WEBHOOK_CONNECT_TIMEOUT_MS: '20000',
  LOG_LEVEL: 'silent'
}

/** How long a frame may take on a machine that has much else to do. */
const PATIENCE_MS = 60_000

/** A frame from the server. Tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: every test knows the shape of the frames that it asks for
export type ServerFrame = Record<string, any>

/** A server on a free port with ways to talk to it. All is closed when the test ends. */
export interface TestServer {
  readonly app: FastifyInstance
  readonly httpUrl: string
  readonly wsUrl: string
  /** Connects and takes the welcome. `path` may hold a query. */
  connect(path?: string, options?: { headers?: Record<string, string>; protocols?: string[] }): Promise<TestClient>
}

/** Starts the real server in this process, on the clock of the system unless told. */
export async function startServer(
  t: TestContext,
  env: Record<string, string> = {},
  clock: Clock = createSystemClock()
): Promise<TestServer> {
  const { config } = loadConfig({ env: { ...testEnv, ...env } })
  const app = await buildApp({ config, clock, logger: pino({ level: config.logLevel }) })
  const clients = new Set<TestClient>()
  t.after(async () => {
    for (const client of clients) client.socket.terminate()
    await app.close()
  })
  await app.listen({ host: '127.0.0.1', port: config.port })
  const { port } = app.server.address() as AddressInfo
  const wsUrl = `ws://127.0.0.1:${port}`
  return {
    app,
    wsUrl,
    httpUrl: `http://127.0.0.1:${port}`,
    async connect(path = '/ws', options = {}) {
      const client = await TestClient.open(`${wsUrl}${path}`, options)
      clients.add(client)
      return client
    }
  }
}

interface Waiter {
  readonly matches: (frame: ServerFrame) => boolean
  readonly resolve: (frame: ServerFrame) => void
}

/** A raw client: sends what it is told, keeps what comes. */
export class TestClient {
  readonly socket: WebSocket
  /** Every frame received, in order. */
  readonly frames: ServerFrame[] = []
  /** Resolves with the code and reason when the socket is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  #taken = 0
  readonly #waiters = new Set<Waiter>()
  #nextId = 1

  constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise(resolve => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    socket.on('message', (data: RawData) => this.#take(JSON.parse(data.toString())))
  }

  /** Connects and waits for the welcome; rejects with `Unexpected server response: …` when refused. */
  static async open(
    url: string,
    options: { headers?: Record<string, string>; protocols?: string[] } = {}
  ): Promise<TestClient> {
    const socket = new WebSocket(url, options.protocols ?? [], { headers: options.headers ?? {} })
    const client = new TestClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    await client.next(frame => frame.payload?.welcome !== undefined)
    return client
  }

  /** Own client id, from the welcome. */
  get id(): string {
    return this.frames[0]?.payload.client_id
  }

  send(frame: object | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** The next frame that matches, from those not returned yet; rejects after `timeoutMs`. Frames before it are passed over. */
  next(matches: (frame: ServerFrame) => boolean = () => true, timeoutMs = PATIENCE_MS): Promise<ServerFrame> {
    while (this.#taken < this.frames.length) {
      const frame = this.frames[this.#taken++] as ServerFrame
      if (matches(frame)) return Promise.resolve(frame)
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter)
        reject(
          new Error(`No such frame within ${timeoutMs} ms; the last were ${JSON.stringify(this.frames.slice(-3))}`)
        )
      }, timeoutMs)
      const waiter: Waiter = {
        matches,
        resolve: frame => {
          clearTimeout(timer)
          resolve(frame)
        }
      }
      this.#waiters.add(waiter)
    })
  }

  /** Sends a frame under a fresh id and returns the one frame that answers it. */
  async ask(frame: Record<string, unknown>): Promise<ServerFrame> {
    const id = (frame.id as string | undefined) ?? `arq_t${this.#nextId++}`
    const answer = this.next(
      got => got.request_id === id || (got.id === id && got.type === 'message_response') || got.error_code !== undefined
    )
    this.send({ ...frame, id })
    return answer
  }

  /** Runs a command and returns its response, whatever the status. */
  command(command: string, args: object = {}): Promise<ServerFrame> {
    return this.ask({ type: 'command', command, args })
  }

  /** Joins a channel, given as "room:channel". */
  async join(address: string, args: object = {}): Promise<ServerFrame> {
    const response = await this.command('join_channel', { channel_id: address, ...args })
    if (response.status !== 'success') throw new Error(`join failed: ${JSON.stringify(response)}`)
    return response
  }

  /** What has come of the types a client publishes, in order. */
  received(): ServerFrame[] {
    return this.frames.filter(
      frame => ['message', 'event', 'private'].includes(frame.type) && frame.sender !== 'arqonbus'
    )
  }

  /** Waits until everything the server had for this client when called has arrived. */
  async settle(): Promise<void> {
    const pong = this.next(frame => frame.type === 'pong')
    this.send({ type: 'ping' })
    await pong
  }

  #take(frame: ServerFrame): void {
    this.frames.push(frame)
    for (const waiter of this.#waiters) {
      if (!waiter.matches(frame)) continue
      this.#waiters.delete(waiter)
      this.#taken = this.frames.length
      waiter.resolve(frame)
      return
    }
  }
}
