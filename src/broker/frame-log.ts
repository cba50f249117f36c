import { encodeFrame, type Frame } from '../protocol/frame.ts'

const LEAST_PAGE_BYTES = 1_024
const MOST_PAGE_BYTES = 32_768
/** What takes more than this part of a page gets memory of its own, so that at most as much of a page stays unused. */
const LARGE_PART = 1 / 4

/**
 * The frames of one channel, one behind the other in pages of memory. What is kept for long costs a collector of garbage most when
 * it is many small objects: pages are few, and lie outside of its heap. A page goes when the last frame in it is let go.
 */
export class FrameLog {
  #page = Buffer.alloc(0)
  #used = 0

  /** Encodes a text behind what was written before. */
  write(text: string): Frame {
    return encodeFrame(text, this.#allocate)
  }

  /** Copies a frame behind what was written before. */
  keep(frame: Frame): Frame {
    const kept = this.#allocate(frame.length)
    kept.set(frame)
    return kept
  }

  readonly #allocate = (bytes: number): Buffer => {
    if (bytes > this.#page.length - this.#used) {
      if (bytes > MOST_PAGE_BYTES * LARGE_PART) return Buffer.allocUnsafeSlow(bytes)
      this.#page = Buffer.allocUnsafeSlow(sizeOfPage(this.#page.length, bytes))
      this.#used = 0
    }
    const start = this.#used
    this.#used += bytes
    return this.#page.subarray(start, this.#used)
  }
}

/** Pages double up to a bound: a channel of few messages takes little, a busy one few pages. */
function sizeOfPage(previousBytes: number, neededBytes: number): number {
  const doubled = Math.min(MOST_PAGE_BYTES, previousBytes * 2)
  return Math.max(LEAST_PAGE_BYTES, doubled, neededBytes)
}
