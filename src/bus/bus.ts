import type { Identity } from '../auth/identity.ts'
import type { Broker } from '../broker/broker.ts'
import type { Timer } from '../clock.ts'
import { BusError, type ErrorCode } from '../errors.ts'
import type { Log } from '../log.ts'
import { createDecoder } from '../protocol/codec.ts'
import type { Envelope } from '../protocol/envelope.ts'
import type { JsonBounds } from '../protocol/json.ts'
import type { RoutedType } from '../protocol/message.ts'
import { welcomeText } from '../protocol/replies.ts'
import type { Registry } from '../rooms/registry.ts'
import type { Counts } from '../structures/counts.ts'
import type { OpenRecords } from '../structures/records.ts'
import { Signal } from '../structures/signal.ts'
import { type ChannelLimits, Channels } from './channels.ts'
import { CommandTable } from './command-table.ts'
import type { Connection } from './connection.ts'
import { type Answer, Draft, type Engine, type Outcome, type Source } from './draft.ts'
import { Hub } from './hub.ts'
import { SLOW, SLOW_PUBLISH_MS, tellIncident } from './incidents.ts'
import { runStages } from './pipeline.ts'
import { envelopeOf, type Post } from './post.ts'
import { Receiver } from './receive.ts'
import { Roster, type RosterLimits, type RosterOptions } from './roster.ts'
import { Samples } from './samples.ts'
import { type BusStatus, Status } from './status.ts'
import { Tallies } from './tally.ts'
import type { Transport } from './transport.ts'

/** Bounds that the bus enforces itself [limits.md, Limits]. */
export interface BusLimits extends RosterLimits, ChannelLimits {
  readonly json: JsonBounds
}

/** What a bus is made of. */
export interface BusOptions extends Omit<Engine, 'published'>, Pick<RosterOptions, 'defer' | 'random'> {
  readonly log: Log
  readonly limits: BusLimits
  /** What all nodes have in common; undefined where there is but one. */
  readonly records?: OpenRecords | undefined
  /** Name of this process among others, shown in the welcome. */
  readonly node: string
  /** What the welcome says beside client id, protocol and node. */
  readonly welcome: { readonly protocol: string; readonly limits: object; readonly features: readonly string[] }
  /** Told how long each published message took through the stages, in seconds. */
  readonly observeRouting: (seconds: number) => void
}

const SWEEP_MS = 15_000
/** Of so many messages one is timed until it is written. */
const SAMPLED_DELIVERIES = 64

/** The engine: connections in, messages through the stages and the broker, deliveries out. It has never heard of HTTP. */
export class Bus {
  readonly hub: Hub
  readonly channels: Channels
  readonly commands: CommandTable
  readonly roster: Roster
  readonly registry: Registry
  readonly broker: Broker
  readonly node: string
  readonly startedAtMs: number
  readonly tallies = new Tallies()
  /** Numbers for people. */
  readonly numbers: Status
  /** A message, event or command of a client was understood and is about to be worked on. */
  readonly frames = new Signal<[connection: Connection, envelope: Envelope]>()
  /** A message was published, and whoever sent it was told. Duplicates and what is in no channel are not. */
  readonly published: Engine['published'] = new Signal()
  /** Told how many seconds a message took until all its receivers were written to; not of each. */
  readonly deliveries = new Signal<[seconds: number]>()

  readonly #options: BusOptions
  readonly #engine: Engine
  readonly #receiver: Receiver
  readonly #samples = new Samples()
  #sweeper: Timer | undefined

  constructor(options: BusOptions) {
    const { broker, gate, registry, clock, ids, limits, events } = options
    this.#options = options
    this.broker = broker
    this.registry = registry
    this.node = options.node
    this.startedAtMs = clock.now()
    this.#engine = { broker, gate, registry, clock, ids, events, published: this.published }
    this.hub = new Hub(broker, options.traces)
    this.channels = new Channels(this.#engine, this.hub, limits, options)
    this.commands = new CommandTable(options)
    this.#receiver = new Receiver({
      ...options,
      decode: createDecoder(limits.json),
      commands: this.commands,
      frames: this.frames,
      publish: (source, envelope, type, answer) => this.publish(source, envelope, type, answer)
    })
    this.roster = new Roster({
      ...options,
      receive: {
        frame: (connection, text) => this.#receiver.receive(connection, text),
        refused: (connection, text) => this.#receiver.refuseRate(connection, text),
        binary: connection => this.#receiver.refuseBinary(connection)
      }
    })
    this.numbers = new Status({ clock, registry, hub: this.hub, tallies: this.tallies })
    this.left.on(connection => this.channels.leaveAll(connection))
  }

  /** A connection takes part no more. Whoever owns something of its lets go of it. */
  get left(): Roster['left'] {
    return this.roster.left
  }

  /** Opens the broker and starts everything that depends on time. */
  async start(): Promise<void> {
    const { clock, log } = this.#options
    await this.channels.open()
    await this.broker.open(this.hub)
    this.roster.start()
    this.#sweeper = clock.every(SWEEP_MS, () => {
      this.#sweep().catch((error: unknown) => log.error({ err: error }, 'unused channels could not be forgotten'))
    })
  }

  /** Frames from clients since the start. */
  get receivedCount(): number {
    return this.#receiver.receivedCount
  }

  /** Error frames sent since the start. */
  get refusedCount(): number {
    return this.#receiver.refusedCount
  }

  /** The same, by code. */
  get refusals(): Counts<ErrorCode> {
    return this.#receiver.refusals
  }

  /** Messages of clients that had been published before. */
  get duplicateCount(): number {
    return this.#receiver.duplicateCount
  }

  /** Whether no more work should be sent here. */
  get isUnderPressure(): boolean {
    return this.roster.isUnderPressure
  }

  get isDraining(): boolean {
    return this.roster.isDraining
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#options.clock.now()
  }

  /** Numbers of this node: of everything, or of what concerns one tenant. */
  status(tenant?: string): BusStatus {
    return this.numbers.here(tenant)
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
    const { ids, clock, node, welcome } = this.#options
    const connection = this.roster.add(ids.client(), identity, transport)
    this.hub.add(connection)
    this.tallies.add(identity.tenant, 'accepted')
    const header = { id: ids.message(), timestamp: clock.iso() }
    connection.send(welcomeText(header, { client_id: connection.id, ...welcome, node }))
    if (this.isDraining) this.roster.sendAway(connection)
    else if (identity.room !== undefined)
      connection.busyWith(this.#joinInitial(connection, identity.room, identity.channel ?? ''))
    return connection
  }

  /** Sends a message through all stages. The answer is called exactly once, never with an exception. */
  publish(source: Source, envelope: Envelope, type: RoutedType, answer: Answer): void {
    const { traces } = this.#options
    if (traces?.isOn) traces.publish(envelope, type, answer, (traced, tell) => this.#run(source, traced, type, tell))
    else this.#run(source, envelope, type, answer)
  }

  #run(source: Source, envelope: Envelope, type: RoutedType, answer: Answer): void {
    const start = this.#options.clock.monotonic()
    try {
      const draft = new Draft(source, envelope, type, answer)
      runStages(draft, this.#engine)
      this.tallies.add(source.identity.tenant, 'messages')
      if (this.#options.events.isHeard) this.#sample(draft, start)
      if (this.deliveries.isHeard && this.tallies.total.messages % SAMPLED_DELIVERIES === 1)
        this.#timeDelivery(draft, start)
    } catch (error) {
      answer(this.#expect(error), undefined)
    }
    const durationMs = this.#options.clock.monotonic() - start
    this.#options.observeRouting(durationMs / 1000)
    if (durationMs > SLOW_PUBLISH_MS)
      tellIncident(this.#options.incidents, source, { kind: 'publish', code: SLOW, durationMs })
  }

  /**
   * Publishes what did not come in a frame. Resolves with what became of it.
   * @throws {BusError} whatever a client would be told
   */
  post(source: Source, post: Post): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.publish(source, envelopeOf(post), post.type, (error, outcome) =>
        outcome ? resolve(outcome) : reject(error)
      )
    })
  }

  /** Ends all connections in good order [limits.md P11]. */
  drain(): Promise<void> {
    return this.roster.drain()
  }

  /** Stops the timers and closes the broker. Connections must be gone. */
  async close(): Promise<void> {
    this.#sweeper?.cancel()
    this.roster.close()
    await this.channels.close()
    await this.channels.settle()
    await this.broker.close()
  }

  /** Forgets channels that nobody uses, and tenants of which nothing but the seeds is left. */
  async #sweep(): Promise<void> {
    await this.channels.sweep()
    for (const tenant of new Set([...this.tallies.tenants(), ...this.registry.tenants()])) {
      if (this.hub.connectionsOf(tenant).size > 0 || !this.registry.forgetTenant(tenant)) continue
      this.tallies.forget(tenant)
      this.#samples.forget(tenant)
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

  /** What is deferred comes after the flush that the message asked for. An engine outside of the process hands it over only later. */
  #timeDelivery({ record, message }: Draft, startMs: number): void {
    const { clock, defer } = this.#options
    const tell = (): void => defer(() => this.deliveries.emit((clock.monotonic() - startMs) / 1000))
    if (this.broker.engine === undefined || record === undefined || message === undefined) tell()
    else this.hub.expect(message.id, tell)
  }

  /** Tells whoever watches of some messages, and of how many there were between them. */
  #sample({ source, type, room, channel, message }: Draft, startMs: number): void {
    const nowMs = this.#options.clock.monotonic()
    const { tenant } = source.identity
    const unsampled = this.#samples.take(tenant, nowMs)
    if (unsampled === undefined) return
    const payload = {
      message_id: message?.id,
      message_type: type,
      room,
      channel,
      routing_ms: nowMs - startMs,
      unsampled
    }
    this.#options.events.emit({ type: 'message_routed', severity: 'info', tenant, clientId: source.id, payload })
  }

  #expect(error: unknown): BusError {
    if (error instanceof BusError) return error
    const reference = this.#options.ids.short()
    this.#options.log.error({ err: error, reference }, 'a message could not be published')
    return new BusError('INTERNAL_ERROR', { message: `Internal error (error ${reference})`, cause: error })
  }
}
