import { randomBytes } from 'node:crypto'

/** What a WebSocket frame says of itself. Every field can be made to break RFC 6455. */
export interface FrameShape {
  /** Default 1, text. */
  readonly opcode?: number
  /** Text goes as UTF-8. */
  readonly payload?: string | Buffer
  /** Default true. */
  readonly isFinal?: boolean
  /** Default true, as a client's frames have to be. */
  readonly isMasked?: boolean
  /** The three reserved bits, 0 to 7; default 0. */
  readonly reserved?: number
  /** What the header claims; default the length of the payload. */
  readonly length?: number | bigint
}

/** Names of opcodes. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const MAX_SHORT = 125
const MAX_MEDIUM = 0xffff

/** One frame as it goes over the wire. */
export function rawFrame(shape: FrameShape = {}): Buffer {
  const { opcode = opcodes.text, payload = '', isFinal = true, isMasked = true, reserved = 0 } = shape
  const body = Buffer.from(payload)
  const length = BigInt(shape.length ?? body.length)
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode
  const maskBit = isMasked ? 0x80 : 0
  if (!isMasked) return Buffer.concat([headerOf(first, maskBit, length), body])
  const mask = randomBytes(4)
  const masked = Buffer.from(body)
  for (let at = 0; at < masked.length; at++) masked[at]! ^= mask[at % 4]!
  return Buffer.concat([headerOf(first, maskBit, length), mask, masked])
}

/** A text message cut into so many frames. */
export function fragmentsOf(text: string, count: number): Buffer {
  const bytes = Buffer.from(text)
  const size = Math.ceil(bytes.length / count)
  const frames = Array.from({ length: count }, (_, index) =>
    rawFrame({
      opcode: index === 0 ? opcodes.text : opcodes.continuation,
      isFinal: index === count - 1,
      payload: bytes.subarray(index * size, (index + 1) * size)
    })
  )
  return Buffer.concat(frames)
}

/** A close frame with a code. */
export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  return rawFrame({ opcode: opcodes.close, payload })
}

/** A frame that came from the server. */
export interface ReceivedFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** Reads unmasked, unfragmented frames out of a stream of bytes. */
export class FrameReader {
  #pending = Buffer.alloc(0)

  /** Takes more bytes and returns the frames that are complete now. */
  read(bytes: Buffer): ReceivedFrame[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const frames: ReceivedFrame[] = []
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame)
    return frames
  }

  #take(): ReceivedFrame | undefined {
    const bytes = this.#pending
    if (bytes.length < 2) return undefined
    const marker = bytes[1]!
    const start = marker === 127 ? 10 : marker === 126 ? 4 : 2
    if (bytes.length < start) return undefined
    const length = marker === 127 ? Number(bytes.readBigUInt64BE(2)) : marker === 126 ? bytes.readUInt16BE(2) : marker
    if (bytes.length < start + length) return undefined
    this.#pending = bytes.subarray(start + length)
    return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(start, start + length) }
  }
}

function headerOf(first: number, maskBit: number, length: bigint): Buffer {
  if (length <= MAX_SHORT) return Buffer.from([first, maskBit | Number(length)])
  if (length <= MAX_MEDIUM) {
    const header = Buffer.from([first, maskBit | 126, 0, 0])
    header.writeUInt16BE(Number(length), 2)
    return header
  }
  const header = Buffer.from([first, maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0])
  header.writeBigUInt64BE(length, 2)
  return header
}
