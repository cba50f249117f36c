import { randomBytes } from 'node:crypto'
import { microsOf, writeStamp } from './stamp.mjs'

/** The opcodes of RFC 6455 that appear here. */
export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 }

// A zero mask would spare the server the unmasking, which no real client does.
const drawMask = () => randomBytes(4).map(byte => byte | 1)

/** One masked client frame around `body` (up to 65,535 bytes). */
export function maskedFrame(opcode, body, mask = drawMask()) {
  const isShort = body.length < 126
  const bodyAt = isShort ? 6 : 8
  const frame = Buffer.allocUnsafe(bodyAt + body.length)
  frame[0] = 0x80 | opcode
  frame[1] = 0x80 | (isShort ? body.length : 126)
  if (!isShort) frame.writeUInt16BE(body.length, 2)
  mask.copy(frame, bodyAt - 4)
  for (let index = 0; index < body.length; index++) frame[bodyAt + index] = body[index] ^ mask[index & 3]
  return frame
}

/** A publisher's frame, masked once; each copy differs from it in the stamp only. */
export class FrameTemplate {
  #frame
  #bodyAt
  #mask = drawMask()
  #stampAt

  /** `json` is the whole message and `text` the payload text inside it, which begins with a blank stamp. */
  constructor(json, text) {
    const body = Buffer.from(json)
    this.#stampAt = body.indexOf(text)
    this.#frame = maskedFrame(opcodes.text, body, this.#mask)
    this.#bodyAt = this.#frame.length - body.length
  }

  /** The bytes of `count` messages that carry the counters from `firstCounter` on and the time of now. */
  stamped(firstCounter, count) {
    const { length } = this.#frame
    const out = Buffer.allocUnsafe(length * count)
    const micros = microsOf(performance.now())
    for (let index = 0; index < count; index++) {
      this.#frame.copy(out, index * length)
      writeStamp(out, index * length + this.#bodyAt, this.#stampAt, this.#mask, firstCounter + index, micros)
    }
    return out
  }
}
