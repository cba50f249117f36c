import type { Socket } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { bodyOf, type Frame } from '../protocol/frame.ts'

/** What a transport tells its connection. Every call is synchronous and must not throw. */
export interface TransportListener {
  /** A whole text message. */
  text(message: string): void
  /** A whole binary message. */
  binary(): void
  /** Something that only shows that the peer is alive. `isPing` is true for a ping. */
  control(isPing: boolean): void
  /** The peer has taken everything that was written. */
  drained(): void
  /** The peer broke the rules of the transport, which closes by itself. */
  failed(): void
  /** Nothing comes or goes any more. Called once. */
  closed(code: number): void
}

/** The narrow way from a connection to its peer. A connection never learns what a WebSocket is. */
export interface Transport {
  /** Bytes written but not yet taken by the operating system. */
  readonly bufferedBytes: number
  /** False as soon as either side has begun to close: what is written then reaches nobody. */
  readonly isOpen: boolean
  /** Whether a part of a message has come and the rest has not. */
  readonly isReceiving: boolean
  /** Writes whole frames in order. */
  write(frames: readonly Frame[], bytes: number): void
  ping(): void
  /** Stops reading: messages stop coming, up to what is read already. */
  pause(): void
  resume(): void
  /** Starts the closing handshake. `reason` takes at most 123 bytes. */
  close(code: number, reason: string): void
  /** Ends at once, without a handshake. */
  terminate(): void
  listen(listener: TransportListener): void
}

/** Up to here several frames are copied into one buffer for one write; above, copying costs more than the extra bookkeeping. */
const COPY_BYTES = 65_536

interface Internals {
  readonly _socket: Socket | null
  readonly _sender: { readonly _bufferedBytes: number } | null
  readonly _receiver: { readonly _bufferedBytes: number; readonly _totalPayloadLength: number } | null
}

/**
 * The socket of a plain, uncompressed WebSocket, or undefined when frames must not be written past `ws`. Writing whole
 * frames to it is what makes one encoding per message and one system call per turn possible; it relies on members of `ws`
 * that are not documented, so `ws` is pinned and `test/src/bus/transport.test.ts` fails when an upgrade moves them.
 */
export function rawSocketOf(socket: WebSocket, isExtended = hasExtensions(socket)): Socket | undefined {
  const { _socket, _sender } = socket as unknown as Internals
  const isReady = !isExtended && socket.readyState === socket.OPEN && _sender?._bufferedBytes === 0
  return isReady && _socket?.writable ? _socket : undefined
}

/** Negotiated once, at the handshake; `ws` joins a text whenever it is asked. */
function hasExtensions(socket: WebSocket): boolean {
  return socket.extensions !== ''
}

/** Adapts an accepted WebSocket of the `ws` package. */
export function socketTransport(socket: WebSocket): Transport {
  return new SocketTransport(socket)
}

class SocketTransport implements Transport {
  readonly #socket: WebSocket
  readonly #isExtended: boolean

  constructor(socket: WebSocket) {
    this.#socket = socket
    this.#isExtended = hasExtensions(socket)
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  get isReceiving(): boolean {
    const { _receiver } = this.#socket as unknown as Internals
    return _receiver !== null && (_receiver._bufferedBytes > 0 || _receiver._totalPayloadLength > 0)
  }

  write(frames: readonly Frame[], bytes: number): void {
    const raw = rawSocketOf(this.#socket, this.#isExtended)
    if (raw === undefined) {
      for (const frame of frames) this.#socket.send(bodyOf(frame), { binary: false })
    } else if (frames.length === 1) raw.write(frames[0] as Frame)
    else if (bytes <= COPY_BYTES) raw.write(Buffer.concat(frames, bytes))
    else {
      raw.cork()
      for (const frame of frames) raw.write(frame)
      raw.uncork()
    }
  }

  ping(): void {
    this.#socket.ping()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  listen(listener: TransportListener): void {
    const socket = this.#socket
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) listener.binary()
      else listener.text((data as Buffer).toString())
    })
    socket.on('ping', () => listener.control(true))
    socket.on('pong', () => listener.control(false))
    socket.on('error', () => listener.failed())
    socket.on('close', code => listener.closed(code))
    const raw = (socket as unknown as Internals)._socket
    raw?.on('drain', () => listener.drained())
  }
}
