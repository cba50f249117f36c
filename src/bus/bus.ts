import type { Identity } from '../auth/identity.ts'
import type { Broker } from '../broker/broker.ts'
import type { Timer } from '../clock.ts'
import { BusError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createDecoder } from '../protocol/codec.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { JsonBounds } from '../protocol/json.ts'
import type { RoutedType } from '../protocol/message.ts'
import { welcomeText } from '../protocol/replies.ts'
import type { Registry } from '../rooms/registry.ts'
import { type ChannelLimits, Channels } from './channels.ts'
import { CommandTable } from './command-table.ts'
import { Connection, type ConnectionContext, type ConnectionLimits, ratesOf } from './connection.ts'
import { type Answer, Draft, type Engine, type Source } from './draft.ts'
import { drainConnections, sendAway } from './drain.ts'
import { Hub } from './hub.ts'
import { type Defer, Flusher, OutboundLedger } from './outbox.ts'
import { runStages } from './pipeline.ts'
import { Receiver } from './receive.ts'
import { Tallies, type Tally } from './tally.ts'
import type { Transport } from './transport.ts'

/** Bounds that the bus enforces itself [limits.md, Limits]. */
export interface BusLimits extends ConnectionLimits, ChannelLimits {
  readonly json: JsonBounds
  readonly maxOutboundTotalBytes: number
  /** An event loop that is held up for longer counts as over pressure. */
  readonly maxEventLoopDelayMs: number
  readonly drainTimeoutMs: number
  /** Upper bound of the jittered delay that clients are told when the server drains. */
  readonly drainRetryMs: number
}

/** What a bus is made of. */
export interface BusOptions extends Engine {
  readonly log: Log
  readonly limits: BusLimits
  /** Runs something at the end of the turn of the event loop. */
  readonly defer: Defer
  /** A number in [0, 1). */
  readonly random: () => number
  /** Name of this process among others, shown in the welcome. */
  readonly node: string
  /** What the welcome says beside client id, protocol and node. */
  readonly welcome: { readonly protocol: string; readonly limits: object; readonly features: readonly string[] }
  /** Told how long each published message took through the stages, in seconds. */
  readonly observeRouting: (seconds: number) => void
}

/** What {@link Bus.status} tells. */
export interface BusStatus extends Readonly<Tally> {
  readonly uptimeSeconds: number
  readonly clients: number
  readonly rooms: number
  readonly channels: number
  readonly timestamp: string
}

const TICK_MS = 500
const SWEEP_MS = 15_000

/** The engine: connections in, messages through the stages and the broker, deliveries out. It has never heard of HTTP. */
export class Bus {
  readonly hub: Hub
  readonly channels: Channels
  readonly commands: CommandTable
  readonly registry: Registry
  readonly broker: Broker
  readonly node: string
  readonly startedAtMs: number
  readonly tallies = new Tallies()
  /** Slow consumers disconnected since the start. */
  slowConsumerCount = 0

  readonly #options: BusOptions
  readonly #engine: Engine
  readonly #receiver: Receiver
  readonly #context: ConnectionContext
  readonly #ledger: OutboundLedger
  /** Every connection whose transport still exists, also those that take part no more. */
  readonly #transports = new Set<Connection>()
  /** Connections that take part no more and whose memberships are about to end. */
  readonly #leaving: Connection[] = []
  readonly #timers: Timer[] = []
  #isDraining = false
  /** When the next tick is due, and how late the last one came. */
  #tickDueMs = Number.POSITIVE_INFINITY
  #loopDelayMs = 0

  constructor(options: BusOptions) {
    const { broker, gate, registry, clock, ids, log, limits } = options
    this.#options = options
    this.broker = broker
    this.registry = registry
    this.node = options.node
    this.startedAtMs = clock.now()
    this.#engine = { broker, gate, registry, clock, ids }
    this.hub = new Hub(broker)
    this.channels = new Channels(this.#engine, this.hub, limits)
    this.commands = new CommandTable({ clock, ids, log, gate })
    this.#receiver = new Receiver({
      clock,
      ids,
      log,
      decode: createDecoder(limits.json),
      commands: this.commands,
      publish: (source, envelope, type, answer) => this.publish(source, envelope, type, answer)
    })
    this.#ledger = new OutboundLedger(limits.maxOutboundTotalBytes, () => this.#relieve(), options.defer)
    this.#context = {
      clock,
      limits,
      rates: ratesOf(limits),
      flusher: new Flusher(options.defer),
      ledger: this.#ledger,
      random: options.random,
      events: {
        frame: (connection, text) => this.#receiver.receive(connection, text),
        refused: (connection, text) => this.#receiver.refuseRate(connection, text),
        binary: connection => this.#receiver.refuseBinary(connection),
        left: (connection, code) => this.#detach(connection, code),
        ended: connection => this.#transports.delete(connection)
      }
    }
  }

  /** Opens the broker and starts everything that depends on time. */
  async start(): Promise<void> {
    const { clock, log } = this.#options
    await this.broker.open(this.hub)
    this.#timers.push(
      clock.every(TICK_MS, () => this.#tick()),
      clock.every(SWEEP_MS, () => {
        this.#sweep().catch((error: unknown) => log.error({ err: error }, 'unused channels could not be forgotten'))
      })
    )
  }

  /** Frames from clients since the start. */
  get receivedCount(): number {
    return this.#receiver.receivedCount
  }

  /** Error frames sent since the start. */
  get refusedCount(): number {
    return this.#receiver.refusedCount
  }

  /** Bytes that wait in all sockets. */
  get outboundBytes(): number {
    return this.#ledger.bytes
  }

  /** Whether no more work should be sent here: something held up the event loop for too long, lately. */
  get isUnderPressure(): boolean {
    return this.#loopDelayMs > this.#options.limits.maxEventLoopDelayMs
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#options.clock.now()
  }

  /** Numbers for people: of everything, or of what concerns one tenant. */
  status(tenant?: string): BusStatus {
    const { clock } = this.#options
    const { rooms, channels } = this.registry.count(tenant)
    const tally = tenant === undefined ? this.tallies.total : this.tallies.of(tenant)
    return {
      uptimeSeconds: Math.round((clock.now() - this.startedAtMs) / 1000),
      clients: tenant === undefined ? this.hub.size : this.hub.connectionsOf(tenant).size,
      ...tally,
      rooms,
      channels,
      timestamp: clock.iso()
    }
  }

  /** How much of its bounds a connection has left. */
  limitsLeft(connection: Connection): object {
    const now = this.#options.clock.monotonic()
    return {
      memberships_left: this.#options.limits.maxMemberships - this.hub.membershipCount(connection),
      commands_left: Math.floor(connection.commands.tokens(now)),
      heavy_commands_left: Math.floor(connection.heavyCommands.tokens(now))
    }
  }

  /** Takes a connection that was let in: welcomes it and joins its initial address; while draining sends it away. */
  attach(identity: Identity, transport: Transport): Connection {
    const { ids, clock, node, welcome, log } = this.#options
    const connection = new Connection(ids.client(), identity, transport, this.#context)
    this.#transports.add(connection)
    this.hub.add(connection)
    this.tallies.add(identity.tenant, 'accepted')
    log.debug({ client: connection.id, tenant: identity.tenant, clientType: identity.clientType }, 'client connected')
    const header = { id: ids.message(), timestamp: clock.iso() }
    connection.send(welcomeText(header, { client_id: connection.id, ...welcome, node }))
    if (this.#isDraining) sendAway(connection, this.#options)
    else if (identity.room !== undefined)
      connection.busyWith(this.#joinInitial(connection, identity.room, identity.channel ?? ''))
    return connection
  }

  /** Sends a message through all stages. The answer is called exactly once, never with an exception. */
  publish(source: Source, envelope: Envelope, type: RoutedType, answer: Answer): void {
    const start = this.#options.clock.monotonic()
    try {
      runStages(new Draft(source, envelope, type, answer), this.#engine)
      this.tallies.add(source.identity.tenant, 'messages')
    } catch (error) {
      answer(this.#expect(error), undefined)
    }
    this.#options.observeRouting((this.#options.clock.monotonic() - start) / 1000)
  }

  /**
   * Ends all connections in good order [limits.md P11]: nothing more is read, what was read is worked on and answered, then
   * everybody is told to come back. Resolves when all are gone, at the latest after the drain time.
   */
  async drain(): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    await drainConnections(this.#transports, this.#options)
  }

  /** Stops the timers and closes the broker. Connections must be gone. */
  async close(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer.cancel()
    for (const connection of this.#transports) connection.terminate()
    await this.broker.close()
  }

  /** Forgets channels that nobody uses, and tenants of which nothing but the seeds is left. */
  async #sweep(): Promise<void> {
    await this.channels.sweep()
    for (const tenant of this.tallies.tenants()) {
      if (this.hub.connectionsOf(tenant).size === 0 && this.registry.forgetTenant(tenant)) this.tallies.forget(tenant)
    }
  }

  async #joinInitial(connection: Connection, room: string, channel: string): Promise<void> {
    try {
      const joined = await this.channels.join(connection, room, channel)
      joined.goLive()
    } catch (error) {
      this.#receiver.refuse(connection, undefined, error)
    }
  }

  #detach(connection: Connection, code: number): void {
    if (code === 4428) this.slowConsumerCount++
    this.#options.log.debug({ client: connection.id, code }, 'client left')
    // Telling others who left may be too much for some of them: one after the other, or thousands of calls end up in each other.
    if (this.#leaving.push(connection) > 1) return
    try {
      for (const next of this.#leaving) this.channels.leaveAll(next)
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
    for (const connection of this.#transports) connection.tick(monotonicMs, epochMs)
  }

  /** Closes the connections with the most unsent bytes until the sum is within its bound. */
  #relieve(): void {
    const largest = [...this.#transports].sort((a, b) => b.unsentBytes - a.unsentBytes)
    let excess = this.#ledger.bytes - this.#options.limits.maxOutboundTotalBytes
    for (const connection of largest) {
      if (excess <= 0) return
      excess -= connection.unsentBytes
      connection.close(4428)
    }
  }

  #expect(error: unknown): BusError {
    if (error instanceof BusError) return error
    const reference = this.#options.ids.short()
    this.#options.log.error({ err: error, reference }, 'a message could not be published')
    return new BusError('INTERNAL_ERROR', { message: `Internal error (error ${reference})`, cause: error })
  }
}
