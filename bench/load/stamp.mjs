// The stamp at the head of every payload text: '@@', publisher, counter and time of sending as decimal
// digits of fixed width, so that it can be written into a masked frame and read from raw bytes without JSON.

const marker = '@@'
const publisherDigits = 4
const counterDigits = 7
const timeDigits = 10
const counterAt = marker.length + publisherDigits
const timeAt = counterAt + counterDigits

/** Bytes of one stamp. */
export const stampBytes = timeAt + timeDigits

/** Microseconds since the process started, as they are stamped: from a `performance.now()` in milliseconds. */
export const microsOf = nowMs => Math.floor(nowMs * 1000)

/** The text of `bytes` characters that a publisher sends; counter and time are still zero. */
export function blankText(publisher, bytes) {
  const head = marker + String(publisher).padStart(publisherDigits, '0')
  return head.padEnd(stampBytes, '0').padEnd(bytes, 'x')
}

function writeDigits(out, at, width, value, mask, maskAt) {
  let rest = value
  for (let index = width - 1; index >= 0; index--) {
    const next = Math.floor(rest / 10)
    out[at + index] = (48 + (rest - next * 10)) ^ mask[(maskAt + index) & 3]
    rest = next
  }
}

/**
 * Writes counter and time into a masked frame.
 * `bodyAt` is where the frame's body begins in `out`, `stampAt` where the stamp begins in the body.
 */
export function writeStamp(out, bodyAt, stampAt, mask, counter, micros) {
  const at = bodyAt + stampAt
  writeDigits(out, at + counterAt, counterDigits, counter, mask, stampAt + counterAt)
  writeDigits(out, at + timeAt, timeDigits, micros, mask, stampAt + timeAt)
}

function readDigits(bytes, at, width) {
  let value = 0
  for (let index = at; index < at + width; index++) value = value * 10 + (bytes[index] - 48)
  return value
}

export const readPublisher = (bytes, at) => readDigits(bytes, at + marker.length, publisherDigits)
export const readCounter = (bytes, at) => readDigits(bytes, at + counterAt, counterDigits)
export const readMicros = (bytes, at) => readDigits(bytes, at + timeAt, timeDigits)

/** Finds stamps; remembers where the last one was, because frames of one server look alike. */
export class StampFinder {
  #offset = 0

  /** Where the stamp of the body `bytes[start, stop)` begins, or -1. */
  find(bytes, start, stop) {
    const guess = start + this.#offset
    if (guess + stampBytes <= stop && bytes[guess] === 64 && bytes[guess + 1] === 64) return guess
    const at = bytes.indexOf(marker, start, 'latin1')
    if (at < 0 || at + stampBytes > stop) return -1
    this.#offset = at - start
    return at
  }
}
