import type { Frame } from '../protocol/frame.ts'

/** Whoever has frames waiting for the end of the turn. */
export interface Flushable {
  flush(): void
}

const NOTHING: readonly Frame[] = Object.freeze([])

/** Runs something soon, after the present turn of the event loop. */
export type Defer = (run: () => void) => void

/**
 * Flushes everything that was written during one turn of the event loop at its end: however many messages a connection is
 * sent in a turn, they cost one system call [performance.md]. The busier the server, the larger the batches.
 */
export class Flusher {
  #dirty: Flushable[] = []
  readonly #defer: Defer

  constructor(defer: Defer) {
    this.#defer = defer
  }

  /** Has the object flushed at the end of the turn. The caller makes sure that it adds itself once per flush. */
  add(flushable: Flushable): void {
    if (this.#dirty.push(flushable) === 1) this.#defer(() => this.flush())
  }

  /** Flushes now. */
  flush(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const flushable of dirty) flushable.flush()
  }
}

/** What all connections together have not been able to send, in bytes, and the bound on it. */
export class OutboundLedger {
  bytes = 0
  readonly #maxBytes: number
  readonly #relieve: () => void
  readonly #defer: Defer
  #isRelieving = false

  /**
   * @param relieve called at the end of a turn in which the sum passed the bound, and once only: looking for the largest queues
   * means looking at all
   */
  constructor(maxBytes: number, relieve: () => void, defer: Defer) {
    this.#maxBytes = maxBytes
    this.#relieve = relieve
    this.#defer = defer
  }

  /** Adds a change of one connection's unsent bytes. */
  add(bytes: number): void {
    this.bytes += bytes
    if (bytes <= 0 || this.bytes <= this.#maxBytes || this.#isRelieving) return
    this.#isRelieving = true
    this.#defer(() => {
      this.#isRelieving = false
      if (this.bytes > this.#maxBytes) this.#relieve()
    })
  }
}

/**
 * When bytes handed to the system go nowhere: remembers one moment and how much had been written by then. Whatever of that
 * is still unsent later is at least so old.
 */
export class Stall {
  #bytes = 0
  #sinceMs: number | undefined

  /**
   * Notes the state of the connection.
   * @param writtenBytes everything ever written
   * @param bufferedBytes the part of it that the system has not taken
   * @returns age in milliseconds of the oldest unsent byte, at least; 0 when all is sent
   */
  ageMs(writtenBytes: number, bufferedBytes: number, nowMs: number): number {
    if (bufferedBytes === 0) {
      this.#sinceMs = undefined
      return 0
    }
    if (this.#sinceMs === undefined || writtenBytes - bufferedBytes >= this.#bytes) {
      this.#bytes = writtenBytes
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }
}

/**
 * Frames that wait for the end of the turn. Their list is made for the first of them and does not outlive the turn: one that
 * stayed with its connection would be moved to where the garbage collector seldom looks, and keep what it once held from being freed.
 */
export class Outbox {
  #frames: Frame[] | undefined
  bytes = 0

  push(frame: Frame): void {
    if (this.#frames === undefined) this.#frames = [frame]
    else this.#frames.push(frame)
    this.bytes += frame.length
  }

  /** Empties the box. */
  take(): readonly Frame[] {
    const frames = this.#frames ?? NOTHING
    this.#frames = undefined
    this.bytes = 0
    return frames
  }
}
