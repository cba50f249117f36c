import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { type ClientOptions, WebSocket } from 'ws'
import errors from '../../plugins/errors.ts'
import websocket from '../../plugins/websocket.ts'
import { Admission } from '../../src/bus/admission.ts'
import { createBusEvents } from '../../src/bus/events.ts'
import type { Config } from '../../src/config.ts'
import { identityOf } from '../support/bus.ts'
import { FakeClock } from '../support/clock.ts'
import { buildBare, defaultConfig } from './bare.ts'

/** A real listener with the plugin, and what it needs, behind it. */
export interface Door {
  readonly app: FastifyInstance
  readonly clock: FakeClock
  readonly admission: Admission
  /** What the bus would say. */
  readonly bus: { isDraining: boolean; isUnderPressure: boolean }
  readonly address: AddressInfo
  /** Starts to connect; the socket is cut when the test ends. */
  connect(protocols?: string[], options?: ClientOptions): WebSocket
}

/** An app with a socket route that echoes, and a route that is none. */
export async function openDoor(
  t: TestContext,
  settings: Partial<Config> = {},
  authenticate: FastifyInstance['authenticate'] = async () => identityOf()
): Promise<Door> {
  const sockets = new Set<WebSocket>()
  t.after(() => {
    for (const socket of sockets) socket.terminate()
  })
  const clock = new FakeClock()
  const config: Config = { ...defaultConfig, ...settings }
  const admission = new Admission(clock, config)
  t.after(() => admission.close())
  const bus = { isDraining: false, isUnderPressure: false }
  const { app } = buildBare(t, {
    config: { config, clock, ids: { short: () => 'x' } },
    bus: { bus, admission },
    casil: { events: createBusEvents() },
    auth: { authenticate }
  })
  await app.register(errors).register(websocket)
  app.register(async instance => {
    instance.get('/health', async () => 'ok')
    instance.route({
      method: 'GET',
      url: '/ws',
      config: { isSocket: true },
      preValidation: async request => {
        if (request.ws) await instance.admit(request)
      },
      handler: async () => 'no socket',
      wsHandler: socket => void socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
    })
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address() as AddressInfo
  return {
    app,
    clock,
    admission,
    bus,
    address,
    connect(protocols = [], options = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${address.port}/ws`, protocols, options)
      socket.on('error', () => {})
      sockets.add(socket)
      return socket
    }
  }
}

const good = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

/** How an upgrade was refused. */
export interface Refusal {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: { readonly error: string; readonly code: string; readonly details: string }
}

/** The answer to an upgrade that is refused. */
export async function refusalOf(door: Door, path = '/ws', headers: Record<string, string> = {}): Promise<Refusal> {
  const { address: host, port } = door.address
  const asked = request({ host, port, path, headers: { ...good, ...headers }, agent: false }).end()
  asked.on('upgrade', (_response, socket: Socket) => {
    socket.destroy()
    asked.emit('error', new Error('was let in'))
  })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }
}

/** Connects and is let in. */
export async function enter(door: Door, protocols: string[] = [], options: ClientOptions = {}): Promise<WebSocket> {
  const socket = door.connect(protocols, options)
  await once(socket, 'open')
  return socket
}
