import { type Frame, textOf } from '../protocol/frame.ts'
import type { Stamped } from '../protocol/message.ts'
import type { Publication } from '../protocol/publication.ts'
import { reviveMessage, type StoredAt } from '../protocol/revive.ts'

/** What stands beside the frame of a message in memory: an object, the slots that point at it, what pages leave unused. Measured, rounded up. */
const MESSAGE_OVERHEAD_BYTES = 256

/** What a stored message is counted as, in bytes: its frame and a constant. */
export function sizeOf(frame: Frame): number {
  return MESSAGE_OVERHEAD_BYTES + frame.length
}

/** Where stored messages are held, oldest at the front. */
export interface Holder {
  /** Drops the oldest message, with a call of {@link Retention.remove}. */
  dropOldest(): void
}

/** One stored message, linked with those of all channels in the order of arrival. */
export class Entry {
  readonly sequence: number
  readonly timestampMs: number
  readonly holder: Holder
  /** Monotonic time of arrival. */
  readonly storedMs: number
  older: Entry | undefined
  newer: Entry | undefined
  // Not the frame itself: a view of memory is a larger object than all of this.
  readonly #memory: ArrayBufferLike
  readonly #start: number
  readonly #length: number

  /** @param frame that of the publication, in memory that holds nothing but what the holder keeps */
  constructor({ sequence, timestampMs }: Publication, frame: Frame, holder: Holder, storedMs: number) {
    this.sequence = sequence
    this.timestampMs = timestampMs
    this.holder = holder
    this.storedMs = storedMs
    this.#memory = frame.buffer
    this.#start = frame.byteOffset
    this.#length = frame.length
  }

  get frame(): Frame {
    return Buffer.from(this.#memory, this.#start, this.#length)
  }

  /** What it is counted as, see {@link sizeOf}. */
  get bytes(): number {
    return MESSAGE_OVERHEAD_BYTES + this.#length
  }
}

/** What stands behind an entry again. Its message is read from the frame when somebody looks at it: most readers want the frame. */
export function publicationOf(entry: Entry, epoch: string, place: StoredAt): Publication {
  const { sequence, timestampMs, frame } = entry
  let message: Stamped | undefined
  return {
    sequence,
    epoch,
    timestampMs,
    get message() {
      message ??= reviveMessage(textOf(frame), place)
      return message
    },
    frame
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
