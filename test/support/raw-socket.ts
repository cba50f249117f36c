import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import type { ServerFrame } from '../helper.ts'
import { closeFrame, FrameReader, type FrameShape, opcodes, type ReceivedFrame, rawFrame } from './raw-frame.ts'
import { until } from './until.ts'

/** An HTTP answer, as far as tests look at it. */
export interface RawResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** How a connection ended: 1006 when the peer sent no close frame. */
export interface RawClosure {
  readonly code: number
  readonly reason: string
}

/** How to ask for a WebSocket. */
export interface UpgradeOptions {
  readonly path?: string
  /** Replace or add to the usual headers; an empty text leaves the header out. */
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that go out in the same write as the request. */
  readonly followedBy?: Buffer
  /** Never answers a ping or a close frame. */
  readonly isMute?: boolean
}

const usualHeaders = {
  Host: '127.0.0.1',
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='
}

/** A TCP connection that can send any bytes, and that understands what a WebSocket server answers. */
export class RawSocket {
  /** Every text frame of the server, parsed. */
  readonly frames: ServerFrame[] = []
  /** How many pings came. */
  pingCount = 0
  /** Resolves when the TCP connection is gone. */
  readonly closed: Promise<RawClosure>
  readonly tcp: Socket
  isMute = false
  #head = Buffer.alloc(0)
  #response: RawResponse | undefined
  #reader: FrameReader | undefined
  #closure: RawClosure | undefined
  #isClosed = false

  private constructor(tcp: Socket) {
    this.tcp = tcp
    tcp.on('data', bytes => this.#receive(bytes))
    tcp.on('error', () => {})
    this.closed = new Promise(resolve => {
      tcp.once('close', () => {
        this.#isClosed = true
        resolve(this.#closure ?? { code: 1006, reason: '' })
      })
    })
  }

  /** Connects without a word; the connection ends with the test. */
  static async dial(t: TestContext, port: number): Promise<RawSocket> {
    const tcp = connect({ port, host: '127.0.0.1' })
    tcp.setNoDelay(true)
    t.after(() => tcp.destroy())
    const raw = new RawSocket(tcp)
    await once(tcp, 'connect')
    return raw
  }

  /** Connects and asks for a WebSocket; resolves with the connection whatever the answer is. */
  static async upgrade(t: TestContext, port: number, options: UpgradeOptions = {}): Promise<RawSocket> {
    const raw = await RawSocket.dial(t, port)
    raw.isMute = options.isMute ?? false
    raw.write(Buffer.concat([upgradeRequest(options), options.followedBy ?? Buffer.alloc(0)]))
    return raw
  }

  /** Connects, is let in and takes the welcome. */
  static async open(t: TestContext, port: number, options: UpgradeOptions = {}): Promise<RawSocket> {
    const raw = await RawSocket.upgrade(t, port, options)
    await raw.next(frame => frame.payload?.welcome !== undefined)
    return raw
  }

  /** Own client id, from the welcome. */
  get id(): string {
    return this.frames[0]?.payload.client_id
  }

  /** Whether the TCP connection is gone. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Sends bytes as they are; resolves when the system has taken them or the connection is gone. */
  write(bytes: string | Buffer): Promise<void> {
    return new Promise(resolve => {
      this.tcp.write(bytes, () => resolve())
    })
  }

  /** Sends one frame. */
  send(shape: FrameShape): void {
    this.write(rawFrame(shape))
  }

  /** Sends one sound text frame. */
  json(value: object): void {
    this.send({ payload: JSON.stringify(value) })
  }

  /** The answer to the request, once it is complete. */
  async response(): Promise<RawResponse> {
    await until('the server answered', () => this.#response !== undefined || this.#isClosed)
    if (this.#response === undefined) throw new Error('closed without an answer')
    return this.#response
  }

  /** The first frame that matches, from all that came or will come. */
  async next(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    let found: ServerFrame | undefined
    await until('such a frame came', () => {
      found = this.frames.find(matches)
      return found !== undefined || this.#isClosed
    })
    if (found === undefined) throw new Error(`closed without such a frame: ${JSON.stringify(this.#closure)}`)
    return found
  }

  /** Waits until everything sent so far has been worked on. */
  async settle(): Promise<void> {
    const id = `arq_settle.${settleCount++}`
    this.json({ type: 'ping', id })
    await this.next(frame => frame.request_id === id)
  }

  /** After its end a socket writes nothing any more, but still reads. */
  get #answers(): boolean {
    return !this.isMute && this.tcp.writable
  }

  #receive(bytes: Buffer): void {
    if (this.#reader) {
      for (const frame of this.#reader.read(bytes)) this.#take(frame)
      return
    }
    this.#head = Buffer.concat([this.#head, bytes])
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return
    const response = parseHead(this.#head.toString('latin1', 0, end))
    const rest = this.#head.subarray(end + 4)
    if (response.status === 101) {
      this.#response = response
      this.#reader = new FrameReader()
      this.#receive(rest)
    } else if (rest.length >= Number(response.headers.get('content-length') ?? 0)) {
      this.#response = { ...response, body: rest.toString() }
    }
  }

  #take({ opcode, payload }: ReceivedFrame): void {
    if (opcode === opcodes.text) this.frames.push(JSON.parse(payload.toString()))
    else if (opcode === opcodes.ping) {
      this.pingCount++
      if (this.#answers) this.send({ opcode: opcodes.pong, payload })
    } else if (opcode === opcodes.close) {
      const code = payload.length >= 2 ? payload.readUInt16BE() : 1005
      this.#closure = { code, reason: payload.toString('utf8', 2) }
      if (this.#answers) this.tcp.end(closeFrame(1000))
    }
  }
}

let settleCount = 0

/** The bytes of a request for a WebSocket. */
export function upgradeRequest({ path = '/ws', headers = {} }: UpgradeOptions = {}): Buffer {
  const lines = Object.entries({ ...usualHeaders, ...headers })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function parseHead(text: string): RawResponse {
  const [first = '', ...lines] = text.split('\r\n')
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    })
  )
  return { status: Number(first.split(' ')[1]), headers, body: '' }
}
