import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { type WebSocket, WebSocketServer } from 'ws'
import { connect } from '../../../src/client/index.ts'
import { freePorts } from '../../support/ports.ts'

/** The frame that begins every connection [protocol.md, Connect]. */
export const welcomeFrame = {
  id: 'arq_welcome',
  type: 'message',
  version: '1.0',
  timestamp: '2026-01-01T00:00:00.000Z',
  sender: 'arqonbus',
  payload: { welcome: 'Connected to ArqonBus', client_id: 'arq_client_1', protocol: '1.0', limits: {}, features: [] },
  metadata: {}
}

/** A frame as the peer gets it. */
export type Received = Record<string, unknown> & { readonly id: string; readonly type: string }

/** What a peer does that differs from the good server. */
export interface PeerOptions {
  /** Called with every connection that was accepted; by default it is welcomed. */
  readonly onConnection?: (socket: WebSocket, request: IncomingMessage) => void
  /** Called with every frame of a client. */
  readonly onFrame?: (frame: Received, socket: WebSocket) => void
  /** Answers a request that is no upgrade, and instead of an upgrade when `refuses` is set. */
  readonly onRequest?: RequestListener
  readonly refuses?: boolean
}

/** A socket server on a free port that plays the server's part of the protocol as the test tells it. */
export async function startPeer(t: TestContext, options: PeerOptions = {}) {
  const server = createServer(options.onRequest)
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => (offered.has('arqonbus.v1') ? 'arqonbus.v1' : false)
  })
  const received: Received[] = []
  const streams: Socket[] = []
  sockets.on('connection', (socket, request) => {
    streams.push(request.socket)
    socket.on('message', data => {
      const frame: Received = JSON.parse(data.toString())
      received.push(frame)
      options.onFrame?.(frame, socket)
    })
    if (options.onConnection) options.onConnection(socket, request)
    else socket.send(JSON.stringify(welcomeFrame))
  })
  if (!options.refuses) {
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, accepted => sockets.emit('connection', accepted, request))
    })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    received,
    streams,
    clients: sockets.clients,
    wsUrl: `ws://127.0.0.1:${port}`,
    httpUrl: `http://127.0.0.1:${port}`
  }
}

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** The acknowledgement of a message that asked for the position only. */
export function acknowledgementOf(frame: Received, position: object = { sequence: 1, epoch: 'e1' }): string {
  return JSON.stringify({
    id: frame.id,
    type: 'message_response',
    status: 'success',
    payload: {},
    ...position,
    sender: 'arqonbus',
    metadata: {}
  })
}

/** The answer to a command that succeeded. */
export function responseOf(frame: Received, data: object, message = 'done'): string {
  return JSON.stringify({
    id: 'arq_response',
    type: 'response',
    request_id: frame.id,
    status: 'success',
    payload: { message, data },
    sender: 'arqonbus'
  })
}

/** A message from another client. */
export function messageText(sequence: number): string {
  return JSON.stringify({
    id: `arq_m${sequence}`,
    type: 'message',
    version: '1.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    room: 'science',
    channel: 'general',
    sender: 'arq_client_2',
    payload: { n: sequence },
    metadata: {},
    sequence,
    epoch: 'e1'
  })
}

/** A client that is connected to a peer of its own, and does not come back when that connection is lost. */
export async function connectToPeer(t: TestContext, onFrame: NonNullable<PeerOptions['onFrame']>) {
  const peer = await startPeer(t, { onFrame })
  const bus = await connect(peer.wsUrl, { reconnect: false })
  const [socket] = peer.clients
  return { peer, bus, socket: socket!, stream: peer.streams[0]! }
}
