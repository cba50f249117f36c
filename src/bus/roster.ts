import type { Identity } from '../auth/identity.ts'
import type { Clock, Timer } from '../clock.ts'
import { closeTable } from '../errors.ts'
import type { Log } from '../log.ts'
import { Counts } from '../structures/counts.ts'
import { Signal } from '../structures/signal.ts'
import {
  Connection,
  type ConnectionContext,
  type ConnectionEvents,
  type ConnectionLimits,
  ratesOf
} from './connection.ts'
import type { Engine } from './draft.ts'
import { drainConnections, sendAway } from './drain.ts'
import type { BusEvents } from './events.ts'
import { isIncident, tellIncident } from './incidents.ts'
import { type Defer, Flusher, OutboundLedger } from './outbox.ts'
import type { Transport } from './transport.ts'

/** Bounds on all connections together [limits.md, Limits]. */
export interface RosterLimits extends ConnectionLimits {
  readonly maxOutboundTotalBytes: number
  /** An event loop that is held up for longer counts as over pressure. */
  readonly maxEventLoopDelayMs: number
  readonly drainTimeoutMs: number
  /** Upper bound of the jittered delay that clients are told when the server drains. */
  readonly drainRetryMs: number
}

/** What a roster is made of. */
export interface RosterOptions extends Pick<Engine, 'incidents'> {
  readonly clock: Clock
  readonly log: Log
  readonly events: BusEvents
  readonly limits: RosterLimits
  /** Runs something at the end of the turn of the event loop. */
  readonly defer: Defer
  /** A number in [0, 1). */
  readonly random: () => number
  /** Where what connections receive is worked on. */
  readonly receive: Pick<ConnectionEvents, 'frame' | 'refused' | 'binary'>
}

const TICK_MS = 500
/** How RFC 6455 calls ends that are not in the table: gone away, no code, no close frame. */
const ends: ReadonlySet<number> = new Set([1001, 1005, 1006])

/** Every connection from its first to its last byte: watched by one tick, bounded together, drained together. */
export class Roster {
  /** A connection takes part no more: nothing can be written to it, and its memberships end. */
  readonly left = new Signal<[connection: Connection]>()
  /** Slow consumers disconnected since the start. */
  slowConsumerCount = 0
  /** Connections that ended, by close code; what only a peer can have made up counts as `other`. */
  readonly closes = new Counts<string>()

  readonly #options: RosterOptions
  readonly #context: ConnectionContext
  readonly #ledger: OutboundLedger
  /** Every connection whose transport still exists, also those that take part no more. */
  readonly #connections = new Set<Connection>()
  /** Connections that take part no more and that nobody was told of yet. */
  readonly #leaving: Connection[] = []
  #timer: Timer | undefined
  #isDraining = false
  /** When the next tick is due, and how late the last one came. */
  #tickDueMs = Number.POSITIVE_INFINITY
  #loopDelayMs = 0

  constructor(options: RosterOptions) {
    const { clock, limits, defer, random, receive } = options
    this.#options = options
    this.#ledger = new OutboundLedger(limits.maxOutboundTotalBytes, () => this.#relieve(), defer)
    this.#context = {
      clock,
      limits,
      rates: ratesOf(limits),
      flusher: new Flusher(defer),
      ledger: this.#ledger,
      random,
      events: {
        ...receive,
        left: (connection, code) => this.#detach(connection, code),
        ended: connection => this.#connections.delete(connection)
      }
    }
  }

  /** Bytes that wait in all sockets. */
  get outboundBytes(): number {
    return this.#ledger.bytes
  }

  /** How late the last tick came, in milliseconds: what held up the event loop. */
  get loopDelayMs(): number {
    return this.#loopDelayMs
  }

  /** Whether no more work should be sent here: something held up the event loop for too long, lately. */
  get isUnderPressure(): boolean {
    return this.#loopDelayMs > this.#options.limits.maxEventLoopDelayMs
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Starts what depends on time. */
  start(): void {
    this.#timer = this.#options.clock.every(TICK_MS, () => this.#tick())
  }

  /** Makes a connection of a transport. */
  add(id: string, identity: Identity, transport: Transport): Connection {
    const { log, events } = this.#options
    const { tenant, clientType } = identity
    const connection = new Connection(id, identity, transport, this.#context)
    this.#connections.add(connection)
    log.debug({ client: id, tenant, clientType }, 'client connected')
    events.emit({
      type: 'client_connected',
      severity: 'info',
      tenant,
      clientId: id,
      payload: { client_type: clientType }
    })
    return connection
  }

  /** Tells a client that came while the server drains to come back. */
  sendAway(connection: Connection): void {
    sendAway(connection, this.#options)
  }

  /** Ends all connections in good order [limits.md P11]. Resolves when all are gone, at the latest after the drain time. */
  async drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    await drainConnections(this.#connections, this.#options)
  }

  /** Stops the tick and cuts whatever is left. */
  close(): void {
    this.#timer?.cancel()
    for (const connection of this.#connections) connection.terminate()
  }

  #detach(connection: Connection, code: number): void {
    const { log, events, incidents } = this.#options
    const { tenant } = connection.identity
    const about = { tenant, clientId: connection.id }
    log.debug({ client: connection.id, code }, 'client left')
    this.closes.add(Object.hasOwn(closeTable, code) || ends.has(code) ? String(code) : 'other')
    if (isIncident(code)) tellIncident(incidents, connection, { kind: 'connection', code: String(code) })
    if (code === 4428) {
      this.slowConsumerCount++
      events.emit({ type: 'slow_consumer', severity: 'warning', ...about, payload: { sent: connection.sentCount } })
    }
    events.emit({ type: 'client_disconnected', severity: 'info', ...about, payload: { code } })
    // Telling others who left may be too much for some of them: one after the other, or thousands of calls end up in each other.
    if (this.#leaving.push(connection) > 1) return
    try {
      for (const next of this.#leaving) this.left.emit(next)
    } finally {
      this.#leaving.length = 0
    }
  }

  #tick(): void {
    const { clock } = this.#options
    const monotonicMs = clock.monotonic()
    const epochMs = clock.now()
    this.#loopDelayMs = Math.max(0, monotonicMs - this.#tickDueMs)
    this.#tickDueMs = monotonicMs + TICK_MS
    for (const connection of this.#connections) connection.tick(monotonicMs, epochMs)
  }

  /** Closes the connections with the most unsent bytes until the sum is within its bound. */
  #relieve(): void {
    const largest = [...this.#connections].sort((a, b) => b.unsentBytes - a.unsentBytes)
    let excess = this.#ledger.bytes - this.#options.limits.maxOutboundTotalBytes
    for (const connection of largest) {
      if (excess <= 0) return
      excess -= connection.unsentBytes
      connection.close(4428)
    }
  }
}
