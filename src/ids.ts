import type { Clock } from './clock.ts'

/** So many random bytes are drawn at a time: a draw takes as long as hundreds of ids. */
const POOL_BYTES = 4096

/** Fills a fresh array with `size` random bytes. */
export type RandomBytes = (size: number) => Uint8Array

/** Makers of the identifiers that the server gives out. All are unique, sortable by time, and safe in JSON unescaped. */
export interface Ids {
  /** `arq_` + UUIDv7. */
  message(): string
  /** `arq_client_` + UUIDv7 without dashes. */
  client(): string
  /** Twelve hexadecimal digits, for a node, an epoch or the reference of a logged error. */
  short(): string
}

const COUNTER_LIMIT = 0x1000
const counterHex = Array.from({ length: COUNTER_LIMIT }, (_, value) => value.toString(16).padStart(3, '0'))

/**
 * UUIDv7 (RFC 9562, method 1): 48 bits of milliseconds, a 12-bit counter, 62 random bits drawn once per millisecond.
 * One string concatenation per id: an id is made for every message that comes without one.
 * When the counter overflows, or the clock steps back, the timestamp runs ahead instead, so ids never repeat or go down.
 */
export function createIds(clock: Clock, randomBytes: RandomBytes): Ids {
  let lastMs = -1
  let counter = 0
  let head = ''
  let tail = ''
  let pool = Buffer.alloc(0)
  let used = 0

  function hex(size: number): string {
    if (used + size > pool.length) {
      pool = Buffer.from(randomBytes(POOL_BYTES))
      used = 0
    }
    used += size
    return pool.toString('hex', used - size, used)
  }

  function turn(epochMs: number): void {
    lastMs = epochMs
    counter = 0
    const stamp = epochMs.toString(16).padStart(12, '0')
    head = `${stamp.slice(0, 8)}-${stamp.slice(8)}-7`
    const random = hex(8)
    const variant = (8 | (Number.parseInt(random.charAt(0), 16) & 3)).toString(16)
    tail = `-${variant}${random.slice(1, 4)}-${random.slice(4)}`
  }

  function uuid(): string {
    const now = clock.now()
    if (now > lastMs) turn(now)
    else if (++counter === COUNTER_LIMIT) turn(lastMs + 1)
    return head + counterHex[counter] + tail
  }

  return {
    message: () => `arq_${uuid()}`,
    client: () => `arq_client_${uuid().replaceAll('-', '')}`,
    short: () => hex(6)
  }
}
