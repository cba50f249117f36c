import { BusClientError } from './error.ts'
import type { HttpAnswer } from './refusal.ts'

/** What the events of a socket carry, each only some of it. */
export interface SocketEvent {
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly error?: unknown
}

/** The part of a WebSocket that the client uses: a browser's own fits, and that of the `ws` package. */
export interface ClientSocket {
  readonly readyState: number
  readonly bufferedAmount: number
  send(text: string): void
  close(code?: number): void
  /** Ends the connection without a closing handshake; browsers have no such thing. */
  terminate?(): void
  addEventListener(type: 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void
}

/** Makes a {@link ClientSocket}. The third argument is understood by the `ws` package only. */
export type SocketConstructor = new (
  url: string,
  protocols?: string[],
  options?: { headers: Record<string, string> }
) => ClientSocket

/** How a socket is opened. */
export interface SocketOptions {
  readonly WebSocket?: SocketConstructor | undefined
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** `readyState` of a socket that can send. */
export const OPEN = 1

/**
 * Starts to open a socket: the given kind, else the runtime's own, else that of the `ws` package. A token travels in the
 * `Authorization` header where the socket can send one (`ws`), else as a subprotocol [protocol.md, Connect].
 * @throws BusClientError VALIDATION_ERROR when the socket cannot be made this way
 */
export async function openSocket(url: URL, options: SocketOptions): Promise<ClientSocket> {
  const WebSocket = options.WebSocket ?? ownWebSocket() ?? (await import('ws')).WebSocket
  const { token } = options
  try {
    if (sendsHeaders(WebSocket)) {
      const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      return new WebSocket(url.href, [], { headers: { ...options.headers, ...authorization } })
    }
    if (options.headers !== undefined) throw new TypeError('headers need the WebSocket of the ws package')
    return new WebSocket(url.href, token === undefined ? [] : ['arqonbus.v1', `bearer.${token}`])
  } catch (cause) {
    throw new BusClientError('VALIDATION_ERROR', `cannot open ${placeOf(url)}: ${sentenceOf(cause, token)}`, { cause })
  }
}

/** Calls the listener with the HTTP answer given instead of an upgrade. Only the `ws` package tells of it. */
export function onRefusal(socket: ClientSocket, listener: (answer: HttpAnswer) => void): void {
  if (!isEmitter(socket)) return
  socket.on('unexpected-response', (_request, answer) => listener(answer))
}

/** Ends a connection at once where that is possible, else by the closing handshake. */
export function dropSocket(socket: ClientSocket): void {
  if (socket.terminate) socket.terminate()
  else socket.close()
}

/** The URL as it may be shown: without query and credentials, which may hold a token. */
export function placeOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
}

interface Emitter {
  on(event: 'unexpected-response', listener: (request: unknown, answer: HttpAnswer) => void): void
}

function ownWebSocket(): SocketConstructor | undefined {
  return (globalThis as { readonly WebSocket?: SocketConstructor }).WebSocket
}

function sendsHeaders(WebSocket: SocketConstructor): boolean {
  return isEmitter(WebSocket.prototype)
}

function isEmitter(socket: object): socket is Emitter {
  return 'on' in socket && typeof socket.on === 'function'
}

function sentenceOf(cause: unknown, token: string | undefined): string {
  const sentence = cause instanceof Error ? cause.message : String(cause)
  return token === undefined ? sentence : sentence.replaceAll(token, '…')
}
