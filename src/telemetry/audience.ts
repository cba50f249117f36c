import type { Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import { type Peer, Session, type SessionContext, type Viewer } from './session.ts'

/** What an audience is made of. */
export interface AudienceOptions<Who extends Viewer> extends Omit<SessionContext<Who>, 'ended'> {
  /** Clients at the same time. */
  readonly maxClients: number
}

/** A place that is taken until it is given back. */
export interface Place {
  /** Safe to call more than once. */
  release(): void
}

const TICK_MS = 500
const RETRY_MS = 1000
const POLL_MS = 20

/** Every client of the telemetry socket: bounded in number, watched by one tick, sent away together. */
export class Audience<Who extends Viewer> {
  readonly #options: AudienceOptions<Who>
  readonly #context: SessionContext<Who>
  readonly #sessions = new Set<Session<Who>>()
  #placeCount = 0
  /** Runs only while there are clients. */
  #timer: Timer | undefined

  constructor(options: AudienceOptions<Who>) {
    this.#options = options
    this.#context = { ...options, ended: session => this.#remove(session) }
  }

  /** Clients whose socket is there. */
  get size(): number {
    return this.#sessions.size
  }

  /**
   * Takes a place for one client.
   * @throws {BusError} OVERLOADED when all are taken
   */
  take(): Place {
    if (this.#placeCount >= this.#options.maxClients) {
      throw new BusError('OVERLOADED', { message: 'Too many telemetry clients', retryAfterMs: RETRY_MS })
    }
    this.#placeCount++
    let isHeld = true
    return {
      release: () => {
        if (isHeld) this.#placeCount--
        isHeld = false
      }
    }
  }

  /** Begins to serve a client that was let in. */
  attach(who: Who, peer: Peer): Session<Who> {
    const { clock } = this.#options
    const session = new Session(who, peer, this.#context)
    this.#sessions.add(session)
    this.#timer ??= clock.every(TICK_MS, () => this.#tick())
    return session
  }

  /**
   * Sends everybody away with 1012 [limits.md P11]. Resolves when all are gone, at the latest after `timeoutMs`.
   * @param makeReason makes the reason of one client
   */
  async drain(timeoutMs: number, makeReason: () => string): Promise<void> {
    const { clock } = this.#options
    const endMs = clock.monotonic() + timeoutMs
    for (const session of this.#sessions) session.close(1012, makeReason())
    while (this.#sessions.size > 0 && clock.monotonic() < endMs) {
      await new Promise<void>(resolve => clock.after(POLL_MS, resolve))
    }
    this.close()
  }

  /** Cuts whoever is left. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const session of this.#sessions) session.terminate()
  }

  #tick(): void {
    const { clock } = this.#options
    const monotonicMs = clock.monotonic()
    const epochMs = clock.now()
    for (const session of this.#sessions) session.tick(monotonicMs, epochMs)
  }

  #remove(session: Session<Who>): void {
    this.#sessions.delete(session)
    if (this.#sessions.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
