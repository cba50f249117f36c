/** A whole WebSocket frame as it goes over the wire: unmasked, final, one message. Shared by all receivers, never changed. */
export type Frame = Buffer

const TEXT = 0x81
const SHORT = 125
const MEDIUM = 0xffff

/** Encodes a text message into one frame. */
export function frameOf(text: string): Frame {
  return encodeFrame(text, Buffer.allocUnsafe)
}

/** The same, in memory from elsewhere: `allocate` is called once, with the bytes of the frame. */
export function encodeFrame(text: string, allocate: (bytes: number) => Buffer): Frame {
  const length = Buffer.byteLength(text)
  const header = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10
  const frame = allocate(header + length)
  frame[0] = TEXT
  if (header === 2) frame[1] = length
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, header)
  return frame
}

/** The message inside a frame made by {@link frameOf}. */
export function bodyOf(frame: Frame): Buffer {
  const marker = frame[1] ?? 0
  return frame.subarray(marker === 127 ? 10 : marker === 126 ? 4 : 2)
}

/** The text of the message inside a frame made by {@link frameOf}. */
export function textOf(frame: Frame): string {
  return bodyOf(frame).toString()
}
