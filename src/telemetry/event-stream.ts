import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Feed } from './feed.ts'
import { eventKinds } from './kinds.ts'

/** What event streams are made of. */
export interface EventStreamsOptions {
  readonly feed: Pick<Feed, 'subscribe'>
  readonly clock: Clock
  /** Takes a place among all who watch. @throws {BusError} OVERLOADED */
  readonly take: () => { release(): void }
  /** Bytes that wait for one who watches. */
  readonly maxBytes: number
}

/** Who watches what. */
export interface StreamViewer {
  /** The tenant whose events are shown; undefined for one who sees all. */
  readonly tenant: string | undefined
  /** Kinds of events; all when undefined. */
  readonly events: ReadonlySet<string> | undefined
  /** When the stream ends because the token does, in milliseconds since the epoch. */
  readonly expiresAtMs: number | undefined
}

const HEARTBEAT_MS = 15_000
/** Time to read what is left once a stream has ended; after it the connection is cut. */
const END_GRACE_MS = 2_000
const RETRY_MS = 1_000
/** The longest delay that a timer takes. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Kinds of events from text with commas between them; undefined for all. @throws {BusError} VALIDATION_ERROR naming what is not known */
export function parseEventKinds(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined || text === '') return undefined
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !eventKinds.includes(name))
  if (unknown.length === 0) return new Set(names)
  const faults = [
    `events: unknown ${unknown
      .slice(0, 5)
      .map(name => name.slice(0, 64))
      .join(', ')}`
  ]
  throw new BusError('VALIDATION_ERROR', { faults: [...faults, `known are ${eventKinds.join(', ')}`] })
}

/** Streams of server-sent events to whoever watches over HTTP: one for each request, until either side ends it. */
export class EventStreams {
  readonly #options: EventStreamsOptions
  readonly #ends = new Set<() => void>()
  #isClosed = false

  constructor(options: EventStreamsOptions) {
    this.#options = options
  }

  /** How many are open. */
  get size(): number {
    return this.#ends.size
  }

  /**
   * Begins a stream on a response whose head is still to be written.
   * @throws {BusError} DRAINING once streams are closed; OVERLOADED, also when the response stands behind another one: then nothing
   * would tell that its connection is gone
   */
  open(response: ServerResponse, viewer: StreamViewer, headers: Readonly<Record<string, string>>): void {
    const { feed, clock, take, maxBytes } = this.#options
    if (this.#isClosed) throw new BusError('DRAINING')
    if (response.socket === null)
      throw new BusError('OVERLOADED', {
        message: 'An earlier request of the connection is not answered yet',
        retryAfterMs: RETRY_MS
      })
    const place = take()
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no'
    })
    response.write(':connected\n\n')
    const subscription = feed.subscribe({
      tenant: viewer.tenant,
      events: viewer.events,
      maxBytes,
      write: texts => response.write(texts.map(text => `data: ${text}\n\n`).join(''))
    })
    const timers: Timer[] = []
    const stop = () => {
      for (const timer of timers.splice(0)) timer.cancel()
      subscription.close()
    }
    const end = () => {
      stop()
      response.end()
      // Whoever does not read never gets to the end.
      timers.push(clock.after(END_GRACE_MS, () => response.destroy()))
    }
    timers.push(clock.every(HEARTBEAT_MS, () => void (response.writableNeedDrain || response.write(':\n\n'))))
    if (viewer.expiresAtMs !== undefined) {
      const leftMs = Math.min(MAX_DELAY_MS, Math.max(0, viewer.expiresAtMs - clock.now()))
      timers.push(clock.after(leftMs, end))
    }
    this.#ends.add(end)
    response.on('drain', () => subscription.drained())
    response.once('close', () => {
      stop()
      place.release()
      this.#ends.delete(end)
    })
  }

  /** Ends all streams; whoever watches comes back elsewhere. */
  close(): void {
    this.#isClosed = true
    for (const end of this.#ends) end()
  }
}
