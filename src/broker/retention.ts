import type { Publication, Stamped } from '../protocol/message.ts'

/** What stands behind the text of a message in memory: objects, short strings, the slots that point at it. Measured, rounded up. */
const MESSAGE_OVERHEAD_BYTES = 640

/**
 * What a stored message is counted as, in bytes: a constant and one byte per UTF-16 unit of payload and metadata. This is what
 * V8 takes for text within Latin-1 and half of what it takes for other text; measuring exactly would cost a pass over every message.
 */
export function sizeOf(message: Stamped): number {
  return MESSAGE_OVERHEAD_BYTES + message.payload.length + message.metadata.length
}

/** Where stored messages are held, oldest at the front. */
export interface Holder {
  /** Drops the oldest message, with a call of {@link Retention.remove}. */
  dropOldest(): void
}

/** One stored message, linked with those of all channels in the order of arrival. */
export class Entry {
  readonly sequence: number
  readonly text: string
  readonly timestampMs: number
  readonly holder: Holder
  readonly bytes: number
  /** Monotonic time of arrival. */
  readonly storedMs: number
  older: Entry | undefined
  newer: Entry | undefined

  constructor({ sequence, text, message }: Publication, holder: Holder, storedMs: number) {
    this.sequence = sequence
    this.text = text
    this.timestampMs = message.timestampMs
    this.holder = holder
    this.bytes = sizeOf(message)
    this.storedMs = storedMs
  }
}

/**
 * What all channels together may hold, in bytes and in age [limits.md, history per process]. The chain through all messages
 * makes "the oldest of the process" one pointer: nothing is ever searched for, whatever the number of channels.
 */
export class Retention {
  readonly #maxBytes: number
  readonly #maxAgeMs: number
  #oldest: Entry | undefined
  #newest: Entry | undefined
  #bytes = 0
  #count = 0

  constructor(maxBytes: number, maxAgeMs: number) {
    this.#maxBytes = maxBytes
    this.#maxAgeMs = maxAgeMs
  }

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#count
  }

  /** Takes a message that its holder holds already, then drops the oldest of the process while there is too much. */
  add(entry: Entry): void {
    entry.older = this.#newest
    if (this.#newest === undefined) this.#oldest = entry
    else this.#newest.newer = entry
    this.#newest = entry
    this.#bytes += entry.bytes
    this.#count++
    while (this.#bytes > this.#maxBytes) this.#oldest?.holder.dropOldest()
  }

  /** Gives up a message that its holder has dropped. */
  remove(entry: Entry): void {
    const { older, newer } = entry
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    // A dead entry that points at living ones would make the collector keep them longer than it has to.
    entry.older = undefined
    entry.newer = undefined
    this.#bytes -= entry.bytes
    this.#count--
  }

  /** Drops what is too old at a monotonic time. */
  expire(nowMs: number): void {
    while (this.#oldest !== undefined && nowMs - this.#oldest.storedMs > this.#maxAgeMs)
      this.#oldest.holder.dropOldest()
  }
}
